import Crypto
import Foundation
import Notation
import RATLS
import SGXQuote
import StrictX509
import TestSupport

/// A certificate as the agent makes it, whose key a test may know.
enum PinWithKey {
    static func write(to folder: TemporaryFolder) throws {
        let key = P256.Signing.PrivateKey()
        let binding = ReportDataBinding(
            point: Array(key.publicKey.x963Representation),
            sealingKey: [UInt8](repeating: 9, count: 32)
        )
        let data = [UInt8](repeating: 1, count: 128 + 384 + 64) + [0, 0, 5, 0, 0, 0, 0, 0]
        let header: [UInt8] =
            [3, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0] + Array(QuoteHeader.intelQEVendor) + [UInt8](repeating: 0, count: 20)
        let quote =
            header + [UInt8](repeating: 0, count: 320) + binding.encoded + [
                UInt8(data.count & 255), UInt8(data.count >> 8), 0, 0,
            ] + data
        let now = Timestamp(seconds: Int64(Date().timeIntervalSince1970))
        let der = try CertificateMaker(sans: ["localhost"], subject: nil, notAfter: now + .seconds(86400)).make(
            key: key,
            quote: quote,
            now: now
        )
        try folder.write("pin.pem", PEM.text(der))
        try folder.write("pin.key", key.pemRepresentation)
    }
}
