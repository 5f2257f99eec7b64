/// How key and secrets are delivered: a protocol of its own beside the application's, negotiated by ALPN on the same
/// port, so that nothing meant for the agent can reach the application. Inside: HTTP/1.1, typed answers.
public enum ConfigurationProtocol {
    /// The agent offers it only while it waits; the sender sends nothing without it.
    public static let name = "mse-configuration/1"
    /// Where the configuration is posted.
    public static let path = "/"
    /// Bytes of its body; the agent takes no more.
    public static let bodyLimit = 1 << 20
}
