internal import Glibc
public import Notation

/// Who says what time it is. Programs are handed one where they begin, and hand it on to all that asks for a time: so a
/// report, a log and a verdict of one moment name the same, and tests say when they are.
///
/// Within an enclave it is the host's: no decision about trust rests on it there.
public struct WallClock: Sendable {
    private let read: @Sendable () -> Int64

    /// - Parameter nanoseconds: since 1970, UTC.
    public init(nanoseconds: @escaping @Sendable () -> Int64) { read = nanoseconds }

    /// The system's.
    public static let system = WallClock {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// Always the same moment.
    public static func stopped(at time: Timestamp) -> WallClock { WallClock { time.seconds * 1_000_000_000 } }

    public var now: Timestamp { Timestamp(seconds: read() / 1_000_000_000) }
    /// Since 1970.
    public var milliseconds: Int64 { read() / 1_000_000 }
    /// Since 1970.
    public var nanoseconds: Int64 { read() }
}
