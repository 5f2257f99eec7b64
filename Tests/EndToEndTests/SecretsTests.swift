import Files
import Foundation
import Notation
import PackageFormat
import Processes
import TestSupport
import Testing

extension EndToEndTests {
    /// Every kind of secret, and everything that is written while it is about: logs, state, cores. These tests stay for
    /// ever.
    @Suite("Secrets", .serialized)
    struct SecretsTests {
        private static let isRoot = getuid() == 0

        private static let app = """
            # CODE-MARKER
            import ctypes, json, os, resource, sys, tempfile, threading
            from pathlib import Path

            SECRET = json.loads(Path(os.environ["SECRETS_PATH"]).read_text())["password"]
            CODE = "CODE-MARKER"
            HOME = Path(os.environ["HOME"])

            def app(environ, start_response):
                way, body = environ["PATH_INFO"], environ["wsgi.input"].read()
                if way == "/use":
                    (HOME / "note").write_text("HOME-MARKER")
                    with tempfile.NamedTemporaryFile("w", delete=False) as file:
                        file.write(SECRET + body.decode() + environ["QUERY_STRING"])
                    print(SECRET, body, environ["QUERY_STRING"])
                    threading.current_thread().name = SECRET
                    raise KeyError(SECRET)
                if way in ("/abort", "/segment"):
                    # What a core needs is tried first.
                    for limit in ((resource.RLIM_INFINITY,) * 2, (1 << 30, 1 << 30)):
                        try:
                            resource.setrlimit(resource.RLIMIT_CORE, limit)
                        except (ValueError, OSError):
                            pass
                    ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)
                    os.chdir(environ["QUERY_STRING"] or ".")
                    if way == "/abort":
                        os.abort()
                    ctypes.string_at(0)
                start_response("200 OK", [])
                return [b"OK"]
            """

        /// Secrets that no other run has, by their kind.
        private struct Kinds {
            private static func random(_ prefix: String) -> String {
                prefix + "-" + (0..<4).map { _ in String(UInt32.random(in: .min ... .max), radix: 36) }.joined()
            }
            let secret = random("app-secret"), code = random("code"), home = random("home"),
                request = random("request"),
                query = random("query")

            func patterns(key: [UInt8]) -> [String: [UInt8]] {
                var patterns = ["code key": key]
                let texts = [
                    "code key in hexadecimal": Hex.text(key), "code key in capitals": Hex.text(key).uppercased(),
                    "code key in base64": Base64.text(key),
                    "code key in base64url": Base64.text(key, .url, padded: false), "application's secret": secret,
                    "application's secret in base64": Base64.text(Array(secret.utf8), padded: false), "code": code,
                    "HOME": home,
                    "request": request,
                    "query": query, "TLS key": "PRIVATE KEY",
                ]
                for (name, text) in texts { patterns[name] = Array(text.utf8) }
                return patterns
            }
        }

        /// A project of its own, packaged, and what may be found of its secrets from now on: its owner's own files.
        private func project(_ bench: Workbench, _ kinds: Kinds) throws -> (
            made: (package: String, key: String), port: Int, own: [String]
        ) {
            let app = Self.app.replacing("CODE-MARKER", with: kinds.code).replacing("HOME-MARKER", with: kinds.home)
            let made = try ReleaseTests.project(bench, "shop", app: app)
            try bench.folder.write("secrets.json", "{\"password\": \"\(kinds.secret)\"}")
            return (
                made, Workbench.freePort(),
                ["shop", "secrets.json", made.key, "home/simulator"].map { bench.path + "/" + $0 }
            )
        }

        private static func roots(_ bench: Workbench) -> [String] {
            [bench.path, "/dev/shm", "/var/tmp", "/var/crash", "/var/lib/systemd/coredump", "/run/user/\(getuid())"]
                .filter {
                    Files.isFolder($0)
                }
        }

        private func watch(_ bench: Workbench, _ patterns: [String: [UInt8]], own: [String]) throws -> (
            Process, input: Pipe, output: Pipe
        ) {
            let node = Node(
                .object(patterns.sorted { $0.key < $1.key }.map { Member($0.key, Node(Hex.text($0.value))) })
            )
            try bench.folder.write("patterns.json", JSON.canonical(node))
            try bench.folder.write("since", "")
            let process = Process(), input = Pipe(), output = Pipe()
            process.executableURL = URL(filePath: "/usr/bin/python3")
            process.arguments =
                [
                    "-B", Workbench.project + "/Tests/EndToEndTests/Scripts/watch_secrets.py",
                    bench.path + "/patterns.json",
                    bench.path + "/since",
                    own.joined(separator: ":"),
                ] + Self.roots(bench)
            (process.standardInput, process.standardOutput) = (input, output)
            try process.run()
            return (process, input, output)
        }

        @Test("what is written from release to end holds no secret of any kind, at any moment")
        func everythingWritten() throws {
            let bench = try Workbench()
            let kinds = Kinds()
            let (made, port, own) = try project(bench, kinds)
            let key = try bench.folder.read(made.key)
            let (process, input, output) = try watch(bench, kinds.patterns(key: key), own: own)
            try bench.spawn("shop-1", made.package, port: port)
            var said = try bench.configure(
                "shop-1",
                made,
                "--secrets",
                "secrets.json"
            )
            for _ in 0..<3 {
                _ = try bench.curl("-k", "--data-binary", kinds.request, "https://localhost:\(port)/use?\(kinds.query)")
            }
            said +=
                try bench.mse("restart", "shop-1") + bench.mse("logs", "shop-1")
                + bench.mse("status", "shop-1", "--json")
            _ = try bench.curl("-k", "--data-binary", kinds.request, "https://localhost:\(port)/use?\(kinds.query)")
            said += try bench.mse("evidence", "shop-1", "--output", "evidence") + bench.mse("stop", "shop-1")
            let sealed = try bench.mse("logs", "shop-1", "--key", made.key)
            #expect(sealed.contains(kinds.secret) && sealed.contains(kinds.request), "the owner reads it: \(sealed)")
            // That the watch sees what is there.
            try bench.folder.write("control", kinds.secret)
            try input.fileHandleForWriting.close()
            let found = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            let lines = found.split(separator: "\n").map(String.init)
            #expect(
                lines.contains("application's secret: \(bench.path)/control") && lines.last == "watched",
                "\(found)"
            )
            // Under the name that it has while it is written, too.
            let unexpected = lines.filter { $0 != "watched" && !$0.hasSuffix("/control") && !$0.contains("/.control.") }
            #expect(unexpected.isEmpty, "\(unexpected)")
            for (name, bytes) in kinds.patterns(key: key) where name != "code key" {
                #expect(!said.contains(String(decoding: bytes, as: UTF8.self)), "\(name) was printed")
            }
        }

        @Test("a service that crashes leaves no core, whatever it tries first", arguments: ["abort", "segment"])
        func agentsCore(way: String) throws {
            let bench = try Workbench()
            let kinds = Kinds()
            let (made, port, own) = try project(bench, kinds)
            let (process, input, output) = try watch(
                bench,
                kinds.patterns(key: try bench.folder.read(made.key)),
                own: own
            )
            try bench.spawn("shop-1", made.package, port: port)
            try bench.configure(
                "shop-1",
                made,
                "--secrets",
                "secrets.json"
            )
            let node = try JSON.read(try bench.folder.read("home/services/shop-1/process.json"))
            guard case .number(let agent)? = node["agent"]?.value else {
                Issue.record("no agent")
                return
            }
            #expect(try Self.coreLimit(of: agent) == ["0", "0"])
            if Self.isRoot { try Self.expectUndumpable(agent) }
            _ = try bench.curl("-k", "https://localhost:\(port)/\(way)?/instance")
            for _ in 0..<50 where Files.exists("/proc/" + agent) { usleep(100_000) }
            #expect(try bench.mse("logs", "shop-1").contains("launcher.killed signal="))
            try input.fileHandleForWriting.close()
            let found = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            #expect(found == "watched\n", "\(found)")
            #expect(try Self.cores(bench).isEmpty)
        }

        @Test("mse that crashes while it releases leaves no core, though its shell would have one")
        func ownersCore() throws {
            let bench = try Workbench()
            let kinds = Kinds()
            let (_, port, own) = try project(bench, kinds)
            // An application that never comes to its end keeps `mse run` waiting.
            let endless = try ReleaseTests.project(
                bench,
                "endless",
                app: "import time\napp = None\nwhile True: time.sleep(1)\n"
            )
            try bench.spawn("endless-1", endless.package, port: port)
            let own2 = own + ["endless", endless.key].map { bench.path + "/" + $0 }
            let (process, input, output) = try watch(
                bench,
                kinds.patterns(key: try bench.folder.read(endless.key)),
                own: own2
            )
            let script = """
                export SWIFT_BACKTRACE=enable=no
                ulimit -c unlimited
                python3 -c 'import os; os.abort()'
                ls core* 2>/dev/null | head -1 | sed 's/^/control: /'
                rm -f core*
                "$1" run endless-1 --package "$2" --trusted-root "$3" --key "$4" --secrets secrets.json --wait 60 &
                run=$!
                for _ in $(seq 300); do
                    grep -q ' agent.configured' home/services/endless-1/log && break
                    sleep 0.1
                done
                echo "limit: $(grep 'core file' /proc/$run/limits | tr -s ' ' | cut -d' ' -f5,6)"
                kill -SEGV $run
                wait $run
                echo "ended: $?"
                ls core* 2>/dev/null
                exit 0
                """
            let result = try bench.run(
                "/bin/bash",
                ["-c", script, "sh", Workbench.products + "/mse", endless.package, bench.root, endless.key]
            )
            #expect(result.output.contains("limit: 0 0") && result.output.contains("ended: 139"), "\(result.output)")
            // Where cores are files in the working folder, the control has one.
            let pattern = String(decoding: try Files.read("/proc/sys/kernel/core_pattern", limit: 256), as: UTF8.self)
            if pattern.hasPrefix("core") { #expect(result.output.contains("control: core"), "\(result.output)") }
            try input.fileHandleForWriting.close()
            let found = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            #expect(found == "watched\n", "\(found)")
            #expect(try Self.cores(bench).isEmpty)
        }

        private static func cores(_ bench: Workbench) throws -> [String] {
            try Files.names(in: bench.path).filter { $0.hasPrefix("core") }
        }

        /// Soft and hard.
        private static func coreLimit(of process: String) throws -> [String] {
            let limits = String(decoding: try Files.read("/proc/\(process)/limits"), as: UTF8.self)
            let line = limits.split(separator: "\n").first { $0.hasPrefix("Max core file size") }
            return (line ?? "").split(separator: " ").suffix(3).prefix(2).map(String.init)
        }

        /// What a process that isn't dumpable has in /proc belongs to root, whoever it is; and another of its user
        /// can't attach to it.
        private static func expectUndumpable(_ process: String) throws {
            let status = String(decoding: try Files.read("/proc/\(process)/status"), as: UTF8.self)
            let user = try #require(
                status.split(separator: "\n").first { $0.hasPrefix("Uid:") }?.split(separator: "\t").dropFirst().first
            )
            #expect(user != "0", "it has a user of its own")
            let attributes = try FileManager.default.attributesOfItem(atPath: "/proc/\(process)/maps")
            #expect((attributes[.ownerAccountID] as? NSNumber)?.intValue == 0)
            let script = """
                import ctypes, os, sys
                process, user = int(sys.argv[1]), int(sys.argv[2])
                os.setgid(user)
                os.setuid(user)
                libc = ctypes.CDLL(None, use_errno=True)
                def first(path):
                    with open(path, "rb") as file:
                        return file.read(1)
                for name in ("mem", "environ", "maps", "auxv", "fd", "root", "cwd"):
                    try:
                        path = f"/proc/{process}/{name}"
                        look = os.listdir if name in ("fd", "root") else os.readlink if name == "cwd" else first
                        print("reached", name, look(path))
                    except OSError:
                        pass
                for request in (16, 0x4206):
                    if libc.ptrace(request, process, None, None) == 0:
                        print("attached", request)
                one = (ctypes.c_size_t * 2)(0, 1)
                if libc.process_vm_readv(process, one, 1, one, 1, 0) >= 0:
                    print("read")
                print("tried", ctypes.get_errno())
                """
            let result = try ProgramRun("/usr/bin/python3", ["-c", script, process, String(user)]).run()
            #expect(result.output == "tried 1\n", "\(result.output)")
        }
    }
}
