import Files
import Notation
import PackageFormat
import Processes
import TestSupport
import Testing

@Suite("Report on HOME")
struct HomeReportTests {
    private static let now: Int64 = 1_790_000_000

    private static let time = Timestamp(seconds: now)

    @Test(
        "a time that can't be isn't told, whoever wrote it, and the rest is",
        arguments: [
            ("9223372036854775807", nil), ("9223372036854775", nil), ("\(now + 86401)", nil), ("0", nil),
            ("1577836799", nil),
            ("1577836800", 1_577_836_800), ("\(now + 86400)", now + 86400), ("\(now)", now),
        ] as [(String, Int64?)]
    )
    func times(text: String, savedAt: Int64?) throws {
        let folder = try TemporaryFolder()
        try folder.write(HomeReport.fileName, "{\"savedAt\":\(text),\"problem\":\"noSpace\",\"refusals\":2}")
        let report = try HomeReport(in: folder.path, now: Self.time)
        #expect(report.savedAt?.seconds == savedAt && report.isTimeUntold == (savedAt == nil))
        #expect(report.problem == .noSpace && report.refusals == 2)
    }

    @Test("what the agent writes is read as it is, and never sealed isn't untold")
    func own() throws {
        let folder = try TemporaryFolder()
        var report = HomeReport()
        for time in [nil, Self.time] {
            report.savedAt = time
            try report.write(to: folder.path)
            #expect(try HomeReport(in: folder.path, now: Self.time) == report)
        }
    }
}
