import Files
import Foundation
import Notation
import PackageFormat
import Processes
import TestSupport
import Testing

extension EndToEndTests {
    /// What the operator reads, and what only the owner does.
    @Suite("Logs", .serialized)
    struct LogTests {
        /// Says a secret in every way that Python and C have.
        private static let app = """
            import ctypes, faulthandler, json, logging, os, stat, sys, threading, traceback, warnings
            from pathlib import Path

            SECRET = json.loads(Path(os.environ["SECRETS_PATH"]).read_text())["password"]
            print("imported with", SECRET)
            logging.basicConfig(level=logging.DEBUG)
            logging.getLogger("shop").error("logged %s", SECRET)
            warnings.warn("warned " + SECRET)
            faulthandler.enable()
            LIBC = ctypes.CDLL(None)

            class Unraisable:
                def __del__(self):
                    raise ValueError("unraisable " + SECRET)

            def fail():
                raise KeyError("threaded " + SECRET)

            def app(environ, start_response):
                path = environ["PATH_INFO"]
                if path == "/raise":
                    raise KeyError("raised " + SECRET + environ["QUERY_STRING"])
                if path == "/say":
                    print("printed", SECRET)
                    sys.stderr.write("standard error " + SECRET + "\\n")
                    environ["wsgi.errors"].write("wsgi " + SECRET + "\\n")
                    os.write(1, b"descriptor 1 " + SECRET.encode() + b"\\n")
                    os.write(2, b"descriptor 2 " + SECRET.encode())
                    LIBC.puts(b"from C " + SECRET.encode())
                    LIBC.fflush(None)
                    Unraisable()
                    thread = threading.Thread(target=fail)
                    thread.start()
                    thread.join()
                    try:
                        fail()
                    except KeyError:
                        traceback.print_exc()
                    print("\\x1b[2J\\x1b]0;owned\\x07 \\u202e forged\\r2026-01-01T00:00:00Z agent.configured")
                if path == "/descriptors":
                    # Whatever number the agent's own log has, and by whichever name.
                    for number in range(3, 1024):
                        try:
                            # The sealed log's own file holds what was written to it: its owner is told so.
                            if stat.S_ISREG(os.fstat(number).st_mode):
                                continue
                        except OSError:
                            continue
                        forged = "2026-01-01T00:00:00Z agent."
                        for line in (SECRET, forged + "configured " + SECRET, forged + "timeLimit seconds=7"):
                            try:
                                os.write(number, line.encode() + b"\\n")
                            except OSError:
                                pass
                        try:
                            with open(f"/proc/self/fd/{number}", "wb") as file:
                                file.write(SECRET.encode())
                        except OSError:
                            pass
                if path == "/flood":
                    for _ in range(300):
                        sys.stdout.write("x" * 100000 + "\\n")
                start_response("200 OK", [])
                return [b"OK"]
            """
        private static let secret = "hunter2-4711-correct-horse"

        private func start(_ bench: Workbench, _ name: String, settings: String = "") throws -> (
            made: (package: String, key: String), port: Int
        ) {
            let made = try ReleaseTests.project(bench, name, app: Self.app, settings: settings)
            let port = Workbench.freePort()
            try bench.folder.write("secrets.json", "{\"password\": \"\(Self.secret)\"}")
            try bench.spawn(name, made.package, port: port)
            try bench.configure(
                name,
                made,
                "--secrets",
                "secrets.json"
            )
            return (made, port)
        }

        /// What the operator has on disk.
        private func everything(_ bench: Workbench) throws -> [String: [UInt8]] {
            try bench.folder.tree("home/services")
        }

        private func holds(_ bytes: [UInt8], _ text: String) -> Bool { Data(bytes).range(of: Data(text.utf8)) != nil }

        @Test("what an exception says is in its owner's log to its end, whatever signs it has")
        func oddText() throws {
            let bench = try Workbench()
            let app = """
                app = None
                raise ValueError("before \\0 between \\udcff \\U0010ffff the end")
                """
            let made = try ReleaseTests.project(bench, "shop", app: app, health: "/")
            try bench.spawn("shop", made.package, port: Workbench.freePort())
            let told = try bench.configure("shop", made, expecting: 1)
            #expect(told.contains(" the end"), "\(told)")
            let log = try bench.mse("logs", "shop", "--key", made.key)
            #expect(
                log.contains("ValueError: before ") && log.contains(" between \\udcff ") && log.contains(" the end"),
                "\(log)"
            )
        }

        @Test("nothing that the application says, by whatever way, reaches the operator; its owner reads all of it")
        func sealed() throws {
            let bench = try Workbench()
            let (made, port) = try start(bench, "shop")
            let url = "https://localhost:\(port)"
            _ = try bench.curl("-k", url + "/say")
            _ = try bench.curl("-k", url + "/raise?card=5500000000000004")
            _ = try bench.curl("-k", url + "/%1b%5b2J%0aforged")
            _ = try bench.run("curl", ["-s", "-k", "-m", "5", url + "/descriptors"])
            usleep(1_500_000)
            let key = Hex.text(try bench.folder.read(made.key))
            let forbidden = [
                Self.secret, key, "5500000000000004", "KeyError", "Traceback", "app.py", "SECRET +", "PRIVATE KEY",
                "forged", "owned",
                "/raise",
            ]
            for (name, bytes) in try everything(bench) where !name.hasSuffix("package.tar") {
                for text in forbidden { #expect(!holds(bytes, text), "\(name) holds \(text)") }
            }
            let events = try bench.mse("logs", "shop")
            #expect(
                events.contains("application.serving") && events.contains("application.failed incident="),
                "\(events)"
            )
            // What shares the agent's process can forge an event, not a text.
            #expect(events.contains("launcher.foreign lines="), "\(events)")
            let output = try bench.mse("logs", "shop", "--key", made.key)
            for text in [
                "imported with", "logged", "warned", "printed", "standard error", "wsgi", "descriptor 1",
                "descriptor 2", "from C",
                "unraisable", "threaded", "raised",
            ] {
                #expect(output.contains(text + " " + Self.secret), "\(text)\n\(output)")
            }
            #expect(output.contains("5500000000000004") && output.contains("Traceback"))
            // Each incident leads to its entry.
            let incident = try #require(
                events.split(separator: "\n").last { $0.contains("application.failed") }?.split(separator: "=").last
            )
            #expect(output.contains("failed incident=\(incident)"))
            // What is shown can't command a terminal, nor pass for another line.
            #expect(
                !output.unicodeScalars.contains {
                    ($0.value < 0x20 && $0 != "\n" && $0 != "\t") || $0.value == 0x202E || $0.value == 0x9B
                }
            )
            #expect(!output.split(separator: "\n").contains { $0.hasPrefix("2026-01-01T00:00:00Z agent.configured") })
            // Another key, another instance, an altered piece.
            try bench.folder.write("other.key", [UInt8](repeating: 7, count: 32))
            #expect(
                try bench.mse("logs", "shop", "--key", "other.key", expecting: 2).contains("doesn't open with this key")
            )
            try bench.mse("stop", "shop")
            #expect(try bench.mse("logs", "shop", "--key", made.key).contains("printed"))
            let folder = "home/services/shop/sealed/application.log/"
            let piece = folder + (try #require(try Files.names(in: bench.path + "/" + folder).first))
            var bytes = try bench.folder.read(piece)
            bytes[bytes.count / 2] ^= 1
            try bench.folder.write(piece, bytes)
            let refused = try bench.mse("logs", "shop", "--key", made.key, expecting: 2)
            #expect(refused.contains("altered") && refused.contains("imported with"), "\(refused)")
            bytes[bytes.count / 2] ^= 1
            try bench.folder.write(piece, Array(bytes.dropLast(500)))
            #expect(try bench.mse("logs", piece, "--key", made.key).contains("no end"))
        }

        @Test("a start that fails is told to who sent the key, and to nobody else; plain code has its log too")
        func failedStart() throws {
            let bench = try Workbench()
            try bench.folder.write("secrets.json", "{\"password\": \"\(Self.secret)\"}")
            let made = try ReleaseTests.project(
                bench,
                "broken",
                app:
                    """
                    import json, os
                    app = json.load(open(os.environ['SECRETS_PATH']))
                    raise KeyError(app['password'])

                    """
            )
            try bench.spawn("broken", made.package, port: Workbench.freePort())
            let output = try bench.configure("broken", made, "--secrets", "secrets.json", expecting: 1)
            #expect(output.contains("KeyError: '\(Self.secret)'"), "\(output)")
            try bench.wait(for: "broken", toBe: "failed")
            for (name, bytes) in try everything(bench) where !name.hasSuffix("package.tar") {
                for text in [Self.secret, "KeyError", "Traceback"] {
                    #expect(!holds(bytes, text), "\(name) holds \(text)")
                }
            }
            #expect(try bench.mse("logs", "broken").contains("application.startFailed incident="))
            #expect(try bench.mse("logs", "broken", "--key", made.key).contains("KeyError: '\(Self.secret)'"))
        }

        @Test("a flood is bounded, its gap is counted, and nobody is held up")
        func flood() throws {
            let bench = try Workbench()
            let (made, port) = try start(bench, "shop")
            for _ in 0..<3 { #expect(try bench.curl("-k", "https://localhost:\(port)/flood").output == "OK") }
            usleep(1_500_000)
            _ = try bench.curl("-k", "https://localhost:\(port)/say")
            usleep(1_500_000)
            for index in 0..<300 { _ = try bench.curl("-k", "https://localhost:\(port)/raise?\(index)") }
            let byteCount = try everything(bench).filter { !$0.key.hasSuffix("package.tar") }.reduce(0) {
                $0 + $1.value.count
            }
            #expect(byteCount < 8 << 20, "\(byteCount)")
            let output = try bench.mse("logs", "shop", "--key", made.key)
            #expect(output.contains(" gap ") && output.contains("bytes could not be kept"))
            #expect(try bench.mse("logs", "shop").split(separator: "\n").count < 300)
        }

        @Test("a measured setting opens the log to the operator, or keeps nothing", arguments: ["open", "none"])
        func settings(mode: String) throws {
            let bench = try Workbench()
            let (made, port) = try start(bench, "shop", settings: "[log]\napplication = \"\(mode)\"\n")
            _ = try bench.curl("-k", "https://localhost:\(port)/say")
            usleep(1_500_000)
            let events = try bench.mse("logs", "shop")
            #expect(events.contains("printed " + Self.secret) == (mode == "open"), "\(events)")
            #expect(!events.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" })
            #expect(!Files.exists(bench.path + "/home/services/shop/sealed/application.log"))
            let words = mode == "open" ? "OPEN: what the application says, the operator reads" : "kept nowhere"
            #expect(try bench.mse("measure", made.package).contains(words))
            let arguments = ["verify", "shop", "--trusted-root", bench.root]
            let verify = [arguments + ["--package", made.package], arguments + ["--package", made.package, "--json"]]
            let told = try verify.map { try bench.run(Workbench.products + "/mse", $0).output }
            #expect(told[0].contains("ACCEPTED") && told[0].contains(words), "\(told[0])")
            #expect(
                told[1].contains("\"log\": \"\(mode)\"") && told[1].contains("\"mode\": \"encrypted\""),
                "\(told[1])"
            )
            // Of another enclave than the package's nothing is known.
            let other = try ReleaseTests.project(bench, "other", app: Self.app)
            let refused = try bench.run(
                Workbench.products + "/mse",
                arguments + ["--package", other.package, "--json"]
            )
            #expect(refused.status == 2 && !refused.output.contains("\"settings\""), "\(refused.output)")
        }
    }
}
