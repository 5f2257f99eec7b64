internal import Crypto

/// What the 64 bytes of REPORTDATA say in our dialect (docs/formats/certificate.md): SHA-256 of the TLS key's point,
/// then an X25519 key or zeros.
public struct ReportDataBinding: Hashable, Sendable {
    /// SHA-256 over 04 ‖ x ‖ y, 32 bytes.
    public let keyDigest: [UInt8]
    /// What boxes to the enclave are sealed to, 32 bytes; zeros in old certificates.
    public let sealingKey: [UInt8]

    /// - Parameters:
    ///   - point: the TLS key, 65 bytes.
    ///   - sealingKey: 32 bytes.
    public init(point: [UInt8], sealingKey: [UInt8]) {
        keyDigest = Array(SHA256.hash(data: point))
        self.sealingKey = sealingKey
    }

    /// The two halves of REPORTDATA, 64 bytes.
    public init(reportData: some Collection<UInt8>) {
        keyDigest = Array(reportData.prefix(32))
        sealingKey = Array(reportData.dropFirst(32))
    }

    /// 64 bytes.
    public var encoded: [UInt8] { keyDigest + sealingKey }

    /// Whether the first half is the SHA-256 of this public key, X9.63 uncompressed, 65 bytes.
    public func binds(_ point: [UInt8]) -> Bool { keyDigest == Array(SHA256.hash(data: point)) }
}
