internal import CLinux

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
}
