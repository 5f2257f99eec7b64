internal import Glibc
internal import Synchronization

/// How far a command is, on standard error, once it takes longer than a second: one line that changes on a terminal,
/// elsewhere a line now and then.
public final class ProgressLine: Sendable {
    private struct State {
        var next: ContinuousClock.Instant
        var isShown = false
        var hasEnded = false
    }

    private let state: Mutex<State>
    private let isTerminal: Bool
    private let interval: Duration
    private let write: @Sendable (String) -> Void

    public convenience init() {
        self.init(isTerminal: isatty(STDERR_FILENO) == 1, after: .seconds(1)) { text in
            // Work doesn't end because nobody reads how far it is.
            try? StandardStreams.write(Array(text.utf8), to: STDERR_FILENO)
        }
    }

    init(isTerminal: Bool, after delay: Duration, write: @escaping @Sendable (String) -> Void) {
        self.isTerminal = isTerminal
        interval = isTerminal ? .milliseconds(200) : .seconds(10)
        state = Mutex(State(next: .now + delay))
        self.write = write
    }

    private static let clearing = "\r\u{1B}[K"

    /// Shows it where it is time to.
    /// - Parameter text: one line of ours.
    public func tell(_ text: @autoclosure () -> String) {
        state.withLock { state in
            guard !state.hasEnded, .now >= state.next else { return }
            state.next = .now + interval
            state.isShown = true
            write(isTerminal ? Self.clearing + "\(Output.name): " + text() : "\(Output.name): " + text() + "\n")
        }
    }

    /// Takes the line back.
    public func end() {
        state.withLock { state in
            if state.isShown, !state.hasEnded, isTerminal { write(Self.clearing) }
            state.hasEnded = true
        }
    }
}
