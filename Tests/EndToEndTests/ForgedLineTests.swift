import Files
import Foundation
import Notation
import PackageFormat
import Processes
import TestSupport
import Testing

extension EndToEndTests {
    /// What strangers wrote stands in messages, and passes for none.
    @Suite("Forged lines", .serialized)
    struct ForgedLineTests {
        private let bench: Workbench

        init() throws { bench = try Workbench() }

        /// No line begins as the stranger wanted, and nothing commands the terminal.
        private func expectNoForgery(
            _ output: String,
            _ what: @autoclosure () -> String,
            location: SourceLocation = #_sourceLocation
        ) {
            // By scalars: to Swift, CR and LF together are one character.
            let lines = output.unicodeScalars.split(separator: "\n").map { String($0) }
            #expect(!lines.contains { $0.hasPrefix("forged") }, "\(what()): \(output)", sourceLocation: location)
            #expect(
                output.unicodeScalars.allSatisfy { !$0.commandsDisplay || $0 == "\n" || $0 == "\t" },
                "\(what()): \(output)",
                sourceLocation: location
            )
        }

        @Test(
            "names of files and services, and arguments that are none of both",
            arguments: ["x\nforged", "x\r\nforged: y", "x\u{1B}[2J\u{202E}\nforged", "\nforged"]
        )
        func names(name: String) throws {
            try bench.folder.write("text", "text\n")
            let root = bench.root
            let run = ["run", "https://127.0.0.1:1", "--package"]
            let commands: [[String]] = [
                ["verify", name], ["quote", "show", name], ["quote", "verify", name],
                ["verify", root, "--trusted-root", name],
                ["verify", root, "--policy", name], ["verify", root, "--package", name],
                ["verify", root, "--expected", name],
                ["quote", "verify", root, "--collateral", name], run + [name], run + ["text", "--key", name],
                run + ["text", "--secrets", name], ["unseal", "--input", name, "--private-key", name],
                ["unseal", "--input", "text", "--private-key", name], ["logs", name], ["logs", name, "--key", "text"],
                ["logs", "text", "--key", name], ["measure", name], ["collateral", "show", name],
                ["collateral", "check", name],
                ["collateral", "fetch", name], ["collateral", "fetch", "--fmspc", name],
                ["seal", "--input", "text", "--receiver", name],
                ["seal", "--input", "text", "--unverified-key", name],
                ["code", "decrypt", name, "out", "--key", "text"],
                ["code", "encrypt", "text", name, "--key", name], ["status", name], ["stop", name], ["restart", name],
                ["evidence", name],
                ["package", "--project", name, "--output", "out"], ["localtest", "--project", name],
                ["scaffold", name],
                ["serve", "app:app", "--certificate", name, "--private-key", "text"],
                ["test", name, "--package", name],
                ["verify", root, "--at", name], ["list", name], [name], ["status", "--\(name)"],
                ["verify", root, "--at=\(name)"],
                ["spawn", name, "--package", "text", "--san", "localhost", "--port", "5", "--platform", "simulator"],
                ["spawn", "a", "--package", name, "--san", name, "--port", "5", "--platform", "simulator"],
            ]
            for exists in [false, true] {
                if exists { try bench.folder.write(name, "text\n") }
                for command in commands {
                    let result = try bench.run(Workbench.products + "/mse", command)
                    #expect([1, 2, 64].contains(result.status), "\(command): \(result.output)")
                    expectNoForgery(result.output, "\(command)")
                }
            }
        }

        @Test("JSON stays JSON, whatever stands in names and subjects")
        func documents() throws {
            let made = try bench.package()
            let subjects = ["CN=a\u{202E}b\u{AD}", "CN=a\u{2066}b\u{200B},O=é😀", "CN=plain"]
            let read = """
                import json, subprocess, sys
                mse, subject, root, name = sys.argv[1:5]
                commands = [
                    ["verify", name, "--trusted-root", root],
                    ["status", name],
                    ["list"],
                    ["verify", subject],
                    ["status", subject],
                    ["quote", "show", name + ".pem"],
                    ["run", subject, "--package", subject],
                    ["measure", subject],
                    [subject],
                ]
                for command in commands:
                    kept = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
                    output = subprocess.run([mse] + command + ["--json"], **kept).stdout.decode()
                    value = json.loads(output)
                    assert not any(c in output for c in "\\u202e\\u00ad\\u2066\\u200b\\x1b"), output
                    if command[0] == "verify" and command[1] == name:
                        assert value["launch"]["subject"] == subject, output
                    if command[1:] == [subject]: assert "error" in value, output
                print("all")
                """
            for (index, subject) in subjects.enumerated() {
                let name = "a\(index)"
                try bench.spawn(name, made.package, port: Workbench.freePort(), "--subject", subject)
                try bench.mse("evidence", name, "--output", "e\(index)")
                try bench.folder.write(name + ".pem", bench.folder.read("e\(index)/ratls.pem"))
                let result = try bench.run(
                    "/usr/bin/python3",
                    ["-c", read, Workbench.products + "/mse", subject, bench.root, name]
                )
                #expect(result.output == "all\n", "\(subject): \(result.output)")
                expectNoForgery(try bench.mse("verify", name, "--trusted-root", bench.root, expecting: 2), subject)
                expectNoForgery(try bench.mse("quote", "show", name + ".pem"), subject)
            }
        }

        private static let app = """
            import sys
            print("said\\r\\nforged by a pair\\nforged by a line\\x1b[2J\\u202e\\rforged by a return", flush=True)
            raise ImportError("a module\\nforged: line\\r\\nforged: pair\\x1b[2J\\u2028forged")
            app = None
            """

        @Test("what an application says, in the answer to its start and in its log")
        func application() throws {
            let made = try ReleaseTests.project(bench, "a", app: Self.app)
            try bench.spawn("a", made.package, port: Workbench.freePort())
            let output = try bench.configure("a", made, expecting: 1)
            #expect(output.contains("  | ") && output.contains("forged: line"), "\(output)")
            expectNoForgery(output, "run")
            try bench.wait(for: "a", toBe: "failed")
            let log = try bench.run(Workbench.products + "/mse", ["logs", "a", "--key", made.key]).output
            #expect(log.contains("forged by a pair"), "\(log)")
            expectNoForgery(log, "logs")
            for command in [["status", "a"], ["list"], ["logs", "a"], ["restart", "a", "--wait", "20"]] {
                expectNoForgery(try bench.run(Workbench.products + "/mse", command).output, "\(command)")
            }
        }
    }

    /// Whoever waits for what won't come is told so.
    @Suite("Stopped meanwhile", .serialized)
    struct StoppedMeanwhileTests {
        @Test(
            "a run whose service is stopped ends at once, with what happened",
            arguments: [
                (
                    "def app(e, s):\n    s('503 Busy', [])\n    return [b'']\n", "agent.serving",
                    "was configured and started, and was stopped"
                ),
                (
                    "import time\ntime.sleep(100)\napp = None\n", "agent.configured",
                    "took its configuration, but does not start (agent.ended)"
                ),
            ]
        )
        func stopped(app: String, event: String, words: String) throws {
            let bench = try Workbench()
            let made = try ReleaseTests.project(bench, "a", app: app)
            try bench.spawn("a", made.package, port: Workbench.freePort())
            let script = """
                "$1" run a --package "$2" --key "$3" --trusted-root "$4" --wait 100 > run.log 2>&1 & run=$!
                for _ in $(seq 200); do "$1" logs a | grep -q "$5" && break; sleep 0.1; done
                sleep 1
                "$1" stop a
                SECONDS=0
                wait $run
                echo "run: $? after $SECONDS seconds"
                cat run.log
                """
            let result = try bench.run(
                "/bin/bash",
                ["-c", script, "stopped", Workbench.products + "/mse", made.package, made.key, bench.root, event]
            )
            #expect(result.output.contains("a is stopped\nrun: 1 after "), "\(result.output)")
            #expect(result.output.contains(words), "\(result.output)")
            let seconds = result.output.components(separatedBy: "after ").last.flatMap {
                Int($0.prefix { $0.isNumber })
            }
            #expect((seconds ?? 99) < 10, "\(result.output)")
        }
    }

    /// `localtest` leaves no server behind.
    @Suite("The tests' server", .serialized)
    struct TestServerTests {
        @Test(
            "a server that doesn't end when it is asked is ended",
            arguments: [
                "__import__('ctypes').CDLL(None).signal(15, 1)",
                "__import__('ctypes').CDLL(None).pthread_sigmask(0, bytes([0xFF] * 128), None)",
                "__import__('threading').Thread(target=lambda: __import__('time').sleep(300)).start()", "None",
            ]
        )
        func ends(statement: String) throws {
            let bench = try Workbench()
            try bench.mse("scaffold", "hello")
            try bench.folder.write(
                "hello/mse_src/app.py",
                """
                from flask import Flask
                import os
                app = Flask(__name__)
                @app.get("/health")
                def health():
                    \(statement)
                    return str(os.getpid())
                """
            )
            try bench.folder.write(
                "hello/tests/test_app.py",
                """
                def test(client, url):
                    open('\(bench.path)/server', 'w').write(client.get(f'{url}/health', timeout=10).text)

                """
            )
            let start = Date()
            #expect(try bench.mse("localtest", "--project", "hello").contains("1 passed"))
            #expect(Date().timeIntervalSince(start) < (statement == "None" ? 30 : 60))
            let process = Int32(String(decoding: try bench.folder.read("server"), as: UTF8.self)) ?? 0
            #expect(process > 0 && kill(process, 0) != 0)
        }
    }
}
