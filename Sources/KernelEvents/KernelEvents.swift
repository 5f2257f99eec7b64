internal import CLinux
internal import Glibc
internal import Synchronization
internal import Threads

/// What the kernel tells of files, folders and processes, for one who waits for something of them.
///
/// It is told that something happened, not what: whoever is woken looks. He has watched before he looked, so that
/// nothing comes in between.
public final class KernelEvents: Sendable {
    /// How often one looks where the kernel doesn't tell, as when its limits are reached.
    private static let blindDistance = Duration.milliseconds(100)

    private struct State {
        /// Descriptors of processes that haven't ended, by their ids.
        var processes: [Int32: Int32] = [:]
        /// Told once, and not again.
        var ended: Set<Int32> = []
        var isBlind: Bool
    }

    /// Of files and folders.
    private let changes = clinux_open_changes()
    private let wakeUp = clinux_open_wake_up()
    private let state: Mutex<State>

    public init() { state = Mutex(State(isBlind: changes < 0 || wakeUp < 0)) }

    deinit {
        for descriptor in state.withLock({ Array($0.processes.values) }) + [changes, wakeUp] where descriptor >= 0 {
            close(descriptor)
        }
    }

    /// Tells from now on what changes in a file, or directly in a folder. One that isn't there yet is passed over: its
    /// folder tells that it has come.
    public func watch(path: String) {
        guard changes >= 0, clinux_watch_path(changes, path) != 0, errno != ENOENT else { return }
        state.withLock { $0.isBlind = true }
    }

    /// Tells the end of a process, or that there is none.
    public func watch(process: Int32) {
        state.withLock { state in
            guard state.processes[process] == nil, !state.ended.contains(process) else { return }
            let descriptor = clinux_open_process(process)
            if descriptor >= 0 {
                state.processes[process] = descriptor
            } else if errno != ESRCH {
                state.isBlind = true
            }
        }
    }

    /// Something is to be watched besides of which the kernel tells nothing, as what runs on another machine: whoever
    /// waits looks ten times a second.
    public func watchBlindly() { state.withLock { $0.isBlind = true } }

    /// Wakes whoever waits.
    public func wake() { clinux_wake_up(wakeUp) }

    /// Waits on this thread, one at a time.
    /// - Returns: whether something may have happened since it was last asked; false when the time was over first.
    @discardableResult
    public func wait(for limit: Duration) -> Bool {
        let (processes, isBlind) = state.withLock { ($0.processes, $0.isBlind) }
        let ids = Array(processes.keys)
        var descriptors = [changes, wakeUp].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        descriptors += ids.map { pollfd(fd: processes[$0] ?? -1, events: Int16(POLLIN), revents: 0) }
        let count = poll(
            &descriptors,
            nfds_t(descriptors.count),
            Self.milliseconds(isBlind ? min(limit, Self.blindDistance) : limit)
        )
        guard count > 0 else { return isBlind || count < 0 }
        for descriptor in descriptors.prefix(2) where descriptor.revents != 0 { clinux_take_all(descriptor.fd) }
        state.withLock { state in
            for (id, descriptor) in zip(ids, descriptors.dropFirst(2)) where descriptor.revents != 0 {
                state.processes[id] = nil
                state.ended.insert(id)
                close(descriptor.fd)
            }
        }
        return true
    }

    /// The same for a task.
    /// - Throws: `CancellationError` when nobody waits for it any more.
    @discardableResult
    public func next(within limit: Duration) async throws -> Bool {
        try await withTaskCancellationHandler {
            let happened = try await BlockingThread.run { self.wait(for: limit) }
            try Task.checkCancellation()
            return happened
        } onCancel: {
            wake()
        }
    }

    /// Rounded up: whoever waits for a moment isn't woken before it.
    private static func milliseconds(_ duration: Duration) -> Int32 {
        let (seconds, attoseconds) = duration.components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        return Int32(
            clamping: min(seconds, 1 << 21) * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
        )
    }
}
