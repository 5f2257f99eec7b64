import Files
import Foundation
import Processes
import TestSupport
import Testing

extension EndToEndTests {
    /// Who holds secrets says so when they can't be locked into memory.
    @Suite("Locked memory", .serialized)
    struct LockedMemoryTests {
        /// Root is bound by no limit, unless it gives up the right.
        private func limited(_ bench: Workbench, _ limit: String, _ command: String...) throws -> ProgramRun.Result {
            let script = "ulimit -l \(limit) || exit 99; exec \"$@\""
            let run = ["/bin/bash", "-c", script, "limited", Workbench.products + "/mse"] + command
            guard getuid() == 0 else { return try bench.run(run[0], Array(run.dropFirst())) }
            return try bench.run("/usr/bin/setpriv", ["--bounding-set=-ipc_lock"] + run)
        }

        @Test("mse says it once, with the mend, and does what it was asked to")
        func command() throws {
            let bench = try Workbench()
            try bench.folder.write("code/app.py", "app = 1\n")
            for (limit, count) in [("0", 1), ("1000", 0)] {
                let result = try limited(bench, limit, "code", "encrypt", "code", "out\(limit)", "--key", "key\(limit)")
                #expect(result.status == 0, "\(result.output)")
                let lines = result.output.split(separator: "\n").filter { $0.contains("locked memory") }
                #expect(lines.count == count && lines.allSatisfy { $0.contains("ulimit -l") }, "\(result.output)")
            }
        }

        @Test("an agent tells its operator")
        func agent() throws {
            let bench = try Workbench()
            let made = try ReleaseTests.project(bench, "shop")
            let port = Workbench.freePort()
            let spawned = try limited(
                bench,
                "0",
                "spawn",
                "shop",
                "--package",
                made.package,
                "--san",
                "localhost",
                "--port",
                "\(port)",
                "--platform",
                "simulator"
            )
            #expect(spawned.status == 0, "\(spawned.output)")
            try bench.configure("shop", made)
            let events = try bench.mse("logs", "shop")
            #expect(events.split(separator: "\n").count { $0.hasSuffix(" agent.memoryUnlocked") } == 1, "\(events)")
            try bench.mse("stop", "shop")
        }
    }
}
