import Crypto
import Files
import Foundation
import Notation
import PackageFormat
import Processes
import TestSupport
import Testing

extension EndToEndTests {
    /// Whatever leaves goes to what it was meant for, and to nobody else.
    @Suite("Releases", .serialized)
    struct ReleaseTests {
        /// Remembers what reaches it, and keeps a text in HOME.
        static let app = """
            import json, os
            from pathlib import Path

            SEEN = []
            NOTE = Path(os.environ["HOME"]) / "note"

            def app(environ, start_response):
                body = environ["wsgi.input"].read()
                path = environ["PATH_INFO"]
                if path == "/seen":
                    answer = json.dumps(SEEN)
                elif path == "/note":
                    if body:
                        NOTE.write_bytes(body)
                    answer = NOTE.read_text() if NOTE.exists() else "nothing"
                elif path == "/big":
                    (NOTE.parent / "big").write_bytes(os.urandom(int(body)))
                    answer = "written"
                elif path == "/files":
                    names = [n for n in ("SECRETS_PATH", "SEALED_SECRETS_PATH") if os.path.exists(os.environ[n])]
                    answer = json.dumps({n: open(os.environ[n]).read() for n in names})
                else:
                    if path != "/health":
                        SEEN.append([environ["REQUEST_METHOD"], path, body.decode("latin-1")])
                    answer = "OK"
                start_response("200 OK", [("Content-Type", "text/plain")])
                return [answer.encode()]
            """

        static func project(
            _ bench: Workbench,
            _ name: String,
            app: String = app,
            settings: String = "",
            health: String = "/health",
            adding: () throws -> Void = {}
        ) throws -> (package: String, key: String) {
            try bench.folder.write(
                name + "/mse.toml",
                """
                name = "\(name)"
                python_application = "app:app"
                healthcheck_endpoint = "\(health)"
                tests_cmd = "python --version"
                tests_requirements = []
                \(settings)
                """
            )
            try bench.folder.write(name + "/mse_src/app.py", app)
            try bench.folder.write(name + "/mse_src/requirements.txt", "")
            try bench.folder.write(name + "/tests/test_nothing.py", "")
            try adding()
            try bench.mse("package", "--project", name, "--output", name + "-out", "--encrypt")
            let names = try Files.names(in: bench.path + "/\(name)-out")
            return (
                "\(name)-out/" + (try #require(names.last { $0.hasSuffix(".tar") })),
                "\(name)-out/" + (try #require(names.last { $0.hasSuffix(".key") }))
            )
        }

        private func client(_ bench: Workbench, _ arguments: String...) throws -> String {
            let path = Workbench.project + "/Tests/EndToEndTests/Scripts/configuration_protocol.py"
            let result = try bench.run("/usr/bin/python3", [path] + arguments)
            #expect(result.status == 0, "\(result.output)")
            return result.output
        }

        @Test("a configuration never reaches the application, and its answer is typed and bound to what was sent")
        func twoProtocols() throws {
            let bench = try Workbench()
            let made = try Self.project(bench, "hello")
            let port = Workbench.freePort()
            try bench.spawn("hello-1", made.package, port: port)
            // One client stands there from before; it posts its key only when another has configured the service.
            let output = try client(bench, "standing", "\(port)", made.key, "home/services/hello-1/launch.json")
            #expect(
                output.contains("accepted and started") && output.contains("the standing connection was closed"),
                "\(output)"
            )
            let second = try bench.configure("hello-1", made, expecting: 1)
            #expect(second.contains("does not wait for a configuration"))
            #expect(try bench.curl("-k", "https://localhost:\(port)/seen").output == "[]")
        }

        @Test("who sent the key is told why the application doesn't start")
        func failedStart() throws {
            let bench = try Workbench()
            let made = try Self.project(bench, "broken", app: "app = None\nraise ValueError('no luck: 4711')\n")
            try bench.spawn("broken-1", made.package, port: Workbench.freePort())
            let output = try bench.configure("broken-1", made, expecting: 1)
            #expect(output.contains("ValueError: no luck: 4711") && output.contains("app.py"), "\(output)")
        }

        @Test("an import that never returns is told as untold, and keeps nobody from stopping the instance")
        func endlessStart() throws {
            let bench = try Workbench()
            let made = try Self.project(bench, "endless", app: "import time\napp = None\nwhile True: time.sleep(1)\n")
            try bench.spawn("endless-1", made.package, port: Workbench.freePort())
            let output = try bench.configure("endless-1", made, "--wait", "2", expecting: 1)
            #expect(output.contains("has not said within 2 seconds"), "\(output)")
            let start = Date()
            #expect(try bench.mse("stop", "endless-1").contains("is stopped"))
            #expect(Date().timeIntervalSince(start) < 45)
        }

        @Test(
            "tests of a package that wasn't made here are not run, whatever its measurement",
            arguments: ["tests", "command", "elsewhere"]
        )
        func foreignTests(kind: String) throws {
            let bench = try Workbench()
            let made = try Self.project(bench, "shop")
            try bench.spawn("shop", made.package, port: Workbench.freePort())
            try bench.configure("shop", made)
            let forge = """
                import io, sys, tarfile
                source, target, kind = sys.argv[1:]
                with tarfile.open(source) as old, tarfile.open(target, "w", format=tarfile.USTAR_FORMAT) as new:
                    for member in old:
                        content = old.extractfile(member).read()
                        if kind == "command" and member.name == "mse.toml":
                            content = content.replace(b"python --version", b"python foreign.py")
                        if kind == "tests" and member.name == "tests.tar":
                            inner = io.BytesIO()
                            with tarfile.open(fileobj=inner, mode="w", format=tarfile.USTAR_FORMAT) as tests:
                                text = b"open('/tmp/stolen', 'w')\\n"
                                info = tarfile.TarInfo("conftest.py")
                                info.size = len(text)
                                tests.addfile(info, io.BytesIO(text))
                            content = inner.getvalue()
                        member.size = len(content)
                        new.addfile(member, io.BytesIO(content))
                """
            try bench.folder.write("forge.py", forge)
            let foreign = "foreign.tar"
            _ = try bench.run("python3", ["forge.py", made.package, foreign, kind])
            // A copy of one's own is one's own; the same package under another home isn't.
            if kind == "elsewhere" { try Files.remove(bench.path + "/home/packages") }
            let package = kind == "elsewhere" ? made.package : foreign
            #expect(
                try bench.mse("verify", "shop", "--package", package, "--trusted-root", bench.root).contains("ACCEPTED")
            )
            let refused = try bench.mse(
                "test",
                "shop",
                "--package",
                package,
                "--trusted-root",
                bench.root,
                expecting: 1
            )
            #expect(refused.contains("was not made here") && refused.contains("--foreign-tests"), "\(refused)")
            if kind == "elsewhere" {
                try bench.mse("test", "shop", "--package", package, "--trusted-root", bench.root, "--foreign-tests")
            }
        }

        @Test("a key goes to its own package's enclave alone, whatever the policy allows besides")
        func intersection() throws {
            let bench = try Workbench()
            let old = try Self.project(bench, "old")
            let new = try Self.project(bench, "new", app: Self.app + "\n# newer\n")
            let port = Workbench.freePort()
            try bench.spawn("shop", old.package, port: port)
            let measured = try bench.mse("measure", old.package, "--json")
            guard case .string(let value)? = try JSON.read(Array(measured.utf8))["mrenclave"]?.value else {
                Issue.record("no measurement")
                return
            }
            // What was changed is told, by packages and by what lies beside them.
            let reference = String(old.package.dropLast(4)) + ".reference.json"
            for first in [old.package, reference] {
                let difference = try bench.mse("measure", "--diff", first, new.package)
                #expect(difference.contains("MRENCLAVE differs") && difference.contains("app.tar changed"))
                #expect(try bench.mse("measure", "--diff", first, old.package).contains("is the same"))
            }
            let explained = try bench.mse("measure", old.package, "--explain")
            for words in [value, "Areas, and the share", "app.tar", "the instance's launch record"] {
                #expect(explained.contains(words), "\(words): \(explained.prefix(3000))")
            }
            try bench.folder.write("old.toml", "[measurement]\nmrenclave = [\"\(value)\"]\n")
            try bench.folder.write(
                "other.toml",
                "[measurement]\nmrenclave = [\"\(String(repeating: "00", count: 32))\"]\n"
            )
            let root = ["--trusted-root", bench.root]
            func run(_ package: String, _ key: String, _ more: [String], expecting code: Int32, _ text: String) throws {
                let result = try bench.run(
                    Workbench.products + "/mse",
                    ["run", "shop", "--package", package, "--key", key] + root + more
                )
                #expect(result.status == code && result.output.contains(text), "\(result.output)")
                #expect(try bench.state("shop") == "waiting")
            }
            try run(new.package, new.key, ["--policy", "old.toml"], expecting: 2, "measurement.differs")
            try run(new.package, new.key, ["--expected", value], expecting: 2, "measurement.differs")
            try run(old.package, old.key, ["--policy", "other.toml"], expecting: 2, "measurement.differs")
            try run(old.package, new.key, ["--policy", "old.toml"], expecting: 1, "is not the key of")
            try run(old.package, old.key, ["--at", "2026-01-01T00:00:00Z"], expecting: 64, "--at")
            // The same holds for what is sealed and for tests: pin and secrets go to nobody else.
            try bench.folder.write("secrets.json", "{\"a\": 1}")
            for arguments in [
                [
                    "seal", "--input", "secrets.json", "--receiver", "shop", "--package", new.package, "--policy",
                    "old.toml",
                ],
                ["test", "shop", "--package", new.package, "--secrets", "secrets.json", "--policy", "old.toml"],
            ] {
                let result = try bench.run(Workbench.products + "/mse", arguments + root)
                #expect(result.status == 2 && result.output.contains("measurement.differs"), "\(result.output)")
            }
            #expect(!Files.exists(bench.path + "/secrets.json.sealed"))
        }

        @Test(
            """
            a file that is named like a service is not taken for its key, and a bare key only where it is called \
            unverified
            """
        )
        func receivers() throws {
            let bench = try Workbench()
            let made = try Self.project(bench, "hello")
            try bench.spawn("hello-1", made.package, port: Workbench.freePort())
            try bench.folder.write("hello-1", [UInt8](repeating: 9, count: 32))
            try bench.folder.write(
                "secrets.json",
                "{\"code_secret_key\": \"\(Hex.text(try bench.folder.read(made.key)))\", \"k\": \"v\"}"
            )
            try bench.seal("secrets.json", to: "hello-1", made.package, expecting: 2)
            #expect(!Files.exists(bench.path + "/secrets.json.sealed"))
            try bench.folder.write("bare", [UInt8](repeating: 9, count: 32))
            try bench.seal("secrets.json", to: "bare", made.package, expecting: 1)
            try bench.mse("seal", "--input", "secrets.json", expecting: 64)
            try bench.mse("seal", "--input", "secrets.json", "--unverified-key", "bare", "--output", "bare.sealed")
            try bench.seal("secrets.json", to: "hello-1", made.package, "--trusted-root", bench.root)
            try bench.release("hello-1", made.package, "--sealed-secrets", "secrets.json.sealed")
            // The code key has done its work before the application could see it.
            let status = try bench.mse("status", "hello-1", "--json")
            guard case .string(let url)? = try JSON.read(Array(status.utf8))["url"]?.value else {
                Issue.record("no url")
                return
            }
            #expect(try bench.curl("-k", url + "/files").output == #"{"SEALED_SECRETS_PATH": "{\"k\": \"v\"}"}"#)
            // A box is a way for the key as any other: to its own package's enclave, or not at all.
            let other = try Self.project(bench, "other")
            for (key, package, words) in [
                (try bench.folder.read(other.key), ["--package", made.package], "not the key of \(made.package)"),
                (try bench.folder.read(made.key), ["--package", other.package], "not the key of \(other.package)"),
                (try bench.folder.read(made.key), [], "--package"),
            ] {
                try bench.folder.write("box.json", #" {"k": 1, "code_secret_key": "\#(Hex.text(key))"}"#)
                let refused = try bench.mse(
                    ["seal", "--input", "box.json", "--receiver", "hello-1", "--trusted-root", bench.root] + package,
                    expecting: 1
                )
                #expect(refused.contains("which holds a code key,") && refused.contains(words), "\(refused)")
                #expect(!Files.exists(bench.path + "/box.json.sealed"))
            }
        }

        @Test(
            "who waits under the certificate of an enclave that was configured is no agent that waits, and gets nothing"
        )
        func configuredIdentity() throws {
            let bench = try Workbench()
            let made = try Self.project(bench, "hello")
            func identity(_ name: String) throws -> String {
                let pem = String(decoding: try bench.folder.read("\(name).pem"), as: UTF8.self)
                let text = pem.split(separator: "\n").dropFirst().dropLast().joined()
                let der = try #require(Data(base64Encoded: text))
                return "home/released/" + Hex.text(SHA256.hash(data: der))
            }
            try bench.start("hello-1", made, port: Workbench.freePort())
            #expect(try bench.folder.read(identity("hello-1")) == [])
            // As if one that was configured went back to waiting, which no agent does.
            try bench.spawn("hello-2", made.package, port: Workbench.freePort())
            try bench.mse(
                "verify",
                "hello-2",
                "--package",
                made.package,
                "--trusted-root",
                bench.root,
                "--certificate-out",
                "hello-2.pem"
            )
            try bench.folder.write(identity("hello-2"), "")
            let refused = try bench.release("hello-2", made.package, "--key", made.key, expecting: 1)
            #expect(refused.contains("nothing was sent") && refused.contains("spawn it anew"), "\(refused)")
            #expect(try bench.state("hello-2") == "waiting")
            try Files.remove(bench.path + "/" + identity("hello-2"))
            try bench.release("hello-2", made.package, "--key", made.key)
        }

        @Test("an impostor on the service's port gets neither pin nor secrets")
        func impostor() throws {
            let bench = try Workbench()
            let made = try Self.project(bench, "hello")
            let port = Workbench.freePort()
            try bench.start("hello-1", made, port: port)
            try bench.mse("test", "hello-1", "--package", made.package, "--trusted-root", bench.root)
            try bench.mse("stop", "hello-1")
            try PinWithKey.write(to: bench.folder)
            try bench.folder.write("secrets.json", "{\"password\": \"hunter2\"}")
            let script = """
                openssl s_server -accept "$1" -cert pin.pem -key pin.key -www -quiet >seen 2>&1 &
                server=$!
                sleep 0.5
                shift
                "$@"; code=$?
                kill $server
                exit $code
                """
            for verb in ["test", "run"] {
                let result = try bench.run(
                    "/bin/bash",
                    [
                        "-c", script, "impostor", "\(port)", Workbench.products + "/mse", verb, "hello-1", "--package",
                        made.package,
                        "--trusted-root", bench.root, "--secrets", "secrets.json",
                    ]
                )
                #expect([1, 2].contains(result.status), "\(verb): \(result.output)")
            }
        }

        @Test("the original's client still configures an agent that waits")
        func originalClient() throws {
            let bench = try Workbench()
            let made = try Self.project(bench, "hello")
            let port = Workbench.freePort()
            try bench.spawn("hello-1", made.package, port: port)
            let result = try bench.python(
                """
                import json, sys, time, urllib3, requests
                from pathlib import Path
                urllib3.disable_warnings()
                url, key, launch = sys.argv[1:]
                session = requests.Session()
                session.trust_env = False
                waiting = session.get(url, verify=False, timeout=5)
                assert waiting.status_code == 200 and waiting.headers["Mse-Status"] == "Waiting"
                body = {
                    "uuid": json.loads(Path(launch).read_text())["id"],
                    "code_secret_key": Path(key).read_bytes().hex(),
                    "app_secrets": {"a": 1},
                }
                answer = session.post(url, json=body, verify=False, timeout=60)
                assert (answer.status_code, answer.content) == (200, b""), answer
                for _ in range(200):
                    time.sleep(0.05)
                    try:
                        answer = session.get(url + "/files", verify=False, timeout=5)
                    except requests.exceptions.ConnectionError:
                        continue  # begun before it had left the configuration: such a connection is closed
                    if answer.status_code != 503 and "Mse-Status" not in answer.headers:
                        break
                print(answer.text)
                """,
                ["https://localhost:\(port)", made.key, "home/services/hello-1/launch.json"]
            )
            #expect(
                result.status == 0 && result.output == "{\"SECRETS_PATH\": \"{\\\"a\\\": 1}\"}\n",
                "\(result.output)"
            )
        }

        @Test(
            "while mse holds secrets it leaves no core, and nobody else of the user reads its memory",
            .enabled(if: getuid() != 0 || LifeTests.canBecomeNobody)
        )
        func noCore() throws {
            let bench = try Workbench()
            let made = try Self.project(bench, "hello")
            // Something that takes connections and never answers: the key is in memory, and stays.
            let script = """
                import os, resource, socket, subprocess, sys, time
                resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)
                listener = socket.socket()
                listener.bind(("127.0.0.1", 0))
                listener.listen()
                url = "https://localhost:%d" % listener.getsockname()[1]
                user = 65534 if os.getuid() == 0 else None
                # A home of that user's own: another's is refused.
                os.mkdir("own", 0o700)
                if user: os.chown("own", user, -1)
                process = subprocess.Popen(
                    sys.argv[1:2] + ["run", url] + sys.argv[2:], user=user, stderr=subprocess.DEVNULL,
                    env=dict(os.environ, MSE_HOME=os.path.abspath("own")))
                listener.settimeout(60)
                held = listener.accept()
                limits = open("/proc/%d/limits" % process.pid).read()
                print(next(line.split()[4] for line in limits.splitlines() if line.startswith("Max core file size")))
                print(os.stat("/proc/%d/maps" % process.pid).st_uid)
                process.kill()
                """
            chmod(bench.path, 0o755)
            chmod(bench.path + "/hello-out", 0o755)
            for file in [made.package, made.key] { chmod(bench.path + "/" + file, 0o644) }
            let result = try bench.python(
                script,
                [Workbench.products + "/mse", "--package", made.package, "--key", made.key]
            )
            #expect(result.status == 0 && result.output == "0\n0\n", "\(result.output)")
        }
    }
}
