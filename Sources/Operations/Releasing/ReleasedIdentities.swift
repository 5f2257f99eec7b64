internal import Crypto
internal import RATLS
internal import StrictX509

/// The enclaves that took a configuration from this user, by the SHA-256 of each one's certificate.
///
/// An agent that waits has an identity that never was configured: what asks for keys under one that was is the
/// application, or whoever broke into it.
struct ReleasedIdentities: Sendable {
    private let known: KnownDigests

    init(_ state: StateFolder) { known = KnownDigests(state.path + "/released") }

    func note(_ certificate: AttestedCertificate) throws { try known.note(Self.digest(certificate)) }
    func holds(_ certificate: AttestedCertificate) -> Bool { known.holds(Self.digest(certificate)) }

    private static func digest(_ certificate: AttestedCertificate) -> SHA256.Digest {
        SHA256.hash(data: certificate.certificate.der)
    }
}
