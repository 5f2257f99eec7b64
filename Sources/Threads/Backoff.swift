/// Asks again, at growing distances, for what nobody tells: a service that isn't reachable yet, room that isn't there.
/// Whatever can be waited for is waited for, instead.
public struct Backoff: Sendable {
    private let first: Duration
    private let longest: Duration

    /// - Parameters:
    ///   - first: between the first two attempts; each further distance is twice the one before.
    ///   - longest: no distance is longer.
    public init(first: Duration, longest: Duration) {
        self.first = first
        self.longest = longest
    }

    /// Asks once in any case, and a last time when the time is over.
    /// - Returns: the first answer; nil when there was none within the time.
    /// - Throws: what the attempt throws, and `CancellationError` when nobody waits for it any more.
    public func first<Value>(
        within limit: Duration,
        _ attempt: () async throws -> Value?
    ) async throws -> Value? {
        let end = ContinuousClock.now + limit
        var distance = first
        while true {
            if let value = try await attempt() { return value }
            let left = end - .now
            guard left > .zero else { return nil }
            try await Task.sleep(for: min(distance, left))
            distance = min(distance * 2, longest)
        }
    }
}
