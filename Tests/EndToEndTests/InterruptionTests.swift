import Files
import Foundation
import Notation
import PackageFormat
import Processes
import TestSupport
import Testing

extension EndToEndTests {
    /// Whoever ends a command before its time finds nothing half done, and nobody who works on.
    @Suite("Interruption", .serialized)
    struct InterruptionTests {
        private let bench: Workbench

        init() throws { bench = try Workbench() }

        /// Starts `mse`, waits for the first sign that it works (a file, or a word in one), and sends it a signal.
        private static let script = """
            import glob, os, signal, subprocess, sys, time
            number, sign, command = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
            sign, _, word = sign.partition("#")
            def is_there(): return any(not word or word in open(file).read() for file in glob.glob(sign, recursive=True))
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            end = time.monotonic() + 60
            while not is_there() and process.poll() is None and time.monotonic() < end: time.sleep(0.005)
            time.sleep(0.2)
            process.send_signal(number)
            output = process.communicate(timeout=60)[0]
            print(process.returncode)
            print(output, end="")
            """

        private func interrupt(
            _ signal: Int32,
            at sign: String,
            _ command: [String],
            environment: [String: String?] = [:]
        ) throws -> (code: Int, output: String) {
            let result = try bench.run(
                "/usr/bin/python3",
                ["-c", Self.script, "\(signal)", sign, Workbench.products + "/mse"] + command,
                environment: environment
            )
            let parts = result.output.split(separator: "\n", maxSplits: 1)
            return (
                try #require(parts.first.flatMap { Int($0) }, "\(result.output)"),
                parts.count > 1 ? String(parts[1]) : ""
            )
        }

        /// A server that accepts, and never answers.
        private func silentServer() throws -> Process {
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/python3")
            process.arguments = [
                "-c",
                "import signal, socket; signal.alarm(100); s = socket.create_server(('127.0.0.1', 0)); "
                    + "open(__import__('sys').argv[1], 'w').write(str(s.getsockname()[1])); signal.pause()",
                bench.path + "/port",
            ]
            process.standardError = FileHandle.nullDevice
            process.standardOutput = FileHandle.nullDevice
            try process.run()
            for _ in 0..<200 where ((try? Files.read(bench.path + "/port"))?.isEmpty ?? true) { usleep(20_000) }
            return process
        }

        /// A project whose requirements come from such a server.
        private func silentIndex() throws -> Process {
            let server = try silentServer()
            let port = String(decoding: try bench.folder.read("port"), as: UTF8.self)
            try bench.mse("scaffold", "hello")
            try bench.folder.write(
                "hello/mse_src/requirements.txt",
                "--index-url=http://127.0.0.1:\(port)/simple\nflask\n"
            )
            return server
        }

        /// Programs with this in their arguments.
        private func programs(_ mark: String) throws -> String {
            try bench.folder.write("mark", mark)
            return try bench.run("/bin/bash", ["-c", "grep -lsaF -f mark /proc/[0-9]*/cmdline"]).output
        }

        @Test("package leaves neither folder nor key nor pip behind", arguments: [SIGINT, SIGTERM, SIGHUP])
        func package(signal: Int32) throws {
            let server = try silentIndex()
            defer { kill(server.processIdentifier, SIGKILL) }
            try Files.makeFolder(bench.path + "/tmp")
            let (code, output) = try interrupt(
                signal,
                at: "out/.package.*/**/archives",
                ["package", "--project", "hello", "--output", "out", "--encrypt"],
                environment: ["TMPDIR": bench.path + "/tmp"]
            )
            #expect(try Files.names(in: bench.path + "/tmp").isEmpty)
            #expect(code == 128 + Int(signal), "\(output)")
            #expect(output.hasSuffix("mse: interrupted; what was begun is removed\n"), "\(output)")
            #expect(!output.contains("resolve the requirements:"), "\(output)")
            // It was made for the package; one that was there stays.
            #expect(!Files.exists(bench.path + "/out"))
            #expect(try programs(bench.path + "/out/.package").isEmpty)
        }

        @Test("pip's own environment leaves nothing either, nor does that of the tests")
        func environments() throws {
            let server = try silentIndex()
            defer { kill(server.processIdentifier, SIGKILL) }
            for (sign, made) in [("fresh/cache/pip-*/lib/python3*/site-packages/*", "pip-"), ("", "environment")] {
                try Files.makeFolder(bench.path + "/tmp")
                let (code, output) = try interrupt(
                    SIGINT,
                    at: sign.isEmpty ? "fresh/cache/environment*/**/archives" : sign,
                    sign.isEmpty
                        ? ["localtest", "--project", "hello"]
                        : ["package", "--project", "hello", "--output", "out", "--encrypt"],
                    environment: ["TMPDIR": bench.path + "/tmp", "MSE_HOME": bench.path + "/fresh"]
                )
                #expect(code == 130, "\(output)")
                #expect(try Files.names(in: bench.path + "/tmp").isEmpty)
                let left = try Files.names(in: bench.path + "/fresh/cache").filter {
                    $0.hasPrefix(made) && !$0.hasSuffix(".lock")
                }
                #expect(left.isEmpty, "\(left)")
                // The second needs what the first would have made.
                if !sign.isEmpty {
                    let pip = try Files.names(in: Workbench.peers + "/cache").first { $0.hasPrefix("pip-") }
                    _ = try bench.run(
                        "/bin/ln",
                        ["-s", Workbench.peers + "/cache/" + (try #require(pip)), "fresh/cache/"]
                    )
                }
            }
        }

        @Test("code encrypt and decrypt leave no half tree", arguments: [SIGINT, SIGTERM])
        func code(signal: Int32) throws {
            try Files.makeFolder(bench.path + "/tree")
            _ = try bench.run("/usr/bin/truncate", ["-s", "3G", bench.path + "/tree/large.bin"])
            let (code, output) = try interrupt(
                signal,
                at: ".out.*/large.bin.enc",
                ["code", "encrypt", "tree", "out", "--key", "code.key"]
            )
            #expect(
                code == 128 + Int(signal)
                    && output.contains("interrupted; what was begun is removed; the new key stays in code.key"),
                "\(output)"
            )
            #expect(try Files.names(in: bench.path).filter { $0.hasPrefix(".") || $0 == "out" }.isEmpty)
        }

        @Test("what a killed command left goes with the next in that folder")
        func killed() throws {
            for name in ["large", "small"] { try Files.makeFolder(bench.path + "/" + name) }
            _ = try bench.run("/usr/bin/truncate", ["-s", "3G", bench.path + "/large/large.bin"])
            try bench.folder.write("small/small.txt", "x")
            let (code, output) = try interrupt(
                SIGKILL,
                at: ".out.*/large.bin.enc",
                ["code", "encrypt", "large", "out", "--key", "code.key"]
            )
            func left() throws -> [String] { try Files.names(in: bench.path).filter { $0.hasPrefix(".") } }
            #expect(try code == -9 && left().count == 1, "\(output)")
            usleep(2_100_000)
            try bench.mse("code", "encrypt", "small", "out", "--key", "code.key")
            #expect(try left().isEmpty)
        }

        @Test("localtest ends server and tests, and its folder in memory goes")
        func localtest() throws {
            try bench.mse("scaffold", "hello")
            try bench.folder.write(
                "hello/tests/test_app.py",
                """
                import os, time
                def test(): open('\(bench.path)/running', 'w').write(str(os.getpid())); time.sleep(100)

                """
            )
            let before = try Files.names(in: "/dev/shm").filter { $0.hasPrefix("mse-localtest") }
            let (code, output) = try interrupt(SIGTERM, at: "running", ["localtest", "--project", "hello"])
            #expect(code == 143 && output.contains("interrupted"), "\(output)")
            let process = Int32(String(decoding: try bench.folder.read("running"), as: UTF8.self)) ?? 0
            #expect(process > 0 && kill(process, 0) != 0)
            #expect(
                try Set(Files.names(in: "/dev/shm").filter { $0.hasPrefix("mse-localtest") }).subtracting(before)
                    .isEmpty
            )
        }

        @Test(
            "localtest's server doesn't outlive it, even where it is killed without a word",
            arguments: [SIGINT, SIGTERM, SIGHUP, SIGKILL]
        )
        func localtestServer(signal: Int32) throws {
            try bench.mse("scaffold", "hello")
            try bench.folder.write(
                "hello/tests/test_app.py",
                """
                import os, time
                def test(): open('\(bench.path)/running', 'w').write(str(os.getpid())); time.sleep(8)

                """
            )
            try bench.folder.write(
                "hello/mse_src/app.py",
                """
                import os
                open('\(bench.path)/server', 'w').write(str(os.getpid()))

                def app(e, s):
                    s('200 OK', [])
                    return []

                """
            )
            let before = try Files.names(in: "/dev/shm").filter { $0.hasPrefix("mse-localtest") }
            let (code, output) = try interrupt(signal, at: "running", ["localtest", "--project", "hello"])
            #expect(code == (signal == SIGKILL ? -9 : 128 + Int(signal)), "\(output)")
            let server = Int32(String(decoding: try bench.folder.read("server"), as: UTF8.self)) ?? 0
            #expect(server > 0)
            for _ in 0..<100 where kill(server, 0) == 0 { usleep(20_000) }
            #expect(kill(server, 0) != 0, "the server lives")
            let left = try Set(Files.names(in: "/dev/shm").filter { $0.hasPrefix("mse-localtest") }).subtracting(before)
            if signal == SIGKILL {
                for name in left { try Files.remove("/dev/shm/" + name) }
                if let tests = Int32(String(decoding: try bench.folder.read("running"), as: UTF8.self)), tests > 0 {
                    kill(tests, SIGKILL)
                }
            } else {
                #expect(left.isEmpty)
            }
        }

        @Test("spawn leaves no instance that nobody was told of")
        func spawn() throws {
            let made = try bench.package()
            for _ in 0..<3 {
                let (code, output) = try interrupt(
                    SIGINT,
                    at: "home/services/a/launch.json",
                    [
                        "spawn", "a", "--package", made.package, "--san", "localhost", "--port",
                        "\(Workbench.freePort())", "--platform",
                        "simulator",
                    ]
                )
                if code == 130 {
                    #expect(output.contains("interrupted"), "\(output)")
                    #expect(!Files.exists(bench.path + "/home/services/a"))
                    #expect(try programs(bench.path + "/home/services/a/").isEmpty)
                } else {
                    // It was quicker.
                    #expect(code == 0, "\(output)")
                    try bench.mse("stop", "a", "--remove")
                }
            }
        }

        @Test("who interrupts what ends a service is told that it ends", arguments: ["stop", "restart"])
        func ending(verb: String) throws {
            try bench.mse("scaffold", "hello")
            try bench.folder.write(
                "hello/mse_src/app.py",
                """
                import time
                def app(environ, start):
                    if environ["PATH_INFO"] == "/slow":
                        time.sleep(4)
                    start("200 OK", [])
                    return [b"OK"]
                """
            )
            let port = Workbench.freePort()
            try bench.start("a", try bench.package(), port: port)
            _ = try bench.run("/bin/sh", ["-c", "curl -sk https://localhost:\(port)/slow >/dev/null 2>&1 & sleep 0.5"])
            let (code, output) = try interrupt(SIGINT, at: "home/services/a/log#agent.stopping", [verb, "a"])
            #expect(code == 130 && output.contains("was asked to end, and does"), "\(output)")
            #expect(output.contains("'mse restart a' does that") == (verb == "restart"), "\(output)")
            try bench.wait(for: "a", toBe: "stopped")
            #expect(try bench.state("a") == "stopped")
        }

        @Test("what is ignored stays ignored, as under nohup")
        func nohup() throws {
            try bench.mse("scaffold", "hello")
            let result = try bench.run(
                "/bin/bash",
                [
                    "-c",
                    """
                    trap '' HUP; bin/mse package --project hello --output out --encrypt & sleep 0.3; kill -HUP $!; \
                    wait $!
                    """,
                ]
            )
            #expect(result.status == 0, "\(result.output)")
        }
    }

    /// Errors as programs read them.
    @Suite("Errors in JSON", .serialized)
    struct JSONErrorTests {
        private let bench: Workbench

        init() throws { bench = try Workbench() }

        @Test("with --json an error is one object on standard output, with the same exit code")
        func errors() throws {
            try bench.folder.write("file", "text\n")
            let cases: [(command: [String], exit: Int32, code: String)] = [
                (["status", "nobody"], 1, "service.unknown"), (["verify", "nowhere"], 1, "target.unknown"),
                (["status"], 64, "usage"),
                (["verify", "--at", "never", "x"], 64, "usage"), (["quote", "show", "none"], 1, "file.notFound"),
                (["quote", "show", "file"], 1, "evidence"), (["quote", "verify", "none"], 1, "file.notFound"),
                (["measure", "none"], 1, "file"),
                (["measure", "file"], 1, ""), (["collateral", "show", "none"], 1, "collateral.malformed"),
                (["collateral", "check", "file"], 1, "collateral.malformed"),
                (["collateral", "fetch"], 64, "usage"),
                (["run", "nobody", "--package", "none"], 1, ""), (["list", "--nonsense"], 64, "usage"),
            ]
            for one in cases {
                let result = try bench.run(
                    "/bin/bash",
                    ["-c", "bin/mse \"$@\" 2>/dev/null", "bash"] + one.command + ["--json"]
                )
                #expect(result.status == one.exit, "\(one.command): \(result.output)")
                let error = try #require(
                    (try? JSON.read(Array(result.output.utf8)))?["error"],
                    "\(one.command): \(result.output)"
                )
                guard case .string(let code)? = error["code"]?.value,
                    case .string(let message)? = error["message"]?.value
                else {
                    Issue.record("\(one.command): \(result.output)")
                    continue
                }
                #expect(one.code.isEmpty || code == one.code, "\(one.command): \(code) \(message)")
                #expect(!message.isEmpty && result.output.split(separator: "\n").count == 1)
                // The same words as for people.
                let plain = try bench.run(Workbench.products + "/mse", one.command)
                #expect(plain.output.contains(message), "\(one.command): \(plain.output)")
            }
        }
    }
}
