internal import Glibc

/// Asks again, at growing distances, for what nobody tells: a service that isn't reachable yet, room that isn't there.
/// Whatever can be waited for is waited for, instead or in between.
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

    /// How long to wait after so many attempts, for who keeps the count himself.
    public func distance(after attempts: Int) -> Duration { min(longest, first * (1 << min(max(attempts, 1) - 1, 30))) }

    /// Asks once in any case, and a last time when the time is over.
    /// - Parameters:
    ///   - pause: waits as long, or until asking may be of use again.
    ///   - attempt: nil where there is no answer yet.
    /// - Returns: the first answer; nil when there was none within the time.
    /// - Throws: what attempt and pause throw, as `CancellationError` when nobody waits for it any more.
    public func first<Value>(
        within limit: Duration,
        pause: (Duration) async throws -> Void = { try await Task.sleep(for: $0) },
        _ attempt: () async throws -> Value?
    ) async throws -> Value? {
        let end = ContinuousClock.now + limit
        var distance = first
        while true {
            if let value = try await attempt() { return value }
            let left = end - .now
            guard left > .zero else { return nil }
            try await pause(min(distance, left))
            distance = min(distance * 2, longest)
        }
    }

    /// The same on a thread that may block.
    public func firstBlocking<Value>(
        within limit: Duration,
        pause: (Duration) -> Void = { Self.sleep($0) },
        _ attempt: () throws -> Value?
    ) rethrows -> Value? {
        let end = ContinuousClock.now + limit
        var distance = first
        while true {
            if let value = try attempt() { return value }
            let left = end - .now
            guard left > .zero else { return nil }
            pause(min(distance, left))
            distance = min(distance * 2, longest)
        }
    }

    public static func sleep(_ duration: Duration) {
        usleep(UInt32(clamping: Int64(duration / .microseconds(1))))
    }
}
