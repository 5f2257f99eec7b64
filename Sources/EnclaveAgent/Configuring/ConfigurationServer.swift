internal import AppServer
internal import CodeEncryption
internal import Crypto
internal import Enclave
internal import NIOCore
internal import NIOHTTP1
internal import Notation
internal import RATLS
internal import Secrets
internal import Synchronization
internal import Threads

/// The configuration server's wire behaviour (docs/formats/configuration.md): every refusal leaves no trace, and the
/// first accepted request closes the door.
///
/// A connection that negotiated `mse-configuration/1` gets typed answers, a JSON object a line, and learns how the
/// start went; any other gets the original's.
final class ConfigurationServer: Responder {
    /// What the server waits for before it hands a request on; a larger configuration is refused.
    static let bodyLimit = ConfigurationProtocol.bodyLimit

    /// While anybody may send a configuration: what all of them hold together is bounded, and to hold it keeps nobody
    /// else out. Who goes on making whole handshakes from the owner's own network can still delay him
    /// (docs/threat-model.md).
    static var limits: ServerLimits {
        var limits = ServerLimits()
        limits.bodyByteCount = bodyLimit
        limits.headerByteCount = 16 << 10
        limits.connections = 256
        limits.bodySeconds = 10
        limits.crowd = ServerLimits.Crowd(byteCount: 8 << 20, requestSeconds: 60)
        return limits
    }
    private static let waitingText = "Waiting for code secret key and/or ssl private key..."

    /// What was accepted, as the sender is told.
    struct Accepted: Sendable {
        var authority: ConfigurationRequest.Authority
        var epoch: Epoch
        var homeEpoch: Epoch
        /// In hex: of HOMEs that lie there, where none is continued.
        var otherHomeEpochs: [String] = []
    }

    /// A request that is to be judged.
    private struct Post: Sendable {
        var exchange: Exchange
        var isTyped: Bool
    }

    /// Nil once a configuration was accepted: keys of the enclave that only a configuration needs go with it.
    private let configurator: Mutex<Configurator?>
    private let report: StartReport
    private let events: EventLog
    /// Kept once a configuration was accepted: the application is loaded then.
    private let opening: Promise<Opening>
    /// At most as many wait as there may be connections, and as many bytes as those may hold.
    private let posts = AsyncStream<Post>.makeStream()

    /// - Parameter report: tells the sender how the start went.
    init(report: StartReport, events: EventLog, configurator: Configurator, opening: Promise<Opening>) {
        self.report = report
        self.opening = opening
        self.configurator = Mutex(configurator)
        self.events = events
    }

    func respond(to exchange: Exchange) {
        let isTyped = exchange.connection.applicationProtocol == ConfigurationProtocol.name
        guard !isTyped || exchange.head.uri == ConfigurationProtocol.path else {
            return exchange.respond(
                ResponseHead("404 Not Found", [("Content-Type", "application/json")]),
                body: Self.body("request.path", "only \(ConfigurationProtocol.path) is served here"),
                closes: true
            )
        }
        switch exchange.head.method {
        case .GET where isClosed: StartingResponder().respond(to: exchange)
        case .GET:
            exchange.respond(
                ResponseHead(
                    "200 OK",
                    [("Server", "mse"), ("Mse-Status", "Waiting"), ("Content-Type", "text/plain; charset=utf-8")]
                ),
                body: Array(Self.waitingText.utf8),
                closes: true
            )
        case .POST: post(exchange, isTyped: isTyped)
        default:
            exchange.respond(
                ResponseHead("501 Not Implemented", [("Content-Type", "application/json")]),
                body: Self.body("request.method", "only GET and POST are served here"),
                closes: true
            )
        }
    }

    private var isClosed: Bool { configurator.withLock { $0 == nil } }

    private func post(_ exchange: Exchange, isTyped: Bool) {
        // A body that is still coming was too large to wait for: the limit of the server is what the client is told.
        guard exchange.body.isComplete else {
            return exchange.respond(
                ResponseHead("413 Content Too Large", [("Content-Type", "application/json")]),
                body: Self.body("request.tooLarge", "a body of more than \(Self.bodyLimit) bytes"),
                closes: true
            )
        }
        posts.continuation.yield(Post(exchange: exchange, isTyped: isTyped))
    }

    /// Judges bodies one after the other, off the event loops, until it is cancelled; what is being judged then is
    /// judged to its end, so that nothing of it stays behind.
    func judge() async {
        for await post in posts.stream {
            do {
                try await BlockingThread.run { self.judge(post.exchange, isTyped: post.isTyped) }
            } catch {
                StartingResponder().respond(to: post.exchange)
            }
        }
    }

    private func judge(_ exchange: Exchange, isTyped: Bool) {
        do throws(ConfigurationRefusal) {
            let taken = try take(exchange)
            events.write(.configured)
            if isTyped {
                report.begin(exchange, taken.accepted, digest: taken.digest)
            } else {
                exchange.respond(ResponseHead("200 OK"), closes: true)
            }
            // Last: key, body and what opens sealed state went with the call above, whoever orders the threads.
            opening.keep(taken.opening)
        } catch {
            events.write(.configurationRefused(code: error.code))
            exchange.respond(
                ResponseHead("401 Unauthorized", [("Content-Type", "application/json")]),
                body: Self.body(error.code.rawValue, error.message),
                closes: true
            )
        }
    }

    /// - Returns: what was accepted, and the digest of its request in hex.
    private func take(
        _ exchange: Exchange
    ) throws(ConfigurationRefusal) -> (accepted: Accepted, opening: Opening, digest: String) {
        let body = SecretBytes(capacity: exchange.body.unreadByteCount) { exchange.body.move(into: $0) }
        guard let configurator = configurator.withLock({ $0 }) else {
            throw ConfigurationRefusal(.done, "this instance is configured already")
        }
        guard !exchange.isClosed else { throw ConfigurationRefusal(.abandoned, "who sent it has gone") }
        let digest = body.withBytes { Hex.text(SHA256.hash(data: $0)) }
        let (accepted, opening) = try configurator.configure(body) { !exchange.isClosed }
        self.configurator.withLock { $0 = nil }
        return (accepted, opening, digest)
    }

    private static func body(_ code: String, _ message: String) -> [UInt8] {
        Array(JSON.canonical(.object(["code": Node(code), "message": Node(message)])).utf8)
    }
}
