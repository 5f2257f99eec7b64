internal import CLinux
internal import Synchronization

/// Signals to this process, which are counted until a thread takes them.
public enum ProcessSignal: Hashable, Sendable, CaseIterable {
    /// SIGTERM and SIGINT.
    case termination
    /// SIGUSR1: `mse stop` asks whether it may.
    case stopRequest

    private var kind: clinux_signal {
        switch self {
        case .termination: clinux_termination
        case .stopRequest: clinux_stop_request
        }
    }

    /// From now on the signal ends nothing. Called again, it takes it back from whoever took it since.
    /// - Returns: false when the system refuses.
    @discardableResult
    public func count() -> Bool { clinux_count_signals(kind) == 0 }

    /// Calls `body` for each one that comes, on a thread of its own, for the rest of the process's life.
    /// - Returns: false when the system refuses.
    @discardableResult
    public func watch(_ body: @escaping @Sendable () -> Void) -> Bool {
        guard count() else { return false }
        return BlockingThread.start { [kind] in
            while clinux_wait_for_signal(kind) == 0 { body() }
        }
    }

    /// Waits for the next one, or for one that came before and that nobody has taken. One at a time waits for a kind.
    /// - Returns: false when the waiting task was cancelled, or the system refuses.
    public func next() async -> Bool {
        guard count() else { return false }
        let waiting = Waiting(kind)
        return await withTaskCancellationHandler {
            (try? await BlockingThread.run { waiting.wait() }) ?? false
        } onCancel: {
            waiting.cancel()
        }
    }

    /// One wait for a signal. Whoever cancels it counts one more, which its thread takes in the place of a signal's.
    private final class Waiting: Sendable {
        private enum State { case waits, taken, cancelled }

        private let kind: clinux_signal
        private let state = Mutex(State.waits)

        init(_ kind: clinux_signal) { self.kind = kind }

        func wait() -> Bool {
            guard clinux_wait_for_signal(kind) == 0 else { return false }
            return state.withLock { state in
                guard state == .waits else { return false }
                state = .taken
                return true
            }
        }

        func cancel() {
            state.withLock { state in
                guard state == .waits else { return }
                state = .cancelled
                clinux_count_one(kind)
            }
        }
    }
}
