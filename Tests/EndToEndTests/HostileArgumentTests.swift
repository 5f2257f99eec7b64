import Files
import Foundation
import PackageFormat
import Processes
import TestSupport
import Testing

extension EndToEndTests {
    /// Whatever the commands are called with, they answer with a message and a code of their own.
    @Suite("Hostile arguments and surroundings", .serialized)
    struct HostileArgumentTests {
        private let bench: Workbench

        init() throws { bench = try Workbench() }

        /// Commands that lack their last argument.
        private static let commands: [[String]] = [
            ["scaffold", "--template"], ["measure"], ["status"], ["logs"], ["stop"], ["restart"], ["verify"], ["run"],
            ["test"],
            ["quote", "show"], ["quote", "verify"], ["collateral", "show"], ["collateral", "check"],
            ["collateral", "fetch"],
            ["collateral", "fetch", "--fmspc"], ["localtest", "--project"],
            ["package", "--output", "out", "--project"],
            ["package", "--project", "none", "--output"], ["evidence", "--output", "out"],
            ["evidence", "none", "--output"],
            ["seal", "--receiver", "none", "--input"], ["seal", "--input", "file", "--receiver"],
            ["unseal", "--private-key", "file", "--input"], ["unseal", "--input", "file", "--private-key"],
            ["code", "encrypt", "none", "out", "--key"], ["code", "decrypt", "none", "out", "--key"],
            ["code", "encrypt", "--key", "key", "none"],
            ["spawn", "--package", "none", "--san", "localhost", "--port", "5", "--platform", "simulator"],
            ["spawn", "none", "--san", "localhost", "--port", "5", "--platform", "simulator", "--package"],
            ["spawn", "none", "--package", "none", "--san", "localhost", "--port", "5", "--platform"], ["simulator"],
            ["serve"],
            ["verify", "none", "--policy"], ["verify", "none", "--trusted-root"],
            ["quote", "verify", "file", "--expected"],
            ["quote", "verify", "file", "--collateral"], ["verify", "https://127.0.0.1:1", "--certificate-out"], ["--"],
            [],
        ]

        private func isOwnEnd(_ result: ProgramRun.Result) -> Bool {
            [0, 1, 2, 3, 64, 141].contains(result.status) && !result.output.contains("Fatal error")
                && !result.output.contains("Backtrac")
                && !result.output.unicodeScalars.contains("\u{1B}")
        }

        @Test("no argument crashes a command, and its messages are short")
        func arguments() throws {
            try bench.folder.write("file", "text\n")
            let before = try Files.names(in: bench.path)
            for command in Self.commands {
                for argument in [
                    String(repeating: "a", count: 100_000), "-", "--", "--colour", "-z", "\u{1B}[2J", "a\nb", "%s%n",
                    "../..", ".", "/",
                    "http://", "https://", "https://[", "https:///x", "--\(String(repeating: "x", count: 100_000))",
                ] {
                    let result = try bench.run(Workbench.products + "/mse", command + [argument])
                    #expect(
                        isOwnEnd(result) && (result.output.utf8.count < 16_384 || command == ["serve"]),
                        "\(command) \(argument.prefix(20)): \(result.output.prefix(500))"
                    )
                }
            }
            #expect(try Files.names(in: bench.path).filter { $0 != "out" } == before)
        }

        @Test("an empty argument is a usage error: with a path after it, it would mean the root folder")
        func empty() throws {
            for command in Self.commands {
                let result = try bench.run(Workbench.products + "/mse", command + [""])
                #expect(result.status == 64, "\(command): \(result.output)")
            }
        }

        @Test("an argument that isn't UTF-8 is a usage error, not another name")
        func bytes() throws {
            for command in Self.commands + [["list", "--json"]] {
                let result = try bench.run(
                    "/bin/bash",
                    ["-c", "exec \"$@\" $'\\xff\\xfe'", "bash", Workbench.products + "/mse"] + command
                )
                #expect(result.status == 64 && result.output.contains("isn't UTF-8"), "\(command): \(result.output)")
            }
            let result = try bench.run("/bin/bash", ["-c", "MSE_HOME=$'/tmp/\\xff' exec bin/mse list"])
            #expect(result.status == 64 && result.output.contains("MSE_HOME"), "\(result.output)")
        }

        @Test("many arguments are only many")
        func many() throws {
            let words = (0..<1500).flatMap { _ in ["--collateral", String(repeating: "x", count: 500)] }
            let result = try bench.run(Workbench.products + "/mse", ["quote", "verify", "none"] + words)
            #expect(result.status == 1 && result.output.utf8.count < 16_384)
        }

        @Test("surroundings that are missing or useless are told, or don't matter")
        func surroundings() throws {
            let cases: [(variables: [String: String?], list: Int32, make: Int32)] = [
                (["HOME": "/proc", "MSE_HOME": nil], 0, 1),
                (["HOME": "/dev/null", "MSE_HOME": nil, "XDG_DATA_HOME": nil], 1, 1),
                (["MSE_HOME": "/proc/none"], 0, 1), (["MSE_HOME": "/dev/null"], 1, 1),
                (["MSE_HOME": "/dev/null/x/y"], 1, 1),
                (["MSE_HOME": "relative"], 0, 0),
                (["TMPDIR": "/nowhere"], 0, 0), (["LANG": "C", "LC_ALL": "C"], 0, 0), (["PATH": nil], 0, 0),
                (["PATH": ""], 0, 0),
                (["HOME": nil], 0, 0), (["HOME": ""], 0, 0), (["TERM": nil], 0, 0), (["COLUMNS": "1"], 0, 0),
                (["COLUMNS": "-5"], 0, 0),
                (["COLUMNS": "0"], 0, 0), (["COLUMNS": "99999999999999999999"], 0, 0), (["NO_COLOR": "1"], 0, 0),
            ]
            for one in cases {
                for (command, code) in [
                    (["list"], one.list), (["simulator", "init"], one.make), (["--help"], 0), (["verify"], 64),
                ] {
                    let result = try bench.run(Workbench.products + "/mse", command, environment: one.variables)
                    #expect(result.status == code && isOwnEnd(result), "\(one.variables) \(command): \(result.output)")
                }
            }
            // A home whose variable is empty is the account's, not the root folder's.
            let root = try bench.run(
                "/usr/bin/env",
                [
                    "-u", "MSE_HOME", "HOME=", "XDG_DATA_HOME=\(bench.path)/data", Workbench.products + "/mse",
                    "simulator", "init",
                ]
            )
            #expect(root.output.contains("\(bench.path)/data/mse/"), "\(root.output)")
            #expect(!Files.exists("/.local/share/mse") && !Files.exists("/mse"))
        }

        @Test("a home that is no folder, or can't be one, is told by every command that has to do with it")
        func noHome() throws {
            try bench.folder.write("file", "text\n")
            for (home, words) in [
                ("file", "found a file"), ("file/in/it", "file is no folder"), ("/dev/null", "found a file"),
            ] {
                for command in [
                    ["list"], ["list", "--json"], ["status", "a"], ["stop", "a"], ["restart", "a"], ["logs", "a"],
                    ["evidence", "a", "--output", "o"],
                    ["verify", "file"], ["verify", "https://127.0.0.1:1"], ["quote", "verify", "file"],
                    ["collateral", "show"],
                    ["simulator", "init"],
                    ["run", "a", "--package", "file"], ["seal", "--input", "file", "--receiver", "a"],
                ] {
                    let result = try bench.run(Workbench.products + "/mse", command, environment: ["MSE_HOME": home])
                    #expect(result.status == 1 && result.output.contains(words), "\(home) \(command): \(result.output)")
                }
            }
        }

        @Test("standard input that is closed is empty")
        func input() throws {
            let result = try bench.run("/bin/bash", ["-c", "bin/mse quote show - <&-"])
            #expect(result.status == 1 && result.output.hasPrefix("mse: "), "\(result.output)")
        }
    }
}
