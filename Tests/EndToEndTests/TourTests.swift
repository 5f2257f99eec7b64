import Files
import Foundation
import PackageFormat
import Processes
import TestSupport
import Testing

extension EndToEndTests {
    @Suite("README")
    struct TourTests {
        @Test("every command of the tour works as printed, and the second time too")
        func tour() throws {
            let readme = String(decoding: try Files.read(Workbench.project + "/README.md"), as: UTF8.self)
            let start = try #require(readme.range(of: "<!-- tour -->")),
                end = try #require(readme.range(of: "<!-- end of the tour -->"))
            let commands = readme[start.upperBound..<end.lowerBound].split(separator: "\n").filter {
                $0.hasPrefix("    ")
            }.map {
                $0.dropFirst(4)
            }.joined(separator: "\n")
            #expect(
                commands.contains("simulator init") && commands.contains("stop hello-1") && commands.contains("7443")
            )
            // Readers have 7443 to themselves, tests don't.
            let chosen = commands.replacing("7443", with: "\(FreePort.reserve())")
            let folder = try TemporaryFolder()
            try FileManager.default.createSymbolicLink(
                atPath: folder.path + "/bin",
                withDestinationPath: Workbench.products
            )
            for _ in 0..<2 {
                let result = try ProgramRun(
                    "/usr/bin/timeout",
                    ["150", "/bin/bash", "-euo", "pipefail", "-c", chosen],
                    environment: [
                        "MSE_HOME": folder.path + "/home", "XDG_CONFIG_HOME": folder.path + "/config",
                        "MSE_COLLATERAL": nil,
                    ],
                    folder: folder.path
                ).run()
                #expect(result.status == 0, "\(result.output)")
                #expect(result.output.contains("ACCEPTED") && result.output.contains("OK"))
            }
        }
    }
}
