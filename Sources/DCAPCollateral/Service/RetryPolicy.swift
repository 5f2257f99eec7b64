/// How often and after how long the same question is put again.
public struct RetryPolicy: Hashable, Sendable {
    /// The first one included.
    public var attempts: Int
    /// Before the second attempt; doubled before each further one.
    public var delay: Duration
    /// No wait is longer, whatever a service asks for: then it is given up instead.
    public var longest: Duration

    /// Waits grow from `delay` on, twice as long each time.
    public init(attempts: Int = 4, delay: Duration = .milliseconds(300), longest: Duration = .seconds(8)) {
        self.attempts = attempts
        self.delay = delay
        self.longest = longest
    }

    /// The wait before the next attempt; nil to give up.
    /// - Parameters:
    ///   - attempt: how many there were.
    ///   - jitter: 0.5 to 1.5, so that many who failed at once don't come back at once.
    public func wait(after error: CollateralError, attempt: Int, jitter: Double) -> Duration? {
        guard error.isTemporary, attempt < attempts else { return nil }
        if case .throttled(let seconds?) = error.kind {
            let asked = Duration.seconds(seconds)
            return asked <= longest ? asked + delay * (jitter - 0.5) : nil
        }
        return min(delay * Double(1 << min(attempt - 1, 16)) * jitter, longest)
    }

    func run<Value: Sendable>(_ body: () async throws(CollateralError) -> Value) async throws(CollateralError) -> Value
    {
        var attempt = 1
        while true {
            do throws(CollateralError) {
                return try await body()
            } catch {
                guard let wait = wait(after: error, attempt: attempt, jitter: .random(in: 0.5...1.5)) else {
                    throw error
                }
                do {
                    try await Task.sleep(for: wait)
                } catch let cancelled {
                    _ = cancelled  // whoever cancelled wants no further attempt; what went wrong last is the answer
                    throw error
                }
                attempt += 1
            }
        }
    }
}
