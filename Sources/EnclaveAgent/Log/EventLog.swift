public import Enclave
internal import Files
internal import Glibc
internal import Notation
internal import Synchronization
public import WallClock

/// The agent's own log, which the operator reads: events, one a line. Those that strangers can bring about come at a
/// bounded rate.
public final class EventLog: Sendable {
    /// Events at once, and events a minute after that.
    private static let burst = 200.0
    private static let perMinute = 30.0

    private struct Budget {
        var left = EventLog.burst
        var lastSecond = 0.0
        var dropped = 0

        mutating func takeDropped() -> Int {
            defer { dropped = 0 }
            return dropped
        }
    }

    private let descriptor: Int32
    private let clock: WallClock
    /// The application can close any number, and open another file that gets it.
    private let identity: FileIdentity?
    private let budget = Mutex(Budget())

    /// - Parameters:
    ///   - descriptor: where the operator reads.
    ///   - clock: by which lines are dated.
    public init(descriptor: Int32, clock: WallClock) {
        self.descriptor = descriptor
        self.clock = clock
        identity = FileIdentity(descriptor: descriptor)
    }

    public func write(_ event: AgentEvent) {
        guard event.isByStrangers else {
            tellDropped(budget.withLock { $0.takeDropped() })
            return put(event.line)
        }
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        let second = Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
        let dropped: Int? = budget.withLock { budget in
            budget.left = min(Self.burst, budget.left + (second - budget.lastSecond) * Self.perMinute / 60)
            budget.lastSecond = second
            guard budget.left >= 1 else {
                budget.dropped += 1
                return nil
            }
            budget.left -= 1
            return budget.takeDropped()
        }
        guard let dropped else { return }
        tellDropped(dropped)
        put(event.line)
    }

    /// What kept the agent from its work, by the part that it comes from.
    public func write(failure: any Error) { write(.failed(.init(failure))) }

    private func tellDropped(_ count: Int) {
        if count > 0 { put(AgentEvent.dropped(count: count).line) }
    }

    /// What the application says, where a measured setting lets the operator read it. Its rate is bounded by who calls
    /// this.
    func write(applicationText text: [UInt8]) {
        for line in ApplicationLine.lines(of: text) { put(line.line) }
    }

    /// Whoever closed the log's other end reads nothing; that is his affair.
    private func put(_ text: String) {
        guard let identity, FileIdentity(descriptor: descriptor) == identity else { return }
        let line = Array("\(clock.now) \(text)\n".utf8)
        _ = line.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    }
}
