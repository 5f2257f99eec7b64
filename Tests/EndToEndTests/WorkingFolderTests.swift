import Files
import Foundation
import Notation
import PackageFormat
import Processes
import TestSupport
import Testing

extension EndToEndTests {
    /// What an application writes stays in private memory, by whatever name it calls the place.
    @Suite("Working folder", .serialized)
    struct WorkingFolderTests {
        private static let application = Workbench.project + "/Tests/EndToEndTests/Scripts/writes_everywhere.py"

        private func scaffold(_ bench: Workbench) throws {
            try bench.mse("scaffold", "hello")
            try bench.folder.write("hello/mse_src/app.py", try Files.read(Self.application))
        }

        /// Whose name or content has the marker, on what this user sees of the disk.
        private func found(_ marker: String, in bench: Workbench) throws -> [String] {
            let result = try bench.run(
                "/usr/bin/find",
                ["/", "/tmp", "/dev/shm", "/var/tmp", "-xdev", "-name", "*\(marker)*", "-not", "-path", "/proc/*"]
            )
            return result.output.split(separator: "\n").map(String.init).filter {
                $0.contains(marker) && $0.hasPrefix("/")
            }
        }

        private func check(_ answer: String) throws {
            let root = try JSON.read(Array(answer.utf8))
            guard case .string(let memory)? = root["memory"]?.value, case .string(let code)? = root["code"]?.value,
                case .object(let paths)? = root["paths"]?.value
            else {
                Issue.record("\(answer)")
                return
            }
            #expect(paths.count > 20)
            for member in paths {
                let way = member.name
                guard case .string(let path) = member.node.value else { continue }
                #expect(path == memory || path.hasPrefix(memory + "/"), "\(way): \(path) isn't in \(memory)")
            }
            for way in ["working folder", "PWD"] {
                guard case .string(let path)? = root["paths"]?[way]?.value else { continue }
                #expect(path == code, "\(way): \(path)")
            }
        }

        @Test("an application in the agent writes into private memory alone")
        func agent() throws {
            let bench = try Workbench()
            try scaffold(bench)
            try bench.mse("package", "--project", "hello", "--output", "out", "--encrypt")
            let port = Workbench.freePort()
            try bench.start("hello-1", (try bench.output(".tar"), try bench.output(".key")), port: port)
            let marker = "mse-marker-" + String(UInt64.random(in: .min ... .max), radix: 36)
            let url = "https://localhost:\(port)/write?marker=\(marker)&users=yes"
            let answer = try bench.curl("--cacert", "hello-1.pem", url)
            try #require(answer.output.hasPrefix("{"), "\(answer.output)")
            try check(answer.output)
            #expect(try found(marker, in: bench).isEmpty)
            // The application ignores signals; the agent doesn't.
            let start = ContinuousClock.now
            try bench.mse("stop", "hello-1")
            #expect(ContinuousClock.now - start < .seconds(20))
        }

        private static let canMount = (try? ProgramRun("/usr/bin/unshare", ["-m", "true"]).run().status) == 0

        @Test(
            "programs below /tmp are seen there, unchangeable, and /tmp is the service's own all the same",
            .enabled(if: canMount)
        )
        func programsBelowTemporaryFolder() throws {
            let bench = try Workbench()
            let programs = try TemporaryFolder()
            try #require(programs.path.hasPrefix("/tmp/"))
            for name in ["mse", "mse-bootstrap", "mse-serve", "simulated-loader"] {
                try FileManager.default.copyItem(
                    atPath: try Files.resolved(Workbench.products + "/" + name),
                    toPath: programs.path + "/" + name
                )
            }
            let app = """
                import json, os, tempfile
                def attempt(call):
                    try:
                        call()
                        return "done"
                    except OSError as error:
                        return type(error).__name__
                def app(environ, start):
                    agent = "\(programs.path)/mse-bootstrap"
                    with open("/tmp/mse-hunter2", "w") as file: file.write("x")
                    os.makedirs("/tmp/a/b", exist_ok=True)
                    found = {
                        "file": os.path.exists("/memory/tmp/mse-hunter2"), "real": os.path.realpath("/tmp/mse-hunter2"),
                        "temporary": tempfile.mkdtemp(dir="/tmp")[:5], "agent": os.path.exists(agent),
                        "write": attempt(lambda: open(agent, "ab")), "remove": attempt(lambda: os.unlink(agent)),
                        "beside": attempt(lambda: open("\(programs.path)/x", "w")),
                        "move": attempt(lambda: os.rename("\(programs.path)", "/tmp/other")),
                        "others": sorted(os.listdir("/tmp")),
                    }
                    start("200 OK", [])
                    return [json.dumps(found, sort_keys=True).encode()]
                """
            try bench.folder.write(
                "p/mse.toml",
                """
                name = "p"\npython_application = "app:app"\nhealthcheck_endpoint = "/"\ntests_cmd = \
                "pytest"\ntests_requirements = []\n
                """
            )
            try bench.folder.write("p/mse_src/app.py", app)
            func mse(_ arguments: String...) throws {
                let result = try bench.run(programs.path + "/mse", arguments)
                try #require(result.status == 0, "\(arguments): \(result.output)")
            }
            try mse("package", "--project", "p", "--output", "out", "--encrypt")
            let package = try bench.output(".tar"), port = Workbench.freePort()
            try mse(
                "spawn",
                "p",
                "--package",
                package,
                "--san",
                "localhost",
                "--port",
                "\(port)",
                "--platform",
                "simulator"
            )
            try mse("run", "p", "--package", package, "--trusted-root", bench.root, "--key", try bench.output(".key"))
            let answer = try bench.curl("-k", "https://localhost:\(port)/").output
            let found = try JSON.read(Array(answer.utf8))
            func text(_ name: String) -> String? {
                if case .string(let text)? = found[name]?.value { text } else { nil }
            }
            #expect(text("real") == "/tmp/mse-hunter2" && text("temporary") == "/tmp/", "\(answer)")
            for what in ["write", "remove", "beside", "move"] { #expect(text(what) != "done", "\(answer)") }
            #expect(answer.contains("\"agent\": true") && answer.contains("\"file\": true"), "\(answer)")
            #expect(!answer.contains(Files.split(bench.path).name), "\(answer)")
            #expect(!Files.exists("/tmp/mse-hunter2"))
            try mse("stop", "p", "--remove")
        }

        @Test("localtest leaves the project and the caller's folder as they were")
        func localtest() throws {
            let bench = try Workbench()
            try scaffold(bench)
            let marker = "mse-marker-" + String(UInt64.random(in: .min ... .max), radix: 36)
            try bench.folder.write(
                "hello/tests/test_app.py",
                """
                import os
                import requests

                def test_writes():
                    answer = requests.get(os.environ["TEST_REMOTE_URL"] + "/write?marker=\(marker)", timeout=20)
                    assert answer.status_code == 200, answer.text
                    paths = answer.json()["paths"]
                    inside = answer.json()["memory"] + "/"
                    outside = {way: path for way, path in paths.items() if not path.startswith(inside)}
                    assert not outside, outside
                    assert paths["working folder"] == answer.json()["code"]
                """
            )
            let before = try bench.folder.tree("hello").mapValues(\.count)
            let output = try bench.mse("localtest", "--project", "hello")
            #expect(output.contains("1 passed"), "\(output)")
            #expect(try bench.folder.tree("hello").mapValues(\.count) == before)
            #expect(try found(marker, in: bench).isEmpty)
        }
    }
}
