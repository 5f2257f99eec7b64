import Notation
import Testing

@Suite("Times")
struct TimestampTests {
    @Test(
        "times of RFC 3339 in any of its forms",
        arguments: [
            ("2025-07-04T10:28:44Z", 1_751_624_924), ("2025-07-04t10:28:44z", 1_751_624_924),
            ("2025-07-04T12:28:44+02:00", 1_751_624_924),
            ("2025-07-03T23:58:44.999-10:30", 1_751_624_924), ("2025-07-04T10:28:44.1Z", 1_751_624_924),
            ("2025-07-04", nil), ("2025-07-04T10:28:44", nil), ("2025-07-04T10:28:44.Z", nil),
            ("2025-07-04T10:28:44+2:00", nil), ("2025-07-04T10:28:44++2:00", nil), ("2025-07-04T10:28:44-+2:00", nil),
            ("2025-07-04T10:28:44+02:+5", nil), ("2025-07-04T10:28:44+02:-0", nil),
            ("2025-02-30T10:28:44Z", nil), ("2025-07-04T10:28:44+24:00", nil), ("2025-07-04 10:28:44Z", nil),
            ("2025-07-04T10:28:44ZZ", nil),
        ] as [(String, Int64?)]
    )
    func rfc3339(text: String, seconds: Int64?) {
        #expect(Timestamp(rfc3339: text)?.seconds == seconds)
    }

    @Test(
        "seconds and text are each other's inverse",
        arguments: [0, 951_782_400, 1_709_164_800, 1_764_100_000, 4_102_444_799, -1] as [Int64]
    )
    func inverse(seconds: Int64) {
        #expect(Timestamp(Timestamp(seconds: seconds).description)?.seconds == seconds)
    }

    @Test(
        "known times",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2000-02-29T00:00:00Z", 951_782_400), ("2025-07-04T10:28:44Z", 1_751_624_924),
        ]
            as [(String, Int64)]
    )
    func known(text: String, seconds: Int64) {
        #expect(Timestamp(text)?.seconds == seconds)
        #expect(Timestamp(seconds: seconds).description == text)
    }

    @Test("earlier and later are told in seconds", arguments: [0, 1, 86400, -1_764_000_000] as [Int64])
    func arithmetic(seconds: Int64) {
        let time = Timestamp(seconds: 1_764_000_000)
        let duration = Duration.seconds(seconds)
        #expect((time + duration) - time == duration && (time + duration) - duration == time)
        #expect((time + duration < time) == (seconds < 0))
    }

    @Test(
        "what isn't that form or no real date is refused",
        arguments: [
            "2025-02-30T00:00:00Z", "2025-01-01T00:00:00+00:00", "2025-1-1T00:00:00Z", "2025-01-01T24:00:00Z",
            "2025-01-01 00:00:00Z",
            "2023-02-29T00:00:00Z", "",
        ]
    )
    func refused(text: String) {
        #expect(Timestamp(text) == nil)
    }
}
