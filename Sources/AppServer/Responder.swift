/// Anything that answers requests.
public protocol Responder: Sendable {
    /// Called on the connection's event loop, once the body is complete or too large to wait for. Must not block.
    func respond(to exchange: Exchange)
    /// Called on the connection's event loop for a request that the server refused for its size. Must not block.
    /// - Parameters:
    ///   - status: of the answer, such as `413 Content Too Large`.
    ///   - message: why.
    func refused(_ status: String, _ message: String)
}

extension Responder {
    public func refused(_ status: String, _ message: String) {}
}

/// What the server accepts.
public struct ServerLimits: Sendable, Hashable {
    /// Request line and headers, in bytes.
    public var headerByteCount = 64 << 10
    public var bodyByteCount = 256 << 20
    public var connections = 4096
    /// Seconds until the handshake must be done, and until the head of a request must be there.
    public var headSeconds = 10
    /// Seconds that a body may stand still.
    public var bodySeconds = 30
    /// Seconds that a connection may stay idle between requests.
    public var idleSeconds = 60
    /// Seconds that an answer may stand still because nobody reads it.
    public var writeSeconds = 60
    /// Where nobody has shown yet who he is: one connection makes room for another, and all together hold little.
    public var crowd: Crowd?

    /// What strangers may hold together, and for how long.
    public struct Crowd: Sendable, Hashable {
        /// Of bodies that are gathered or wait to be judged.
        public var byteCount: Int
        /// Seconds from a connection's beginning to the end of its request, however fast it comes.
        public var requestSeconds: Int

        public init(byteCount: Int, requestSeconds: Int) {
            self.byteCount = byteCount
            self.requestSeconds = requestSeconds
        }
    }

    public init() {}
}
