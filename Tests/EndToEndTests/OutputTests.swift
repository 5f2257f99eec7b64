import Files
import Foundation
import Notation
import PackageFormat
import Processes
import TestSupport
import Testing

@testable import FakePKI

extension EndToEndTests {
    /// What becomes of a program when what it prints can't be written.
    @Suite("Output", .serialized)
    struct OutputTests {
        private static let mse = Workbench.products + "/mse", agent = Workbench.products + "/mse-bootstrap"
        private let bench: Workbench

        init() throws {
            bench = try Workbench()
            try bench.folder.write("quote.bin", try Scenario().make().bytes)
        }

        /// Where a stream of a program leads.
        enum Sink: String, CaseIterable {
            case fullDisk, closed, withoutReader
        }

        /// - Returns: the exit code, 256 and more for a signal, and what the other stream says.
        private func run(_ command: [String], _ stream: Int, _ sink: Sink) throws -> (code: Int, other: String) {
            let script = """
                import os, subprocess, sys
                stream, sink, command = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
                names = ["stdin", "stdout", "stderr"]
                if sink == "fullDisk": target, before = os.open("/dev/full", os.O_WRONLY), None
                elif sink == "withoutReader":
                    reader, target = os.pipe()
                    os.close(reader)
                    before = None
                else: target, before = None, lambda: os.close(stream)
                streams = {names[stream]: target, names[3 - stream]: subprocess.PIPE}
                result = subprocess.run(command, **streams, preexec_fn=before)
                print(result.returncode if result.returncode >= 0 else 256 - result.returncode)
                sys.stdout.flush()
                sys.stdout.buffer.write((result.stdout if stream == 2 else result.stderr) or b"")
                """
            let result = try bench.run("/usr/bin/python3", ["-c", script, "\(stream)", sink.rawValue] + command)
            let parts = result.output.split(separator: "\n", maxSplits: 1)
            return (
                try #require(parts.first.flatMap { Int($0) }, "\(result.output)"),
                parts.count > 1 ? String(parts[1]) : ""
            )
        }

        private static let printing: [[String]] =
            [
                ["--help"], ["--version"], ["help"], ["help", "verify"], ["--generate-completion-script", "bash"],
                ["simulator", "root"],
                ["simulator", "init"], ["list", "--json"], ["quote", "show", "quote.bin"],
                ["quote", "show", "quote.bin", "--json"],
                ["quote", "show", "--help"], ["collateral", "fetch", "--help"],
                ["quote", "verify", "quote.bin", "--collateral", "."],
            ]
            + [
                "scaffold", "serve", "localtest", "package", "code", "measure", "spawn", "evidence", "verify", "seal",
                "unseal", "run",
            ]
            .map { [$0, "--help"] }
            + ["test", "status", "list", "logs", "stop", "restart", "quote", "collateral", "simulator"].map {
                [$0, "--help"]
            }

        @Test(
            "what can't be printed ends with 141 where nobody reads, and with 1 and a message on a full disk",
            arguments: Sink.allCases
        )
        func results(sink: Sink) throws {
            let folder = try TestFolder(bench)
            for command in Self.printing.filter({ !$0.contains("verify") || $0.contains("--help") }) {
                let (code, message) = try run([Self.mse] + command, 1, sink)
                #expect(code == (sink == .fullDisk ? 1 : 141), "\(command): \(code) \(message)")
                #expect(
                    message
                        == (sink == .fullDisk ? "mse: standard output: can't write: No space left on device\n" : ""),
                    "\(command)"
                )
            }
            for command in [
                ["--help"], ["--version"], ["serve", "--help"],
                [
                    "describe-runtime", "--platform", "simulator", "--loader", Workbench.products + "/simulated-loader",
                ],
            ] {
                let (code, message) = try run([Self.agent] + command, 1, sink)
                #expect(code == (sink == .fullDisk ? 1 : 141), "\(command): \(code) \(message)")
                #expect(
                    message.contains("standard output: can't write") == (sink == .fullDisk),
                    "\(command): \(message)"
                )
            }
            #expect(try folder.names() == folder.before)
        }

        @Test("work that was done stays whole when nobody can be told of it", arguments: Sink.allCases)
        func work(sink: Sink) throws {
            let code = sink == .fullDisk ? 1 : 141
            #expect(try run([Self.mse, "scaffold", "hello"], 1, sink).code == code)
            try bench.mse("code", "encrypt", "hello/mse_src", "one", "--key", "code.key")
            #expect(
                try run([Self.mse, "code", "encrypt", "hello/mse_src", "two", "--key", "code.key"], 1, sink).code
                    == code
            )
            #expect(try bench.folder.tree("two").keys.sorted() == bench.folder.tree("one").keys.sorted())
            #expect(try run([Self.mse, "code", "decrypt", "two", "back", "--key", "code.key"], 1, sink).code == code)
            #expect(try !bench.folder.tree("back").isEmpty)
            #expect(
                try run([Self.mse, "package", "--project", "hello", "--output", "out", "--encrypt"], 1, sink).code
                    == code
            )
            try bench.mse("measure", try bench.output(".tar"))
            #expect(try run([Self.mse, "measure", try bench.output(".tar")], 1, sink).code == code)
            #expect(try !Files.names(in: bench.path + "/out").contains { $0.hasPrefix(".") })
        }

        @Test("an error that can't be told is still an error", arguments: Sink.allCases)
        func errors(sink: Sink) throws {
            for (command, own) in [
                (["nonsense"], 64), (["verify"], 64), (["spawn", "--port", "99999"], 64), (["verify", "nowhere"], 1),
                (["stop", "nobody"], 1),
                (["status", "nobody"], 1),
            ] {
                let (code, other) = try run([Self.mse] + command, 2, sink)
                #expect(code == (sink == .fullDisk ? own : 141) && other.isEmpty, "\(command): \(code) \(other)")
            }
            let (code, _) = try run(
                [Self.agent, "describe-runtime", "--platform", "simulator", "--loader", "/nowhere"],
                2,
                sink
            )
            #expect(code == (sink == .fullDisk ? 1 : 141))
            // What is said beside a result is no reason to give none.
            let (verdict, text) = try run([Self.mse, "simulator", "root"], 2, sink)
            #expect(verdict == 0 && text.hasSuffix("root.pem\n"))
        }

        @Test("whoever asks for it reads the code of every command's error")
        func codes() throws {
            for (command, code, status) in [
                (["package", "--project", "nowhere", "--output", "out"], "file.notFound", 1),
                (["stop", "nobody"], "service.unknown", 1), (["spawn", "--port", "0"], "usage", 64),
                (["code", "encrypt", "nowhere", "out", "--key", "k"], "notFound", 1), (["nonsense"], "usage", 64),
            ] as [([String], String, Int32)] {
                let result = try bench.run(Self.mse, command, environment: ["MSE_ERRORS": "json"])
                let answer = try JSON.read(Array(result.output.utf8))
                #expect(answer["error"]?["code"]?.value == .string(code), "\(command): \(result.output)")
                #expect(result.status == status, "\(command)")
                let text = try bench.run(Self.mse, command, environment: ["MSE_ERRORS": "text"])
                #expect(text.status == status && !text.output.contains(#"{"error""#), "\(text.output)")
            }
            let result = try bench.run(Self.mse, ["list"], environment: ["MSE_ERRORS": "yes"])
            #expect(result.status == 64 && result.output.contains("'json' or 'text' expected"), "\(result.output)")
        }

        @Test("nothing that is opened takes the place of a closed stream")
        func descriptors() throws {
            try bench.mse("scaffold", "hello")
            let script = "\"$1\" package --project hello --output out --encrypt <&- >&- 2>&-; echo $? > code"
            _ = try bench.run("/bin/bash", ["-c", script, "script", Self.mse])
            #expect(String(decoding: try bench.folder.read("code"), as: UTF8.self) == "141\n")
            #expect(try bench.folder.read(bench.output(".key")).count == 32)
            try bench.mse("measure", try bench.output(".tar"))
        }

        /// A reader that takes what it wants and goes: the same as without a reader.
        @Test("a pipe into 'head' or 'true' is no crash")
        func pipes() throws {
            let script = """
                for i in 1 2 3 4 5 6 7 8 9 10; do
                    "$1" --help | head -1 >/dev/null; echo "${PIPESTATUS[0]}"
                    "$1" quote show quote.bin --json | true; echo "${PIPESTATUS[0]}"
                done 2>&1
                """
            let codes = try bench.run("/bin/bash", ["-c", script, "script", Self.mse]).output.split(separator: "\n")
            #expect(codes.count == 20 && codes.allSatisfy { ["0", "141"].contains($0) }, "\(codes)")
        }

        @Test(
            "what follows a log ends when its reader goes, not with the next line",
            arguments: [[], ["--key", "KEY"]]
        )
        func followers(options: [String]) throws {
            let made = try bench.package(), port = Workbench.freePort()
            try bench.start("hello-1", made, port: port)
            if !options.isEmpty {
                // Something to read in the sealed log, too.
                let url = "https://localhost:\(port)/nothing"
                _ = try bench.run("/usr/bin/curl", ["-s", "--cacert", "hello-1.pem", url])
            }
            let script = #"""
                import subprocess, sys, time
                follower = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
                if "--key" not in sys.argv: follower.stdout.readline()
                time.sleep(0.5)
                running = follower.poll() is None
                follower.stdout.close()
                print(running, follower.wait(10))
                """#
            let words = options.map { $0 == "KEY" ? made.key : $0 }
            let result = try bench.run("/usr/bin/python3", ["-c", script, Self.mse, "logs", "hello-1", "-f"] + words)
            #expect(result.output == "True 141\n", "\(result.output)")
        }

        /// The names in a bench's folder before and after.
        private struct TestFolder {
            let bench: Workbench
            let before: [String]

            init(_ bench: Workbench) throws {
                self.bench = bench
                before = try Files.names(in: bench.path)
            }

            func names() throws -> [String] { try Files.names(in: bench.path) }
        }
    }
}
