internal import Crypto
internal import Files
internal import Notation
internal import RATLS
internal import StrictX509

/// The enclaves that took a configuration from this user, by the SHA-256 of each one's certificate.
///
/// An agent that waits has an identity that never was configured: what asks for keys under one that was is the
/// application, or whoever broke into it.
struct ReleasedIdentities: Sendable {
    private let folder: String

    init(_ state: StateFolder) { folder = state.path + "/released" }

    func note(_ certificate: AttestedCertificate) throws {
        try Files.makeFolder(folder, mode: 0o700)
        try Files.write("", to: path(certificate), mode: 0o600)
    }

    func holds(_ certificate: AttestedCertificate) -> Bool { Files.exists(path(certificate)) }

    private func path(_ certificate: AttestedCertificate) -> String {
        folder + "/" + Hex.text(SHA256.hash(data: certificate.certificate.der))
    }
}
