internal import Files
internal import Glibc
internal import KernelEvents

/// A program that runs beside this one, and is ended with it unless it is let go.
public final class RunningProgram {
    public let id: Int32
    /// Once it has been waited for: its id may be another's then.
    private var status: Int32?

    init(id: Int32) { self.id = id }

    /// 128 and the signal's number when a signal ended it; nil while it runs.
    public var exitCode: Int32? {
        if status == nil { collect(WNOHANG) }
        return status
    }

    /// - Returns: its exit code.
    public func wait() -> Int32 {
        while status == nil { collect(0) }
        return status ?? 0
    }

    /// Asks it to end, and ends it where it doesn't: it may ignore signals, and a start may hang.
    public func end(graceSeconds: Int) {
        guard exitCode == nil else { return }
        kill(id, SIGTERM)
        let end = ContinuousClock.now + .seconds(graceSeconds)
        while exitCode == nil, case let left = end - .now, left > .zero { waitForEnd(atMost: left) }
        if exitCode == nil { kill(id, SIGKILL) }
        _ = wait()
    }

    /// Waits until it ends, or as long.
    public func waitForEnd(atMost limit: Duration) {
        guard exitCode == nil else { return }
        let events = KernelEvents()
        events.watch(process: id)
        events.wait(for: limit)
    }

    /// From now on it outlives this program.
    public func letGo() { Unfinished.end(program: id) }

    private func collect(_ options: Int32) {
        var found: Int32 = 0
        let process = waitpid(id, &found, options)
        guard process != 0, process > 0 || errno != EINTR else { return }
        // One that somebody else has waited for has ended, and how is lost.
        status = process < 0 ? 0 : found & 0x7F == 0 ? found >> 8 & 0xFF : 128 + found & 0x7F
        Unfinished.end(program: id)
    }
}
