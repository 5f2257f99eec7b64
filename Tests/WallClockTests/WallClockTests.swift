import Glibc
import Notation
import Testing

@testable import WallClock

@Suite("Who says what time it is")
struct WallClockTests {
    @Test(
        "one moment, in whatever unit it is asked for",
        arguments: [0, 1, 1_999_999_999, 1_764_530_000_123_456_789, 4_102_444_799_999_999_999] as [Int64]
    )
    func units(nanoseconds: Int64) {
        let clock = WallClock { nanoseconds }
        #expect(clock.now.seconds == nanoseconds / 1_000_000_000)
        #expect(clock.milliseconds == nanoseconds / 1_000_000)
        #expect(clock.nanoseconds == nanoseconds)
    }

    @Test("a stopped clock always tells the same", arguments: [0, 951_782_400, 4_102_444_799] as [Int64])
    func stopped(seconds: Int64) {
        let clock = WallClock.stopped(at: Timestamp(seconds: seconds))
        #expect([clock.now, clock.now].allSatisfy { $0.seconds == seconds })
        #expect(clock.nanoseconds == seconds * 1_000_000_000)
    }

    @Test(
        "a clock that is set to a time beyond all counting tells the nearest that can be told",
        arguments: [
            (9_223_372_036, 854_775_807, Int64.max), (9_223_372_036, 854_775_808, .max), (9_223_372_037, 0, .max),
            (.max, 999_999_999, .max), (-9_223_372_037, 0, .min), (.min, 0, .min), (-1, 5, -999_999_995), (0, 7, 7),
        ] as [(Int64, Int64, Int64)]
    )
    func beyond(seconds: Int64, part: Int64, nanoseconds: Int64) {
        #expect(WallClock.nanoseconds(seconds, part) == nanoseconds)
        let now = WallClock.stopped(at: Timestamp(seconds: seconds)).now
        #expect((Int64.min / 1_000_000_000...Int64.max / 1_000_000_000).contains(now.seconds))
    }

    @Test("a clock is asked each time")
    func asked() {
        let text = "2026-02-03T04:05:06Z"
        // What it tells lies outside of it, as the system's time does.
        final class Hands: @unchecked Sendable { var seconds: Int64 = 0 }  // one thread
        let hands = Hands()
        let clock = WallClock { hands.seconds * 1_000_000_000 }
        #expect(clock.now.description == "1970-01-01T00:00:00Z")
        hands.seconds = 1_770_091_506
        #expect(clock.now.description == text)
    }

    @Test("the system's goes with the system")
    func system() {
        let before = Int64(time(nil))
        let told = WallClock.system.now.seconds
        #expect((before...Int64(time(nil))).contains(told))
    }
}
