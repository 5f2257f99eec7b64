internal import AppServer
internal import Dispatch
internal import Logging
internal import NIOCore
internal import NIOHTTP1
internal import Notation
internal import Synchronization

/// The configuration server's wire behaviour (mse PROTOCOL §7): every refusal leaves no trace, and the first accepted request closes the door.
final class ConfigurationServer: Responder {
    /// What the server waits for before it hands a request on; a larger configuration is refused.
    static let bodyLimit = 1 << 20
    private static let waitingText = "Waiting for code secret key and/or ssl private key..."

    /// Checks a body completely, proves its key, and only then takes it.
    typealias Configure = @Sendable ([UInt8]) throws(ConfigurationRefusal) -> Void

    private let configure: Configure
    private let logger: Logger
    /// Bodies are judged one after the other, off the event loops.
    private let queue = DispatchQueue(label: "configuration")
    private let isClosed = Atomic(false)

    init(logger: Logger, configure: @escaping Configure) {
        self.configure = configure
        self.logger = logger
    }

    func respond(to exchange: Exchange) {
        switch exchange.head.method {
        case .GET:
            exchange.respond(
                ResponseHead("200 OK", [("Server", "mse"), ("Mse-Status", "Waiting"), ("Content-Type", "text/plain; charset=utf-8")]),
                body: Array(Self.waitingText.utf8),
                closes: true)
        case .POST: post(exchange)
        default:
            exchange.respond(
                ResponseHead("501 Not Implemented", [("Content-Type", "application/json")]),
                body: Self.body("request.method", "only GET and POST are served here"), closes: true)
        }
    }

    private func post(_ exchange: Exchange) {
        // A body that is still coming was too large to wait for: the limit of the server is what the client is told.
        guard exchange.body.isComplete else {
            return exchange.respond(
                ResponseHead("413 Content Too Large", [("Content-Type", "application/json")]),
                body: Self.body("request.tooLarge", "a body of more than \(Self.bodyLimit) bytes"), closes: true)
        }
        let body = Array(exchange.body.takeAll().readableBytesView)
        queue.async { [self] in judge(body, exchange) }
    }

    private func judge(_ body: [UInt8], _ exchange: Exchange) {
        var body = body
        defer { body.withUnsafeMutableBytes { for index in $0.indices { $0[index] = 0 } } }
        do throws(ConfigurationRefusal) {
            guard !isClosed.load(ordering: .acquiring) else {
                throw ConfigurationRefusal("configuration.done", "this instance is configured already")
            }
            try configure(body)
            isClosed.store(true, ordering: .releasing)
            logger.notice("configured")
            exchange.respond(ResponseHead("200 OK"), closes: true)
        } catch {
            logger.warning("a configuration was refused: \(error.code)")
            exchange.respond(
                ResponseHead("401 Unauthorized", [("Content-Type", "application/json")]), body: Self.body(error.code, error.message),
                closes: true)
        }
    }

    private static func body(_ code: String, _ message: String) -> [UInt8] {
        Array(JSON.canonical(.object(["code": Node(code), "message": Node(message)])).utf8)
    }
}
