internal import Synchronization

/// Whether the kernel lets secrets be locked into memory, so that they aren't written to swap space: the limit of
/// locked memory (`ulimit -l`) may be too small for them.
public enum LockedMemory {
    private struct State {
        var wasRefused = false
        var listener: (@Sendable () -> Void)?
    }

    private static let state = Mutex(State())

    /// Called once, when the first secret that can't be locked is held; at once when there is one already.
    public static func whenRefused(_ listener: @escaping @Sendable () -> Void) {
        let isLate = state.withLock { state in
            state.listener = state.wasRefused ? nil : listener
            return state.wasRefused
        }
        if isLate { listener() }
    }

    static func noteRefusal() {
        let listener = state.withLock { state in
            defer { state.listener = nil }
            state.wasRefused = true
            return state.listener
        }
        listener?()
    }
}
