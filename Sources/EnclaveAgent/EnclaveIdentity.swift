internal import CodeEncryption
internal import Crypto
internal import Enclave
internal import Files
internal import Notation
internal import RATLS
internal import StrictX509

/// Who the enclave is to the world: its TLS key with certificate and quote, and the key that boxes are sealed to (mse PROTOCOL §5).
struct EnclaveIdentity: ~Copyable {
    private static let fileName = "identity"

    let key: P256.Signing.PrivateKey
    /// DER.
    let certificate: [UInt8]
    /// Whether the quote says what it was asked to say; if not, every verifier will refuse it.
    let isBound: Bool
    /// X25519.
    let sealingKey: CodeKey

    /// Restores the identity of an earlier start, or makes a new one.
    /// - Parameters:
    ///   - now: seconds since 1970.
    ///   - renews: makes a new quote and certificate over the same keys.
    init(maker: CertificateMaker, id: String, platform: any EnclavePlatform, state: SealedState?, now: Int64, renews: Bool) throws {
        var stored: (key: P256.Signing.PrivateKey, certificate: [UInt8], sealingKey: [UInt8])?
        if let state, var bytes = try state.read(Self.fileName) {
            defer { bytes.wipe() }
            stored = try Self.read(bytes, id: id)
        }
        let key = stored?.key ?? P256.Signing.PrivateKey()
        let sealingKey: CodeKey
        if let stored { sealingKey = try CodeKey(copying: stored.sealingKey.span.bytes) } else { sealingKey = CodeKey() }
        let certificate: [UInt8]
        if let stored, !renews, Self.isStillGood(stored.certificate, maker, now) {
            certificate = stored.certificate
        } else {
            let binding = ReportDataBinding(point: Array(key.publicKey.x963Representation), sealingKey: SealedBox.publicKey(of: sealingKey))
            let quote = try platform.quote(reportData: binding.encoded)
            certificate = try maker.make(key: key, quote: quote, now: now)
            if let state { try Self.write(state, id, key, certificate, sealingKey) }
        }
        self.key = key
        self.certificate = certificate
        isBound = (try? AttestedCertificate(der: certificate).bindsItsKey) ?? false
        self.sealingKey = sealingKey
    }

    private static func isStillGood(_ der: [UInt8], _ maker: CertificateMaker, _ now: Int64) -> Bool {
        guard let stored = try? AttestedCertificate(der: der), stored.certificate.notAfter > now else { return false }
        guard let launch = maker.launch else { return true }
        return stored.launch == launch
    }

    private static func write(
        _ state: SealedState, _ id: String, _ key: P256.Signing.PrivateKey, _ certificate: [UInt8], _ sealingKey: borrowing CodeKey
    ) throws {
        let secret = sealingKey.withBytes { Hex.text($0) }
        var bytes = Array(
            JSON.canonical(
                .object([
                    "id": Node(id), "key": Node(Hex.text(key.rawRepresentation)), "certificate": Node(Hex.text(certificate)),
                    "sealingKey": Node(secret),
                ])
            ).utf8)
        defer { bytes.wipe() }
        try state.write(bytes, as: fileName)
    }

    private static func read(_ bytes: [UInt8], id: String) throws -> (P256.Signing.PrivateKey, [UInt8], [UInt8]) {
        var reader = try ObjectReader(JSON.read(bytes))
        guard try reader.string("id") == id else { throw EnclaveError.refused("the sealed identity belongs to another instance") }
        guard let key = Hex.bytes(try reader.string("key") ?? ""), let certificate = Hex.bytes(try reader.string("certificate") ?? ""),
            let sealing = Hex.bytes(try reader.string("sealingKey") ?? "")
        else { throw EnclaveError.refused("the sealed identity is malformed") }
        return (try P256.Signing.PrivateKey(rawRepresentation: key), certificate, sealing)
    }

    var certificatePEM: String { PEM.text(certificate) }
}
