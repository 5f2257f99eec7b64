import Notation
import StrictX509
import TestSupport
import Testing

/// No reader of certificates, and of what isn't one, costs more than n log n.
@Suite("Growth of certificates", .serialized)
struct CertificateGrowthTests {
    private static func recognition(_ what: String, _ piece: String, before: String = "", behind: String = "") -> Growth
    {
        Growth("recognition: " + what, make: { Array((before + String(repeating: piece, count: $0) + behind).utf8) }) {
            bytes in
            _ = ContentKind(bytes)
            _ = try? CertificateFile.certificates(in: bytes)
        }
    }

    private static func pem(_ what: String, _ piece: String, before: String = "", behind: String = "") -> Growth {
        Growth("PEM: " + what, make: { Array((before + String(repeating: piece, count: $0) + behind).utf8) }) { bytes in
            _ = try? PEM.blocks(bytes, label: "CERTIFICATE", limit: .max, byteLimit: .max)
        }
    }

    private static func element(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        let count = content.count
        // In the shortest form, as it is demanded.
        let digits = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: count >> $0) }.drop { $0 == 0 }
        return count < 0x80 ? [tag, UInt8(count)] + content : [tag, 0x80 | UInt8(digits.count)] + digits + content
    }

    private static let readers: [Growth] = [
        recognition("blocks", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
        recognition("blocks of something else", "-----BEGIN A-----\nAAAA\n-----END A-----\n"),
        recognition("blocks without an end", "-----BEGIN A-----\n"),
        recognition("blocks without a label's end", "-----BEGIN "),
        recognition("ends", "-----END A-----\n", before: "-----BEGIN B-----\n"), recognition("dashes", "-"),
        recognition(
            "one long block",
            "AAAA\n",
            before: "-----BEGIN CERTIFICATE-----\n",
            behind: "-----END CERTIFICATE-----\n"
        ),
        recognition("text", "text of something else\n"), recognition("blanks", " "), recognition("brackets", "{"),
        pem("blocks", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
        pem("one long block", "AAAA\n", before: "-----BEGIN CERTIFICATE-----\n", behind: "-----END CERTIFICATE-----\n"),
        pem("blanks", "\r\n"), pem("lines without an end", "AAAA\r\n\r\n", before: "-----BEGIN CERTIFICATE-----\n"),
        Growth("PEM: written", make: { [UInt8](repeating: 7, count: $0) }) { _ = PEM.text($0) },
        Growth("DER: elements", make: { [UInt8]((0..<$0).flatMap { _ in [0x02, 0x01, 0x05] as [UInt8] }) }) { bytes in
            var reader = DERReader(bytes.span)
            while !reader.isAtEnd { _ = try reader.integerBytes("number") }
        },
        Growth("DER: nested", 64...4096, make: { count in (0..<count).reduce([]) { inner, _ in element(0x30, inner) } })
        { bytes in
            _ = ContentKind(bytes)
            _ = try? Certificate(bytes)
        },
        Growth("DER: a long identifier", make: { count in element(0x06, [UInt8](repeating: 0x2A, count: count)) }) {
            bytes in
            var reader = DERReader(bytes.span)
            _ = try? reader.objectIdentifier("identifier")
        },
    ]

    @Test("eight times the input takes no more than some eight times as long", arguments: readers)
    func growth(_ reader: Growth) throws {
        let result = try reader.measure()
        #expect(result.isNearlyLinear, "\(result)")
    }
}
