import Foundation
import Processes
import TestSupport
import Testing

@Suite("Timer descriptors")
struct StaleTimerTests {
    private static let project = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
        .path

    @Test("nothing is written into a file that got a closed timer's number, however it was closed")
    func closedNumbers() throws {
        let folder = try TemporaryFolder()
        let program = folder.path + "/stale-timers"
        let shim = Self.project + "/Sources/CGramineShim"
        let built = try ProgramRun(
            "/usr/bin/env",
            [
                "clang", "-O1", "-Wall", "-Wextra", "-Werror", "-I\(shim)/include", shim + "/CGramineShim.c",
                Self.project + "/Tests/CGramineShimTests/Programs/stale_timers.c", "-lpthread", "-o", program,
            ]
        ).run()
        try #require(built.status == 0, "\(built.output)")
        let result = try ProgramRun("/usr/bin/timeout", ["60", program, folder.path]).run()
        #expect(result.status == 0, "\(result.output)")
        #expect(result.output == "nothing was written\n")
    }
}
