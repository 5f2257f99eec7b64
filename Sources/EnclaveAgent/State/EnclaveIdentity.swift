internal import ApplicationServing
internal import Crypto
internal import Enclave
internal import Files
internal import Notation
internal import RATLS
internal import Secrets
internal import StrictX509

/// Who the enclave is to the world: its TLS key with certificate and quote, and the key that boxes are sealed to
/// (docs/formats/certificate.md).
struct EnclaveIdentity: ~Copyable {
    let key: P256.Signing.PrivateKey
    /// DER.
    let certificate: [UInt8]
    /// Whether the quote says what it was asked to say; if not, every verifier will refuse it.
    let isBound: Bool
    /// X25519.
    let sealingKey: SecretKey

    /// A new one, in memory only.
    init(maker: CertificateMaker, platform: any EnclavePlatform, now: Timestamp) throws {
        let key = P256.Signing.PrivateKey()
        let sealingKey = SecretKey()
        let binding = ReportDataBinding(
            point: Array(key.publicKey.x963Representation),
            sealingKey: SealedBox.publicKey(of: sealingKey)
        )
        let quote = try platform.quote(reportData: binding.encoded)
        self.init(key: key, certificate: try maker.make(key: key, quote: quote, now: now), sealingKey: sealingKey)
    }

    private init(key: P256.Signing.PrivateKey, certificate: [UInt8], sealingKey: consuming SecretKey) {
        self.key = key
        self.certificate = certificate
        isBound = (try? AttestedCertificate(der: certificate).bindsItsKey) ?? false
        self.sealingKey = sealingKey
    }

    /// The identity that was sealed with a configuration; nil when none was, or it belongs to another configuration.
    static func restored(from state: SealedState, epoch: Epoch) throws -> EnclaveIdentity? {
        guard let sealed = try state.read(.identity), sealed.epoch == epoch else { return nil }
        var reader = try sealed.content.withBytes { try ObjectReader(JSON.read(Array($0))) }
        guard let key = SecretKey(hex: (try reader.string("key") ?? "").utf8.span),
            let certificate = Hex.bytes(try reader.string("certificate") ?? ""),
            let sealingKey = SecretKey(hex: (try reader.string("sealingKey") ?? "").utf8.span)
        else { throw SealedStateError.malformed(.identity) }
        return EnclaveIdentity(
            key: try key.withBytes { try P256.Signing.PrivateKey(rawRepresentation: $0) },
            certificate: certificate,
            sealingKey: sealingKey
        )
    }

    /// Never before a configuration was accepted: while the agent waits, a restart makes another identity.
    func seal(in state: SealedState, epoch: Epoch) throws {
        var document = SecretJSON()
        document.add("certificate", string: Hex.text(certificate))
        document.add("key", hex: try SecretKey(copying: Array(key.rawRepresentation).span.bytes))
        document.add("sealingKey", hex: sealingKey)
        try state.write(document.finish(), as: .identity, epoch: epoch)
    }

    var certificatePEM: String { PEM.text(certificate) }

    var servingCertificate: ServingCertificate {
        ServingCertificate(chain: Array(certificatePEM.utf8), key: Array(key.pemRepresentation.utf8))
    }

    /// Puts what anybody may know where the application finds it.
    func publish(in memory: PrivateMemory) throws {
        try Files.write(certificatePEM, to: memory.path("key/cert.ratls.pem"))
        try Files.write(SealedBox.publicKey(of: sealingKey), to: memory.path("key/enclave.pub"))
    }
}
