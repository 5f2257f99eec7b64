internal import ApplicationServing
internal import CodeEncryption
internal import Crypto
internal import Enclave
internal import Files
internal import NIOSSL
internal import Notation
internal import RATLS
internal import Secrets
internal import StrictX509

/// Who the enclave is to the world: its TLS key with certificate and quote, and the key that boxes are sealed to
/// (docs/formats/certificate.md).
struct EnclaveIdentity: ~Copyable {
    /// The private number of a P-256 key.
    private let key: SecretKey
    /// DER.
    let certificate: [UInt8]
    /// Whether the quote says what it was asked to say; if not, every verifier will refuse it.
    let isBound: Bool
    /// X25519.
    let sealingKey: SecretKey

    /// A new one, in memory only.
    init(maker: CertificateMaker, platform: any EnclavePlatform, now: Timestamp) throws {
        let key = Self.newKey()
        let signingKey = try Self.signingKey(key)
        let sealingKey = SecretKey()
        let binding = ReportDataBinding(
            point: Array(signingKey.publicKey.x963Representation),
            sealingKey: SealedBox.publicKey(of: sealingKey)
        )
        let quote = try platform.quote(reportData: binding.encoded)
        let certificate = try maker.make(key: signingKey, quote: quote, now: now)
        self.init(key: key, certificate: certificate, sealingKey: sealingKey)
    }

    private static func newKey() -> SecretKey {
        // Of all numbers of 32 bytes one in four thousand million is none of the curve's.
        while true {
            let key = SecretKey()
            if (try? signingKey(key)) != nil { return key }
        }
    }

    private static func signingKey(_ key: borrowing SecretKey) throws -> P256.Signing.PrivateKey {
        try key.withBytes { try P256.Signing.PrivateKey(rawRepresentation: $0) }
    }

    private init(key: consuming SecretKey, certificate: [UInt8], sealingKey: consuming SecretKey) {
        self.key = key
        self.certificate = certificate
        isBound = (try? AttestedCertificate(der: certificate).bindsItsKey) ?? false
        self.sealingKey = sealingKey
    }

    /// The identity that was sealed with a configuration; nil when none was, or it belongs to another configuration.
    /// - Throws: `SealedStateError` when there is one that this enclave can't believe.
    static func restored(from state: SealedState, epoch: Epoch) throws -> EnclaveIdentity? {
        guard let sealed = try state.read(.identity), sealed.epoch == epoch else { return nil }
        guard let document = try? SecretNode(sealed.content), let key = document["key"]?.key(),
            let certificate = document["certificate"]?.plainText().flatMap(Hex.bytes),
            let sealingKey = document["sealingKey"]?.key(), (try? signingKey(key)) != nil
        else { throw SealedStateError.malformed(.identity) }
        return EnclaveIdentity(key: key, certificate: certificate, sealingKey: sealingKey)
    }

    /// Never before a configuration was accepted: while the agent waits, a restart makes another identity.
    func seal(in state: SealedState, epoch: Epoch) throws {
        var document = SecretJSON()
        document.add("certificate", string: Hex.text(certificate))
        document.add("key", hex: key)
        document.add("sealingKey", hex: sealingKey)
        try state.write(document.finish(), as: .identity, epoch: epoch)
    }

    var certificatePEM: String { PEM.text(certificate) }

    var servingCertificate: ServingCertificate {
        let encoded = SecretBytes(capacity: Self.keyHead.count + SecretKey.byteCount) { memory in
            memory.copyBytes(from: Self.keyHead)
            key.withBytes {
                UnsafeMutableRawBufferPointer(rebasing: memory[Self.keyHead.count...]).copyMemory(from: $0)
            }
            return memory.count
        }
        return encoded.withBytes { ServingCertificate(chain: Array(certificatePEM.utf8), key: $0.bytes, .der) }
    }

    /// Of a P-256 key's PKCS #8 (RFC 5958) and the key structure in it (RFC 5915): all that stands before the private
    /// number, with which both end.
    private static let keyHead: [UInt8] = [
        0x30, 0x41, 0x02, 0x01, 0x00,
        0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01,
        0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07,
        0x04, 0x27, 0x30, 0x25, 0x02, 0x01, 0x01, 0x04, 0x20,
    ]

    /// Puts what anybody may know where the application finds it.
    func publish(in memory: PrivateMemory) throws {
        try Files.write(certificatePEM, to: memory.path("key/cert.ratls.pem"))
        try Files.write(SealedBox.publicKey(of: sealingKey), to: memory.path("key/enclave.pub"))
    }
}
