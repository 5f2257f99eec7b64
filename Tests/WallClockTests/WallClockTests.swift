import Glibc
import Notation
import Testing
import WallClock

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
