internal import Glibc
internal import StrictX509
internal import Synchronization

/// The agent's own log, which the operator reads: events, one a line, at a bounded rate.
public final class EventLog: Sendable {
    /// Events at once, and events a minute after that.
    private static let burst = 200.0
    private static let perMinute = 30.0

    private struct Budget {
        var left = EventLog.burst
        var lastSecond = 0.0
        var dropped = 0
    }

    private let descriptor: Int32
    private let budget = Mutex(Budget())

    /// - Parameter descriptor: where the operator reads; nobody else has it.
    public init(descriptor: Int32) { self.descriptor = descriptor }

    public func write(_ event: AgentEvent) {
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
            defer { budget.dropped = 0 }
            return budget.dropped
        }
        guard let dropped else { return }
        if dropped > 0 { put(AgentEvent.dropped(count: dropped).line) }
        put(event.line)
    }

    /// What the application says, where a measured setting lets the operator read it. Its rate is bounded by who calls this.
    func write(applicationText text: [UInt8]) {
        for line in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            put("application.says " + String(decoding: line, as: UTF8.self).unicodeScalars.map { $0.escaped(asASCII: true) }.joined())
        }
    }

    /// Whoever closed the log's other end reads nothing; that is his affair.
    private func put(_ text: String) {
        let now = CalendarTime.text(Int64(time(nil)))
        let line = Array("\(now) \(text)\n".utf8)
        _ = line.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    }
}
