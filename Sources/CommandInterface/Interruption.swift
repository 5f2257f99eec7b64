internal import CLinux
internal import Files
internal import Glibc
internal import Notation
internal import Threads

/// Ctrl-C, SIGTERM and a terminal that goes: what was begun is ended, told in one line, and the exit code is the
/// signal's.
enum Interruption {
    /// Nobody waits in vain: what isn't to be caught, as under `nohup`, isn't.
    static func watch() {
        guard clinux_catch_interruptions() == 0 else { return }
        BlockingThread.start {
            let signal = clinux_wait_for_interruption()
            guard signal > 0 else { return }
            let outcome = Unfinished.abandon()
            if let line = line(outcome) { Output.note(line) }
            _exit(128 + signal)
        }
    }

    /// Nothing is said where nothing was begun.
    private static func line(_ outcome: Unfinished.Outcome) -> String? {
        var parts = outcome.remarks
        if !outcome.left.isEmpty {
            parts.insert(
                """
                what was begun could not be removed: \
                \(outcome.left.map { $0.printable(limit: nil) }.joined(separator: ", "))
                """,
                at: 0
            )
        } else if !outcome.isEmpty {
            parts.insert("what was begun is removed", at: 0)
        }
        return parts.isEmpty ? nil : "interrupted; " + parts.joined(separator: "; ")
    }
}
