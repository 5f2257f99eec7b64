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
        return nanoseconds(Int64(time.tv_sec), Int64(time.tv_nsec))
    }

    /// Always the same moment.
    public static func stopped(at time: Timestamp) -> WallClock { WallClock { nanoseconds(time.seconds, 0) } }

    /// The nearest that there is: the years 1677 to 2262. Whoever sets the system's clock may set it to any.
    static func nanoseconds(_ seconds: Int64, _ part: Int64) -> Int64 {
        let (whole, isTooMuch) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, isOver) = whole.addingReportingOverflow(part)
        return isTooMuch || isOver ? (seconds < 0 ? .min : .max) : sum
    }

    public var now: Timestamp { Timestamp(seconds: read() / 1_000_000_000) }
    /// Since 1970.
    public var milliseconds: Int64 { read() / 1_000_000 }
    /// Since 1970.
    public var nanoseconds: Int64 { read() }
}
