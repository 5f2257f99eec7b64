internal import Synchronization

/// Requests that the server refused before the application saw them: its owner is told, who else would look for the
/// mistake there. However many strangers send, it is a line a minute.
final class RefusedRequests: Sendable {
    private static let distance = Duration.seconds(60)

    struct State {
        var last: ContinuousClock.Instant?
        var untold = 0
    }

    private let state = Mutex(State())

    /// - Returns: what to tell now; nil within a minute of the last time.
    func note(_ status: String, _ message: String, at now: ContinuousClock.Instant = .now) -> String? {
        state.withLock { state in
            if let last = state.last, now - last < Self.distance {
                state.untold += 1
                return nil
            }
            let more = state.untold > 0 ? "; \(state.untold) more since the last such line" : ""
            state = State(last: now)
            return "a request was refused: \(status), \(message)\(more)"
        }
    }
}
