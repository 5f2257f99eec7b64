import Files
import Foundation
import Glibc
import Notation
import PackageFormat
import Processes
import TestSupport
import Testing

extension EndToEndTests {
    @Suite("Restart and status", .serialized)
    struct RestartTests {
        /// An application that behaves as a file in its HOME says at each start.
        private static let application = """
            import mmap, os, sqlite3, time
            from pathlib import Path
            from flask import Flask
            mode = Path(os.environ["HOME"]) / "mode"
            word = mode.read_text() if mode.exists() else ""
            starts, tree, mapped = (mode.with_name(name) for name in ("starts", "tree", "mapped"))
            if not tree.exists():
                (tree / "empty").mkdir(parents=True)
                (tree / "tool").write_text("")
                (tree / "tool").chmod(0o755)
                os.utime(tree / "tool", ns=(1, 1700000000123456789))
                (tree / "link").symlink_to("tool")
                os.truncate(os.open(mapped, os.O_RDWR | os.O_CREAT), 4096)
            with starts.open("a") as file: file.write("x")
            memory = mmap.mmap(os.open(mapped, os.O_RDWR), 4096)
            database = sqlite3.connect(mode.with_name("db"), check_same_thread=False)
            database.execute("pragma journal_mode=wal")
            database.execute("create table if not exists notes (text)")
            if word in ("endless", "once"): mode.write_text("200")
            if word == "endless": time.sleep(600)
            if word == "once": raise RuntimeError("hunter2")
            if word == "fails": raise RuntimeError("hunter2")
            if word == "exits": os._exit(7)
            if word == "leaves": os._exit(0)
            if word == "slow": time.sleep(5)
            app = Flask(__name__)

            @app.get("/health")
            def health():
                return "", int(word) if word.isdigit() else 200

            @app.get("/wait/<int:seconds>")
            def wait(seconds):
                time.sleep(seconds)
                return ""

            @app.get("/kept")
            def kept():
                tool = (tree / "tool").stat()
                texts = [text for text, in database.execute("select text from notes")]
                content = memory[:].strip(bytes(1)).decode()
                return " ".join(map(str, [
                    starts.read_text(), (tree / "empty").is_dir(), os.readlink(tree / "link"),
                    oct(tool.st_mode & 0o777), tool.st_mtime_ns, content, *texts,
                ]))

            @app.get("/map/<text>")
            def write(text):
                memory[:len(text)] = text.encode()
                os.utime(mapped, (1, 1))
                database.execute("insert into notes values (?)", (text,))
                database.commit()
                return ""

            @app.get("/mode/<text>")
            def change(text):
                mode.write_text(text)
                return text
            """

        private let bench: Workbench
        private let port = Workbench.freePort()

        init() throws {
            bench = try Workbench()
            try bench.mse("scaffold", "hello")
            try bench.folder.write("hello/mse_src/app.py", Self.application)
        }

        private func start() throws {
            let made = try bench.package()
            try bench.start("a", made, port: port)
        }

        /// How the next start goes.
        private func prepare(_ mode: String) throws {
            #expect(try bench.curl("--cacert", "a.pem", "https://localhost:\(port)/mode/\(mode)").output == mode)
        }

        private func restart(_ arguments: String...) throws -> (code: Int32, output: String, seconds: Double) {
            let start = Date()
            let result = try bench.run(Workbench.products + "/mse", ["restart", "a"] + arguments)
            return (result.status, result.output, Date().timeIntervalSince(start))
        }

        @Test(
            "a restart returns when the application answers, whatever it answers but a 5xx",
            arguments: ["200", "404", "302", "slow"]
        )
        func answers(mode: String) throws {
            try start()
            try prepare(mode)
            let result = try restart()
            #expect(
                result.code == 0 && result.output.contains("was stopped and started again; it answers"),
                "\(result.output)"
            )
            // At once, not after another wait.
            #expect(try bench.curl("--cacert", "a.pem", "https://localhost:\(port)/mode/x").output == "x")
            #expect(try bench.state("a") == "running")
        }

        @Test(
            """
            a restart tells what it did: what wasn't running was not stopped, and what waits for its owner doesn't \
            answer
            """
        )
        func words() throws {
            try start()
            try bench.mse("stop", "a")
            let started = try restart()
            #expect(
                started.code == 0 && started.output == "a was not running, and is started; it answers\n",
                "\(started.output)"
            )
            try bench.spawn("b", bench.output(".tar"), port: Workbench.freePort())
            let waiting = try bench.mse("restart", "b", expecting: 1)
            #expect(
                waiting
                    == """
                    mse: b was stopped and started again, but it isn't configured: it waits for its owner's \
                    'mse run'\n
                    """
            )
        }

        @Test("an application that fails is told by its code, and nothing it said")
        func fails() throws {
            for (mode, code) in [("fails", "1"), ("exits", "7"), ("leaves", "0")] {
                try start()
                try prepare(mode)
                let result = try restart()
                #expect(
                    result.code == 1 && result.output.contains("exit code \(code)")
                        && result.output.contains("mse logs a --key"),
                    "\(mode): \(result.output)"
                )
                #expect(!result.output.contains("hunter2"))
                #expect(try bench.state("a") == "failed")
                if mode != "fails" {
                    let words = "ended by itself with exit code \(code)"
                    let status = try bench.run(Workbench.products + "/mse", ["status", "a"]).output
                    #expect(result.output.contains(words) && status.contains(words), "\(result.output) \(status)")
                }
                try bench.mse("stop", "a", "--remove")
            }
        }

        @Test("an application that ends the process at its first start is told by its code to who released the key")
        func firstStart() throws {
            try bench.folder.write("hello/mse_src/app.py", "import os\nos._exit(9)\napp = None\n")
            let made = try bench.package()
            try bench.spawn("a", made.package, port: port)
            let said = try bench.configure("a", made, expecting: 1)
            #expect(said.contains("took its configuration, and ended by itself with exit code 9"), "\(said)")
        }

        @Test("who was asked to end and still answers is stopping, and then stopped; HOME's last saving is remembered")
        func stopping() throws {
            try start()
            try prepare("200")
            _ = try bench.run(
                "/bin/sh",
                [
                    "-c",
                    """
                    curl -sk https://localhost:\(port)/wait/4 >/dev/null 2>&1 & sleep 0.5; bin/mse stop a >/dev/null \
                    2>&1 & sleep 1.5
                    """,
                ]
            )
            let status = try bench.run(Workbench.products + "/mse", ["status", "a"])
            #expect(status.status == 3 && status.output.contains("stopping"), "\(status.output)")
            for _ in 0..<100 where try bench.state("a") == "stopping" { usleep(100_000) }
            #expect(try bench.state("a") == "stopped")
            #expect(try restart().code == 0)
            let json = try bench.mse("status", "a", "--json")
            let saved = try JSON.read(Array(json.utf8))["homeSavedAt"]?.value
            guard case .string? = saved else {
                Issue.record("\(json)")
                return
            }
        }

        /// Ends a restart after some milliseconds, and prints each state that it leaves until it is one that stays.
        private static let interruption = """
            import json, signal, subprocess, sys, time
            delay, command = int(sys.argv[1]), sys.argv[2:]
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(delay / 1000)
            process.send_signal(signal.SIGINT)
            process.wait()
            end = time.monotonic() + 60
            seen = []
            while time.monotonic() < end and (not seen or seen[-1] not in ("running", "stopped", "failed")):
                result = subprocess.run([command[0], "status", "a", "--json"], capture_output=True, text=True)
                state = json.loads(result.stdout)["state"]
                if seen[-1:] != [state]: seen.append(state)
                time.sleep(0.05)
            print(*seen)
            """

        @Test(
            "a restart that is interrupted leaves nothing that is called failed, and can be repeated at once",
            arguments: [20, 60, 150, 400]
        )
        func interrupted(delay: Int) throws {
            try start()
            try prepare("200")
            for _ in 0..<2 {
                let seen = try bench.run(
                    "/usr/bin/python3",
                    ["-c", Self.interruption, "\(delay)", Workbench.products + "/mse", "restart", "a"]
                ).output.split(whereSeparator: \.isWhitespace)
                #expect(
                    !seen.isEmpty && !seen.contains("failed") && ["running", "stopped"].contains(seen.last),
                    "\(seen)"
                )
            }
            // Once more while the last one may still be starting.
            _ = try bench.run(
                "/bin/sh",
                ["-c", "bin/mse restart a >/dev/null 2>&1 & sleep 0.\(delay); kill -INT $!; wait"]
            )
            let again = try restart()
            #expect(again.code == 0, "\(again.output)")
            #expect(try bench.state("a") == "running")
        }

        private func kept() throws -> String {
            try bench.curl("--cacert", "a.pem", "https://localhost:\(port)/kept").output
        }

        private func status(_ member: String) throws -> Node.Value? {
            try JSON.read(Array(bench.run(Workbench.products + "/mse", ["status", "a", "--json"]).output.utf8))[member]?
                .value
        }

        private func homeSavedAt() throws -> String {
            guard case .string(let time)? = try status("homeSavedAt") else { return "" }
            return time
        }

        private func agent() throws -> Int32 {
            guard case .number(let digits)? = try status("pid") else { return try #require(nil) }
            return try #require(Int32(digits))
        }

        @Test(
            "HOME comes back as it was: through maps, as it lies, and what was written while the application was loaded"
        )
        func home() throws {
            try start()
            let tree = "True tool 0o755 1700000000123456789"
            for text in ["one", "two"] {
                #expect(try bench.curl("--cacert", "a.pem", "https://localhost:\(port)/map/\(text)").status == 0)
            }
            try bench.mse("stop", "a")
            #expect(try restart().code == 0)
            #expect(try kept() == "xx \(tree) two one two")
            #expect(try bench.curl("--cacert", "a.pem", "https://localhost:\(port)/map/six").status == 0)
            // Saved while it is loaded, without being asked.
            try prepare("endless")
            #expect(try restart("--wait", "1").code == 1)
            let before = try homeSavedAt()
            for _ in 0..<300 where try homeSavedAt() <= before { usleep(100_000) }
            kill(try agent(), SIGKILL)
            for _ in 0..<100 where try status("pid") != .null { usleep(100_000) }
            #expect(try restart().code == 0)
            #expect(try kept() == "xxxx \(tree) six one two six")
            // And as it is stopped, or fails.
            try prepare("endless")
            #expect(try restart("--wait", "3").code == 1)
            try bench.mse("stop", "a")
            #expect(try restart().code == 0)
            try prepare("once")
            #expect(try restart().code == 1)
            #expect(try restart().code == 0)
            #expect(try kept() == "xxxxxxxx \(tree) six one two six")
        }

        /// Writes a database from a thread of its own that nobody ends.
        private static let writer = """
            import os, sqlite3, threading, time

            path = os.path.expanduser("~/rows.db")

            def write():
                rows = sqlite3.connect(path)
                rows.execute("create table if not exists rows (a, b)")
                while True:
                    with rows: rows.executemany("insert into rows values (?, ?)", [(os.urandom(8), bytes(40_000))] * 3)
                    time.sleep(0.01)

            def app(environ, start_response):
                start_response("200 OK", [])
                if environ["PATH_INFO"] == "/go": threading.Thread(target=write, daemon=True).start()
                if environ["PATH_INFO"] != "/check": return [b"up"]
                rows = sqlite3.connect(path)
                found = rows.execute("select count(*) from rows").fetchone()[0], rows.execute("pragma quick_check").fetchone()[0]
                return [("many " if found[0] > 30 else "few ").encode() + found[1].encode()]
            """

        @Test("what a thread of the application writes until its end comes back whole")
        func writing() throws {
            try bench.folder.write("hello/mse_src/app.py", Self.writer)
            let made = try bench.package()
            try bench.spawn("a", made.package, port: port)
            try bench.configure("a", made)
            for _ in 0..<2 {
                #expect(try bench.curl("-k", "https://localhost:\(port)/go").status == 0)
                usleep(2_000_000)
                let again = try restart()
                #expect(again.code == 0, "\(again.output)")
                #expect(try bench.curl("-k", "https://localhost:\(port)/check").output == "many ok")
            }
        }

        @Test("an application that isn't there in time is told as it is, and goes on")
        func late() throws {
            try start()
            try prepare("slow")
            let slow = try restart("--wait", "2")
            #expect(slow.code == 1 && slow.output.contains("still starting after 2 seconds"), "\(slow.output)")
            #expect(slow.seconds < 7)
            try bench.wait(for: "a", toBe: "running")
            #expect(try bench.state("a") == "running")
            try prepare("503")
            let unhealthy = try restart("--wait", "3")
            #expect(
                unhealthy.code == 1 && unhealthy.output.contains("/health answers with status 503"),
                "\(unhealthy.output)"
            )
            #expect(try bench.state("a") == "unresponsive")
        }

        @Test("a port that somebody else has is told as that, before anything is started")
        func taken() throws {
            try start()
            try bench.mse("stop", "a")
            let script =
                """
                import signal, socket; signal.alarm(60); s = socket.create_server(('127.0.0.1', \(port))); print('up', \
                flush=True); signal.pause()
                """
            let other = Process()
            other.executableURL = URL(filePath: "/usr/bin/python3")
            other.arguments = ["-c", script]
            let pipe = Pipe()
            other.standardOutput = pipe
            other.standardError = FileHandle.nullDevice
            try other.run()
            defer { kill(other.processIdentifier, SIGKILL) }
            _ = pipe.fileHandleForReading.availableData
            let result = try restart()
            #expect(
                result.code == 1
                    && result.output.contains(
                        "a: port \(port), which its launch record names, is taken by another program"
                    ),
                "\(result.output)"
            )
            #expect(try bench.state("a") == "stopped")
            // In whatever other way it is launched; the owner's log has words of ours too.
            let launched = try bench.run(
                Workbench.products + "/mse",
                ["launch", "a"],
                environment: ["MSE_HOME": bench.path + "/home"]
            )
            #expect(launched.status == 1, "\(launched.output)")
            let status = try bench.run(Workbench.products + "/mse", ["status", "a"])
            #expect(
                status.status == 3 && status.output.contains("its address can't be listened on"),
                "\(status.output)"
            )
            let log = try bench.mse("logs", "a", "--key", bench.output(".key"))
            #expect(!log.contains("errno") && !log.contains("bind("), "\(log)")
            for command in [
                ["simulator", "serve", "--port", "\(port)"],
                ["serve", "app:app", "--app-dir", "hello/mse_src", "--port", "\(port)"],
            ] {
                let served = try bench.run(Workbench.products + "/mse", command)
                #expect(
                    served.status == 1 && !served.output.contains("errno")
                        && (command[0] == "serve" || served.output.contains("port \(port) is taken")),
                    "\(served.output)"
                )
            }
            kill(other.processIdentifier, SIGKILL)
            other.waitUntilExit()
            let back = try restart()
            #expect(back.code == 0, "\(back.output)")
        }

        @Test(
            """
            status says why: an application that failed to start, one that starts, one that answers badly, one that \
            doesn't answer
            """
        )
        func reasons() throws {
            func reason() throws -> String {
                let result = try bench.run(Workbench.products + "/mse", ["status", "a"])
                return String(result.output.split(separator: "\n").first { $0.hasPrefix("reason") } ?? "")
            }
            try start()
            #expect(try reason().contains("it answers"))
            try prepare("fails")
            _ = try restart()
            let shown = try reason()
            #expect(shown.contains("its application failed to start (incident "), "\(shown)")
            try bench.mse("stop", "a", "--remove")
            try start()
            try prepare("503")
            _ = try restart("--wait", "2")
            let unhealthy = try reason()
            #expect(unhealthy.contains("/health answers with status 503"), "\(unhealthy)")
            try bench.mse("stop", "a")
            #expect(try reason().contains("mse restart a"))
        }

        @Test("an instance that nothing configures says that it waits")
        func waits() throws {
            let made = try bench.package()
            try bench.spawn("a", made.package, port: port)
            let result = try restart()
            #expect(result.code == 1 && result.output.contains("waits for its owner's 'mse run'"), "\(result.output)")
            #expect(try bench.state("a") == "waiting")
        }

        @Test("who accepts connections and says nothing is unresponsive, and holds nobody up")
        func silent() throws {
            try start()
            let status = try JSON.read(Array(try bench.mse("status", "a", "--json").utf8))
            guard case .number(let text)? = status["pid"]?.value, let pid = Int32(text) else {
                Issue.record("no pid")
                return
            }
            kill(pid, SIGSTOP)
            defer { kill(pid, SIGCONT) }
            let start = Date()
            #expect(try bench.state("a") == "unresponsive")
            #expect(try bench.mse("list").contains("unresponsive"))
            #expect(Date().timeIntervalSince(start) < 40)
            kill(pid, SIGCONT)
            try bench.wait(for: "a", toBe: "running")
            #expect(try bench.state("a") == "running")
            try bench.mse("stop", "a")
            #expect(try bench.state("a") == "stopped")
            #expect(try bench.run(Workbench.products + "/mse", ["status", "a"]).status == 3)
        }
    }
}
