internal import CodeEncryption
internal import Crypto
internal import Enclave
internal import Files
internal import Notation
internal import RATLS
internal import StrictX509

/// Who the enclave is to the world: its TLS key with certificate and quote, and the key that boxes are sealed to (mse
/// PROTOCOL §5).
struct EnclaveIdentity: ~Copyable {
    let key: P256.Signing.PrivateKey
    /// DER.
    let certificate: [UInt8]
    /// Whether the quote says what it was asked to say; if not, every verifier will refuse it.
    let isBound: Bool
    /// X25519.
    let sealingKey: CodeKey

    /// A new one, in memory only.
    /// - Parameter now: seconds since 1970.
    init(maker: CertificateMaker, platform: any EnclavePlatform, now: Int64) throws {
        let key = P256.Signing.PrivateKey()
        let sealingKey = CodeKey()
        let binding = ReportDataBinding(
            point: Array(key.publicKey.x963Representation),
            sealingKey: SealedBox.publicKey(of: sealingKey)
        )
        let quote = try platform.quote(reportData: binding.encoded)
        self.init(key: key, certificate: try maker.make(key: key, quote: quote, now: now), sealingKey: sealingKey)
    }

    private init(key: P256.Signing.PrivateKey, certificate: [UInt8], sealingKey: consuming CodeKey) {
        self.key = key
        self.certificate = certificate
        isBound = (try? AttestedCertificate(der: certificate).bindsItsKey) ?? false
        self.sealingKey = sealingKey
    }

    /// The identity that was sealed with a configuration; nil when none was, or it belongs to another configuration.
    static func restored(from state: SealedState, epoch: Epoch) throws -> EnclaveIdentity? {
        guard var sealed = try state.read(.identity) else { return nil }
        defer { sealed.bytes.wipe() }
        guard sealed.epoch == epoch else { return nil }
        var reader = try ObjectReader(JSON.read(sealed.bytes))
        guard var key = Hex.bytes(try reader.string("key") ?? ""),
            let certificate = Hex.bytes(try reader.string("certificate") ?? ""),
            var sealing = Hex.bytes(try reader.string("sealingKey") ?? "")
        else { throw SealedStateError.malformed(SealedState.Item.identity.rawValue) }
        defer {
            key.wipe()
            sealing.wipe()
        }
        return EnclaveIdentity(
            key: try P256.Signing.PrivateKey(rawRepresentation: key),
            certificate: certificate,
            sealingKey: try CodeKey(copying: sealing.span.bytes)
        )
    }

    /// Never before a configuration was accepted: while the agent waits, a restart makes another identity.
    func seal(in state: SealedState, epoch: Epoch) throws {
        let secret = sealingKey.withBytes { Hex.text($0) }
        var bytes = Array(
            JSON.canonical(
                .object([
                    "key": Node(Hex.text(key.rawRepresentation)), "certificate": Node(Hex.text(certificate)),
                    "sealingKey": Node(secret),
                ])
            ).utf8
        )
        defer { bytes.wipe() }
        try state.write(bytes, as: .identity, epoch: epoch)
    }

    var certificatePEM: String { PEM.text(certificate) }
}
