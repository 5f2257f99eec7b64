internal import AppServer
internal import CodeEncryption
internal import Notation
internal import Synchronization

/// Tells whoever sent the configuration how the start went, over the connection by which he sent it.
///
/// The answer's body is a JSON object a line: `{"type":"accepted", …}` at once, then `{"type":"started"}` or
/// `{"type":"failed", …}`.
final class StartReport: Sendable {
    /// Longer tracebacks are cut; the whole stands in the application's log.
    static let textLimit = 256 << 10

    /// How the start ended.
    enum Outcome: Sendable {
        case started
        /// - Parameters:
        ///   - incident: leads to the entry in the application's log; nil when there is none.
        ///   - text: what went wrong, traceback included: told only to who sent key or token unsealed.
        case failed(code: String, incident: String?, text: String)
    }

    private enum State {
        case waiting
        case answering(Exchange, ConfigurationRequest.Authority)
        case ended(Outcome)
        case told
    }

    private let state = Mutex(State.waiting)

    /// Says what was accepted. The answer stays open until the start has ended.
    func begin(_ exchange: Exchange, _ accepted: ConfigurationServer.Accepted, digest: String) {
        exchange.begin(
            ResponseHead("200 OK", [("Content-Type", "application/x-ndjson"), ("Cache-Control", "no-store")])
        )
        Self.write(
            .object([
                "type": "accepted", "requestSHA256": Node(digest), "epoch": Node(accepted.epoch.hex),
                "homeEpoch": Node(accepted.homeEpoch.hex),
                "otherHomeEpochs": accepted.otherHomeEpochs.isEmpty
                    ? nil : Node(.array(accepted.otherHomeEpochs.map { Node($0) })),
            ]),
            to: exchange
        )
        let outcome: Outcome? = state.withLock { state in
            if case .ended(let outcome) = state {
                state = .told
                return outcome
            }
            state = .answering(exchange, accepted.authority)
            return nil
        }
        if let outcome { Self.tell(outcome, to: exchange, of: accepted.authority) }
    }

    /// The first outcome counts.
    func end(_ outcome: Outcome) {
        let listener: (Exchange, ConfigurationRequest.Authority)? = state.withLock { state in
            switch state {
            case .waiting: state = .ended(outcome)
            case .answering(let exchange, let authority):
                state = .told
                return (exchange, authority)
            case .ended, .told: break
            }
            return nil
        }
        if let (exchange, authority) = listener { Self.tell(outcome, to: exchange, of: authority) }
    }

    private static func tell(
        _ outcome: Outcome,
        to exchange: Exchange,
        of authority: ConfigurationRequest.Authority
    ) {
        switch outcome {
        case .started: write(.object(["type": "started"]), to: exchange)
        case .failed(let code, let incident, let text):
            let told = authority == .sender ? Node(String(decoding: text.utf8.prefix(textLimit), as: UTF8.self)) : nil
            write(
                .object(["type": "failed", "code": Node(code), "incident": incident.map { Node($0) }, "text": told]),
                to: exchange
            )
        }
        exchange.end()
    }

    private static func write(_ node: Node, to exchange: Exchange) {
        let line = Array((JSON.canonical(node) + "\n").utf8)
        // A sender who has gone learns nothing more.
        _ = line.withUnsafeBytes { exchange.write($0) }
    }
}
