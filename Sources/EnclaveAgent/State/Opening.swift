internal import CodeEncryption

/// What the start needs of the configuration that was accepted.
struct Opening: Sendable {
    /// PEM, of the owner's certificate.
    var tlsKey: SharedSecret?
    /// Nil where nothing lasts.
    var home: SealedHome?
    /// HOME is back already.
    var hasHome = false
}
