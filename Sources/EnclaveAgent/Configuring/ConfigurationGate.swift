internal import Synchronization

/// Opens once, when the configuration was accepted.
final class ConfigurationGate: Sendable {
    /// What the start needs of the configuration.
    struct Opening: Sendable {
        /// PEM, of the owner's certificate.
        var tlsKey: SharedSecret?
        var homeEpoch: Epoch
        /// HOME is back already.
        var hasHome = false
    }

    private enum State {
        case closed([CheckedContinuation<Opening, Never>])
        case open(Opening)
    }

    private let state = Mutex(State.closed([]))

    var isOpen: Bool {
        state.withLock { if case .open = $0 { true } else { false } }
    }

    func open(_ opening: Opening) {
        let waiting = state.withLock { state -> [CheckedContinuation<Opening, Never>] in
            guard case .closed(let waiting) = state else { return [] }
            state = .open(opening)
            return waiting
        }
        for continuation in waiting { continuation.resume(returning: opening) }
    }

    func wait() async -> Opening {
        await withCheckedContinuation { continuation in
            let opening: Opening? = state.withLock { state in
                switch state {
                case .open(let opening): return opening
                case .closed(let waiting):
                    state = .closed(waiting + [continuation])
                    return nil
                }
            }
            if let opening { continuation.resume(returning: opening) }
        }
    }
}
