import Files
import Foundation
import PackageFormat
import Processes
import TestSupport
import Testing

@testable import FakePKI

extension EndToEndTests {
    /// Numbers from outside are checked where they are read.
    @Suite("Numbers", .serialized)
    struct NumberTests {
        private static let spawn = [
            "spawn", "a", "--package", "p.tar", "--san", "localhost", "--platform", "simulator",
        ]
        private static let serve = ["serve", "app:app"]

        /// A command, its option, and the range.
        private static let options: [(program: String, command: [String], option: String, range: ClosedRange<Int>)] = [
            ("mse", spawn, "--port", 1...65535), ("mse", spawn + ["--port", "5"], "--days", 1...397),
            ("mse", spawn + ["--port", "5"], "--timeout", 0...31_536_000),
            ("mse", ["simulator", "serve"], "--port", 0...65535),
            ("mse", serve, "--port", 0...65535), ("mse", serve, "--threads", 1...256),
            ("mse", serve, "--grace", 0...3600),
            ("mse-serve", ["app:app"], "--port", 0...65535), ("mse-serve", ["app:app"], "--threads", 1...256),
            ("mse-serve", ["app:app"], "--grace", 0...3600),
            ("mse-bootstrap", ["app:app"], "--port", 1...65535),
            ("mse-bootstrap", ["app:app"], "--timeout", 0...31_536_000),
            ("mse-bootstrap", ["app:app"], "--ratls", 1...253_402_300_799),
        ]

        @Test("an option's number out of range, or none, is a usage error that tells range and find")
        func options() throws {
            let bench = try Workbench()
            for (program, command, option, range) in Self.options {
                for value in [
                    "\(range.lowerBound - 1)", "\(range.upperBound + 1)", "-1", "-9223372036854775808",
                    "9223372036854775807",
                    "9223372036854775808", "99999999999999999999999999", "", "x", " 5", "5 ", "+5", "0x10", "1e3",
                    "5.0", "٥", "5_6",
                    "--json",
                ] {
                    let result = try bench.run(Workbench.products + "/" + program, command + [option, value])
                    let expected = "a whole number from \(range.lowerBound) to \(range.upperBound) expected"
                    #expect(
                        result.status == 64 && result.output.contains("'\(value)'") && result.output.contains(option)
                            && result.output.contains(expected),
                        "\(program) \(command) \(option) \(value): \(result.output)"
                    )
                }
                #expect(try bench.run(Workbench.products + "/" + program, command + [option]).status == 64)
            }
        }

        @Test("a time that is none is a usage error")
        func times() throws {
            let bench = try Workbench()
            for command in [
                ["verify", "x"], ["quote", "verify", "x"], ["collateral", "check", "x"],
            ] {
                for value in [
                    "tomorrow", "", "-1", "0", "1764000000", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z",
                    "2026-01-31",
                    "2026-01-31T24:00:00Z", "99999-01-31T12:00:00Z", "2026-01-31T12:00:00", "9223372036854775807",
                ] {
                    let result = try bench.run(Workbench.products + "/mse", command + ["--at", value])
                    #expect(
                        result.status == 64 && result.output.contains("'\(value)'")
                            && result.output.contains("2026-01-31T12:00:00Z"),
                        "\(command) \(value): \(result.output)"
                    )
                }
            }
        }

        @Test("an address with a port that is none is told so before anybody is called")
        func addresses() throws {
            let bench = try Workbench()
            try bench.folder.write("quote.bin", try Scenario().make().bytes)
            for address in [
                "https://localhost:99999", "https://localhost:65536", "https://localhost:0", "https://[::1]:0",
                "https://localhost:-1",
                "https://127.0.0.1:9223372036854775808", "https://[::1]:70000", "https://localhost:",
            ] {
                for command in [
                    ["verify", address], ["run", address, "--package", "quote.bin"],
                    ["quote", "verify", "quote.bin", "--collateral", address],
                    ["collateral", "fetch", "--fmspc", "00906ED50000", "--collateral", address],
                ] {
                    let result = try bench.run(Workbench.products + "/mse", command)
                    #expect(
                        result.status == 64
                            && (result.output.contains("1 to 65535") || result.output.contains("an address such as")),
                        "\(command): \(result.output)"
                    )
                }
            }
        }

        @Test("a launch record's and a project's numbers are checked where they are read")
        func files() throws {
            let bench = try Workbench()
            let record =
                """
                {"configurationTimeout":T,"host":"127.0.0.1","id":"533a2b83-4bc5-4a9c-955e-208c530bfd15","name":"a",\
                "notAfter":"N","port":P,"sans":["localhost"],"version":1}
                """
            for (port, timeout, end) in [
                ("0", "0", "2027-01-01T00:00:00Z"), ("65536", "0", "2027-01-01T00:00:00Z"),
                ("-1", "0", "2027-01-01T00:00:00Z"),
                ("9223372036854775807", "0", "2027-01-01T00:00:00Z"),
                ("99999999999999999999", "0", "2027-01-01T00:00:00Z"),
                ("1.5", "0", "2027-01-01T00:00:00Z"), ("443", "-1", "2027-01-01T00:00:00Z"),
                ("443", "9223372036854775807", "2027-01-01T00:00:00Z"),
                ("443", "0", "99999-01-01T00:00:00Z"), ("443", "0", "2027-00-01T00:00:00Z"),
            ] {
                try bench.folder.write(
                    "launch.json",
                    record.replacing("P", with: port).replacing("T", with: timeout).replacing("N", with: end)
                )
                let result = try bench.run(
                    Workbench.products + "/mse-bootstrap",
                    ["app:app", "--app-dir", ".", "--launch", bench.path + "/launch.json"]
                )
                // Beside the words stands the event, for a launcher.
                let words = result.output.split(separator: "\n").filter { !$0.contains(" agent.failed at=") }
                #expect(
                    result.status == 1 && words.count == 1 && words[0].contains("launch.json"),
                    "\(port) \(timeout) \(end): \(result.output)"
                )
            }
            try bench.mse("scaffold", "hello")
            let project = String(decoding: try bench.folder.read("hello/mse.toml"), as: UTF8.self)
            for table in [
                "[enclave]\nsize = \"+1G\"", "[enclave]\nsize = \"99999999999999999999G\"",
                "[enclave]\nsize = 1073741824",
                "[enclave]\nthreads = 0", "[enclave]\nthreads = -1", "[enclave]\nsvn = 65536",
                "[enclave]\nproduct_id = 9223372036854775808",
                "[server]\nthreads = 257", "[server]\ngrace = -1", "[server]\ngrace = 9223372036854775807",
                "[server]\nmax_body = \"0M\"",
                "[server]\nmax_header = \"-1K\"", "[server]\nthreads = 1.5",
            ] {
                try bench.folder.write("hello/mse.toml", project + "\n" + table + "\n")
                let result = try bench.run(
                    Workbench.products + "/mse",
                    ["package", "--project", "hello", "--output", "out"]
                )
                #expect(
                    result.status == 1 && result.output.contains("mse.toml") && result.output.contains("expected"),
                    "\(table): \(result.output)"
                )
                #expect(!Files.exists(bench.path + "/out"))
            }
        }
    }
}
