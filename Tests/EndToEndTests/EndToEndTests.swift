import Files
import Foundation
import Notation
import PackageFormat
import Processes
import TestSupport
import Testing

/// The real executables: of a suite one test after the other, suites beside each other, as many as there are cores.
@Suite("End to end")
struct EndToEndTests {
    @Suite("Examples of the original", .serialized, .needsSharedVectors)
    struct ExampleTests {
        @Test(
            "they pass their own tests, encrypted, in the agent",
            arguments: ["flask_hello", "flask_pages", "flask_stream", "csv_merge"]
        )
        func example(name: String) throws {
            let bench = try Workbench()
            try bench.mse(
                "package",
                "--project",
                SharedVectors.path("mse/examples/" + name),
                "--output",
                "out",
                "--encrypt"
            )
            let made = (package: try bench.output(".tar"), key: try bench.output(".key"))
            let instance = name.replacing("_", with: "-")
            let secrets = SharedVectors.path("mse/examples/\(name)/secrets.json")
            let hasSecrets = Files.exists(secrets)
            try bench.start(instance, made, port: Workbench.freePort(), secrets: hasSecrets ? secrets : nil)
            if hasSecrets {
                try bench.mse(
                    "test",
                    instance,
                    "--package",
                    made.package,
                    "--trusted-root",
                    bench.root,
                    "--secrets",
                    secrets
                )
            } else {
                let output = try bench.mse("test", instance, "--package", made.package, "--trusted-root", bench.root)
                #expect(output.contains("passed"))
            }
            // An exception is for the owner alone: nothing of it is in the answer, nor where the operator reads.
            if name == "flask_hello" {
                #expect(try bench.mse("logs", instance, "--key", made.key).contains("RuntimeError: on purpose"))
                let events = try bench.mse("logs", instance)
                #expect(events.contains("application.serving") && !events.contains("on purpose"))
            }
        }
    }

    @Suite("Life of a service", .serialized)
    struct LifeTests {
        @Test("plain code is started by its token alone")
        func plain() throws {
            let bench = try Workbench()
            let made = try bench.package(encrypts: false)
            let port = Workbench.freePort()
            try bench.spawn("plain", made.package, port: port)
            let without = try bench.release("plain", made.package, expecting: 1)
            #expect(without.contains("start token"))
            try bench.folder.write("other.key", [UInt8](repeating: 1, count: 32))
            try bench.release("plain", made.package, "--key", "other.key", expecting: 1)
            #expect(try bench.state("plain") == "waiting")
            try bench.configure("plain", made)
            #expect(try bench.state("plain") == "running")
        }

        @Test("localtest runs the project's tests against the same server")
        func localtest() throws {
            let bench = try Workbench()
            try bench.mse("scaffold", "hello")
            #expect(try bench.mse("localtest", "--project", "hello").contains("3 passed"))
            try bench.folder.write("hello/tests/test_fails.py", "def test_fails():\n    assert False\n")
            #expect(try bench.mse("localtest", "--project", "hello", expecting: 1).contains("1 failed"))
        }

        @Test("sealed secrets carry the key past the operator, and only a judged enclave gets any")
        func sealed() throws {
            let bench = try Workbench()
            let made = try bench.package()
            let port = Workbench.freePort()
            try bench.spawn("hello-1", made.package, port: port)
            try bench.mse("evidence", "hello-1", "--output", "out")
            // Taken anew it replaces evidence, and nothing else.
            try bench.mse("evidence", "hello-1", "--output", "out")
            for name in ["ratls.pem", "evidence.json"] {
                for kind in ["key", "folder", "link"] {
                    let place = "\(name)-\(kind)/" + name
                    try bench.folder.write("\(name)-\(kind)/other", "the only copy")
                    switch kind {
                    case "key": try bench.folder.write(place, "-----BEGIN PRIVATE KEY-----\nAAAA\n")
                    case "folder": try Files.makeFolder(bench.path + "/" + place)
                    default: #expect(symlink("other", bench.path + "/" + place) == 0)
                    }
                    let before = try FileKind(bench.path + "/" + place)
                    let taken = try bench.mse("evidence", "hello-1", "--output", "\(name)-\(kind)", expecting: 1)
                    #expect(taken.contains("is no evidence; it would be lost"), "\(taken)")
                    #expect(try FileKind(bench.path + "/" + place) == before)
                    #expect(try Files.names(in: bench.path + "/\(name)-\(kind)").count == 2, "\(name) \(kind)")
                }
            }
            let key = Hex.text(try bench.folder.read(made.key))
            try bench.folder.write("seal.json", "{\"code_secret_key\": \"\(key)\", \"password\": \"p\"}")
            let refused = try bench.seal("seal.json", to: "out/evidence.json", made.package, expecting: 2)
            #expect(refused.contains("certificate.root") && !Files.exists(bench.path + "/seal.json.sealed"))
            try bench.seal("seal.json", to: "out/evidence.json", made.package, "--trusted-root", bench.root)
            try bench.release("hello-1", made.package, "--sealed-secrets", "seal.json.sealed")
            #expect(try bench.state("hello-1") == "running")
            #expect(!(try bench.mse("logs", "hello-1").contains(key)))
        }

        /// Whether this process can become somebody without privileges who may run the executables.
        static let canBecomeNobody =
            getuid() == 0
            && (try? ProgramRun(
                "/usr/bin/setpriv",
                ["--reuid", "65534", "--regid", "65534", "--clear-groups", "test", "-x", Workbench.products + "/mse"]
            ).run().status) == 0

        @Test("a user without privileges gets the same, private memory included", .enabled(if: canBecomeNobody))
        func unprivileged() throws {
            let bench = try Workbench()
            try bench.folder.write("user/.keep", "")
            chown(bench.path, 65534, 65534)
            chown(bench.path + "/user", 65534, 65534)
            let script = """
                set -e
                cd user
                export HOME=$PWD MSE_HOME=$PWD/home
                $1 simulator init; $1 scaffold hello; $1 package --project hello --output out --encrypt
                $1 spawn n1 --package out/*.tar --san localhost --port $2 --platform simulator
                $1 run n1 --package out/*.tar --trusted-root home/simulator/root.pem --key out/*.key
                $1 logs n1; ls home/services/n1/memory; $1 stop n1 --remove
                """
            let result = try bench.run(
                "/usr/bin/setpriv",
                [
                    "--reuid", "65534", "--regid", "65534", "--clear-groups", "/bin/bash", "-c", script, "user",
                    Workbench.products + "/mse",
                    "\(Workbench.freePort())",
                ]
            )
            #expect(result.status == 0 && result.output.contains("is configured and answers"), "\(result.output)")
        }

        @Test("a home that can't be entered isn't taken for an empty one", .enabled(if: canBecomeNobody))
        func closedHome() throws {
            let bench = try Workbench()
            try bench.folder.write("closed/home/.keep", "")
            chmod(bench.path + "/closed", 0o700)
            chmod(bench.path, 0o711)
            for command in ["list", "status a", "simulator root"] {
                let words = "cd /; MSE_HOME=\(bench.path)/closed/home exec \(Workbench.products)/mse \(command)"
                let result = try bench.run(
                    "/usr/bin/setpriv",
                    ["--reuid", "65534", "--regid", "65534", "--clear-groups", "/bin/sh", "-c", words]
                )
                #expect(result.status == 1 && result.output.contains("closed"), "\(command): \(result.output)")
            }
        }

        @Test(
            "a restart needs nobody: key, certificate, secrets and HOME are restored; --renew makes a new certificate"
        )
        func restart() throws {
            let bench = try Workbench()
            try bench.mse("scaffold", "hello")
            let app = """

                @app.get("/visits")
                def visits():
                    path = Path(os.environ["HOME"]) / "visits"
                    count = int(path.read_text()) + 1 if path.exists() else 1
                    path.write_text(str(count))
                    return str(count)
                """
            let source = String(decoding: try bench.folder.read("hello/mse_src/app.py"), as: UTF8.self)
            try bench.folder.write("hello/mse_src/app.py", source + app)
            let port = Workbench.freePort()
            try bench.start("hello-1", try bench.package(), port: port, secrets: "hello/secrets.json")
            let url = "https://localhost:\(port)"
            #expect(try bench.curl("--cacert", "hello-1.pem", url + "/visits").output == "1")
            try bench.mse("restart", "hello-1")
            try bench.wait(for: "hello-1", toBe: "running")
            for expected in ["2", "3"] {
                #expect(try bench.curl("--cacert", "hello-1.pem", url + "/visits").output == expected)
            }
            let proof = try bench.curl("--cacert", "hello-1.pem", "-d", "x", url + "/proof").output
            try bench.mse("restart", "hello-1", "--renew")
            #expect(try bench.curl("--cacert", "hello-1.pem", url + "/visits").status != 0)
            try bench.mse(
                "verify",
                "hello-1",
                "--package",
                try bench.output(".tar"),
                "--trusted-root",
                bench.root,
                "--certificate-out",
                "new.pem"
            )
            try bench.wait(for: "hello-1", toBe: "running")
            #expect(try bench.curl("--cacert", "new.pem", "-d", "x", url + "/proof").output == proof)
            #expect(try bench.curl("--cacert", "new.pem", url + "/visits").output == "4")
            // Sealed state opens for nobody else.
            for (name, bytes) in try bench.folder.tree("home/services/hello-1/sealed") {
                #expect(
                    name.hasSuffix(".sealed") || name == "home.json" || name.hasPrefix("application.log/"),
                    "\(name)"
                )
                #expect(!String(decoding: bytes, as: UTF8.self).contains("PRIVATE KEY"))
            }
        }

        @Test("SIGTERM drains and ends with exit code 0; the time limit ends with 124; kill -9 is a failure")
        func ends() throws {
            let bench = try Workbench()
            let made = try bench.package()
            let port = Workbench.freePort()
            try bench.spawn("timed", made.package, port: port, "--timeout", "1")
            try bench.wait(for: "timed", toBe: "failed")
            #expect(String(decoding: try bench.folder.read("home/services/timed/exit"), as: UTF8.self) == "124\n")
            try bench.start("hello-1", made, port: port)
            let status = try JSON.read(Array(try bench.mse("status", "hello-1", "--json").utf8))
            guard case .number(let pid)? = status["pid"]?.value else {
                Issue.record("no pid")
                return
            }
            // The environment and the memory of the agent are nobody's business; its private mount is in no other
            // process's view.
            #expect(try !String(decoding: Files.read("/proc/self/mounts"), as: UTF8.self).contains(bench.path))
            kill(try #require(Int32(pid)), SIGTERM)
            try bench.wait(for: "hello-1", toBe: "stopped")
            #expect(String(decoding: try bench.folder.read("home/services/hello-1/exit"), as: UTF8.self) == "0\n")
            try bench.mse("restart", "hello-1")
            let again = try JSON.read(Array(try bench.mse("status", "hello-1", "--json").utf8))
            if case .number(let pid)? = again["pid"]?.value { kill(try #require(Int32(pid)), SIGKILL) }
            try bench.wait(for: "hello-1", toBe: "failed")
            #expect(try bench.state("hello-1") == "failed")
            try bench.mse("restart", "hello-1")
            try bench.wait(for: "hello-1", toBe: "running")
            #expect(try bench.state("hello-1") == "running")
        }

        @Test("bad input is one message and the right exit code, and leaves nothing")
        func badInput() throws {
            let bench = try Workbench()
            let made = try bench.package()
            #expect(
                try bench.spawn("Hello", made.package, port: 1, expecting: 64).contains("1 to 63")
            )
            #expect(
                try bench.spawn("a", "nowhere.tar", port: 1, expecting: 1).contains("nowhere.tar")
            )
            try bench.mse(
                "spawn",
                "a",
                "--package",
                made.package,
                "--san",
                "localhost",
                "--platform",
                "simulator",
                expecting: 64
            )
            try bench.mse("verify", "a", expecting: 1)
            try bench.mse("measure", "hello/mse.toml", expecting: 1)
            try bench.mse("scaffold", "hello", expecting: 1)
            try bench.mse("verify", "https://user@localhost", expecting: 64)
            #expect(try bench.mse("list").isEmpty)
            #expect(try Files.names(in: bench.path + "/home/services").filter { !$0.hasPrefix(".") }.isEmpty)
            // Another runtime than the packaged one is refused with its files.
            let other = try bench.python(
                """
                import io, sys, tarfile
                source, target = sys.argv[1:]
                with tarfile.open(source) as old, tarfile.open(target, "w") as new:
                    for member in old:
                        data = old.extractfile(member).read()
                        if member.name == "runtime.json":
                            import json
                            runtime = json.loads(data)
                            next(f for f in runtime["files"] if f["path"].endswith("/os.py"))["sha256"] = "00" * 32
                            data = json.dumps(runtime).encode()
                        info = tarfile.TarInfo(member.name); info.size = len(data); new.addfile(info, io.BytesIO(data))
                """,
                [made.package, "other.tar"]
            )
            #expect(other.status == 0, "\(other.output)")
            #expect(
                try bench.spawn("b", "other.tar", port: 1, expecting: 1).contains("os.py")
            )
        }
    }

    @Suite("Peers", .serialized)
    struct PeerTests {
        @Test("mse-lib-crypto and ours open each other's trees")
        func crypto() throws {
            let bench = try Workbench()
            for (name, text) in [
                "app.py": "x = 1", "a.b/c d.txt": "é", "empty": "", "x.enc": "y", "requirements.txt": "flask",
                "big": String(repeating: "z", count: 700_000),
            ] {
                try bench.folder.write("plain/" + name, text)
            }
            try bench.mse("code", "encrypt", "plain", "ours", "--key", "code.key")
            let theirs = try bench.python(
                """
                import shutil, sys
                from pathlib import Path
                from mse_lib_crypto.xsalsa20_poly1305 import encrypt_directory, decrypt_directory
                key = Path("code.key").read_bytes()
                shutil.copytree("ours", "copy")
                decrypt_directory(Path("copy"), key, ".enc", Path("opened"))
                encrypt_directory(Path("plain"), "*", key, None, ["requirements.txt"], [], Path("theirs"))
                """
            )
            #expect(theirs.status == 0, "\(theirs.output)")
            try bench.mse("code", "decrypt", "theirs", "back", "--key", "code.key")
            var plain = try bench.folder.tree("plain")
            plain["requirements.txt"] = nil
            #expect(try bench.folder.tree("opened") == plain)
            #expect(try bench.folder.tree("back") == plain)
            #expect(try bench.folder.tree("ours")["requirements.txt"] == Array("flask".utf8))
        }

        @Test(
            """
            intel-sgx-ra reads our quote and accepts its binding; curl, openssl and requests take the certificate as a \
            pin, and refuse its children
            """
        )
        func pins() throws {
            let bench = try Workbench()
            let made = try bench.package()
            let port = Workbench.freePort()
            try bench.start("hello-1", made, port: port)
            let url = "https://localhost:\(port)/health"
            let ra = try bench.python(
                """
                import sys
                from pathlib import Path
                from cryptography import x509
                from intel_sgx_ra.ratls import ratls_verify
                quote = ratls_verify(x509.load_pem_x509_certificate(Path("hello-1.pem").read_bytes()))
                print(quote.report_body.mr_enclave.hex())
                """,
                peers: "ra"
            )
            #expect(ra.status == 0, "\(ra.output)")
            let measured = try bench.mse("measure", made.package)
            #expect(measured.contains(String(ra.output.prefix(64))))
            #expect(try bench.curl("--cacert", "hello-1.pem", url).output == "OK")
            #expect(try bench.curl(url).status == 60)
            let pin = try bench.run(
                "/bin/bash",
                [
                    "-c",
                    """
                    openssl x509 -in hello-1.pem -pubkey -noout | openssl pkey -pubin -outform DER | openssl dgst \
                    -sha256 -binary | base64
                    """,
                ]
            ).output.split(separator: "\n")[0]
            #expect(try bench.curl("-k", "--pinnedpubkey", "sha256//\(pin)", url).output == "OK")
            #expect(
                try bench.curl("-k", "--pinnedpubkey", "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", url)
                    .status == 90
            )
            let openssl = try bench.run(
                "/bin/bash",
                [
                    "-c",
                    """
                    openssl s_client -connect localhost:\(port) -CAfile hello-1.pem -verify_return_error \
                    -verify_hostname localhost </dev/null
                    """,
                ]
            )
            #expect(openssl.output.contains("Verify return code: 0 (ok)"), "\(openssl.output)")
            let requests = try bench.python(
                """
                import requests, sys; s = requests.Session(); s.trust_env = False; print(s.get(sys.argv[1], \
                verify='hello-1.pem').text)
                """,
                [url]
            )
            #expect(requests.output == "OK\n", "\(requests.output)")
        }

        @Test("a child that is signed with the pinned key is refused by all of them")
        func child() throws {
            let bench = try Workbench()
            let script = """
                set -e
                openssl ecparam -name prime256v1 -genkey -noout -out child.key
                openssl req -new -key child.key -subj /CN=localhost -out child.csr
                printf 'subjectAltName=DNS:localhost\\n' > child.ext
                openssl x509 -req -in child.csr -CA pin.pem -CAkey pin.key -CAcreateserial -days 1 -extfile child.ext \\
                    -out child.pem 2>/dev/null
                cat child.pem pin.pem > chain.pem
                openssl s_server -accept "$1" -cert child.pem -cert_chain chain.pem -key child.key -www -quiet \\
                    >/dev/null 2>&1 &
                server=$!
                sleep 0.5
                curl -sS --cacert pin.pem https://localhost:$1/ >/dev/null 2>&1 && echo "curl accepts"
                openssl s_client -connect localhost:$1 -CAfile pin.pem -verify_return_error \\
                    </dev/null >/dev/null 2>&1 && echo "openssl accepts"
                "$2" -c "import requests
                s = requests.Session()
                s.trust_env = False
                s.get('https://localhost:$1/', verify='pin.pem')" >/dev/null 2>&1 && echo "requests accepts"
                kill $server
                echo done
                """
            // A certificate as ours, with a key that the test knows.
            try PinWithKey.write(to: bench.folder)
            let result = try bench.run(
                "/bin/bash",
                ["-c", script, "child", "\(Workbench.freePort())", Workbench.peers + "/crypto/bin/python"]
            )
            #expect(result.output.hasSuffix("done\n"), "\(result.output)")
            #expect(!result.output.contains("accepts"), "\(result.output)")
        }
    }

    @Suite("Large files", .serialized)
    struct LargeFileTests {
        /// A gibibyte in make deep.
        private static let byteCount = ProcessInfo.processInfo.environment["MSE_DEEP"] == nil ? 192 << 20 : 1 << 30

        @Test("a file of any size needs less than 64 MiB of memory, both ways")
        func memory() throws {
            let bench = try Workbench()
            try bench.folder.write("plain/large", "")
            #expect(truncate(bench.path + "/plain/large", Self.byteCount) == 0)
            for arguments in [["encrypt", "plain", "encrypted"], ["decrypt", "encrypted", "again"]] {
                let script = """
                    import resource, subprocess, sys
                    subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
                    print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
                    """
                let result = try bench.python(
                    script,
                    [Workbench.products + "/mse", "code"] + arguments + ["--key", "code.key"]
                )
                let kibibytes = try #require(Int(result.output.split(separator: "\n").last ?? ""), "\(result.output)")
                #expect(kibibytes < 64 << 10, "\(arguments[0]): \(kibibytes) KiB")
            }
            let sizes = try FileManager.default.attributesOfItem(atPath: bench.path + "/again/large")[.size] as? Int
            #expect(sizes == Self.byteCount)
        }
    }

    @Suite("Configuration server", .serialized)
    struct ConfigurationServerTests {
        private func script(_ bench: Workbench, _ arguments: String...) throws -> String {
            let path = Workbench.project + "/Tests/EndToEndTests/Scripts/configuration_server.py"
            let result = try bench.run("/usr/bin/python3", [path] + arguments)
            #expect(result.status == 0, "\(result.output)")
            return result.output
        }

        @Test("malformed inputs, slow clients and large bodies: it keeps waiting, nothing is written, nothing leaks")
        func attacks() throws {
            let bench = try Workbench()
            let made = try bench.package()
            let port = Workbench.freePort()
            try bench.spawn("hello-1", made.package, port: port)
            let before = try bench.folder.tree("home/services/hello-1/sealed").keys.sorted()
            #expect(try script(bench, "malformed", "\(port)").contains("malformed inputs, and it waits"))
            #expect(try script(bench, "slow", "\(port)").contains("200 slow clients"))
            #expect(try script(bench, "large", "\(port)").contains("it waits"))
            #expect(try bench.state("hello-1") == "waiting")
            #expect(try bench.folder.tree("home/services/hello-1/sealed").keys.sorted() == before)
            let log = try bench.mse("logs", "hello-1")
            #expect(
                !log.contains(String(repeating: "00", count: 32)) && !log.contains("xxxx") && log.utf8.count < 100_000
            )
            // And the right key still works, once.
            try bench.configure("hello-1", made)
            let second = try bench.configure("hello-1", made, expecting: 1)
            #expect(second.contains("not waiting") || second.contains("configured"), "\(second)")
        }

        @Test("the original's exchanges have the original's answers, and leave what they should", .needsSharedVectors)
        func exchanges() throws {
            let bench = try Workbench()
            let vectors = SharedVectors.path("mse/vectors")
            let file = vectors + "/server/exchanges.json"
            try bench.folder.write("dev/attestation_type", "dcap\n")
            try bench.folder.write("dev/user_report_data", "")
            try bench.folder.write("dev/quote", try Files.read(vectors + "/ratls/quote.bin"))
            try bench.folder.write("dev/keys/_sgx_mrenclave", [UInt8](repeating: 5, count: 16))
            try bench.folder.write(
                "plain/app.py",
                """
                import json, os
                def app(environ, start_response):
                    start_response("200 OK", [("Content-Type", "application/json")])
                    paths = {"secrets.json": "SECRETS_PATH", "sealed_secrets.json": "SEALED_SECRETS_PATH"}
                    there = {name: os.environ[path] for name, path in paths.items() if os.path.exists(os.environ[path])}
                    return [json.dumps({name: open(path).read() for name, path in there.items()}).encode()]
                """
            )
            try bench.folder.write("exchanges.key", (0..<32).map { UInt8($0) })
            try bench.mse("code", "encrypt", "plain", "code", "--key", "exchanges.key")
            let result = try bench.run(
                "/usr/bin/python3",
                [
                    Workbench.project + "/Tests/EndToEndTests/Scripts/original_command_line.py", Workbench.products,
                    file, vectors + "/seal",
                ]
            )
            #expect(result.status == 0, "\(result.output)")
            #expect(result.output.contains("accepted 2"))
        }

        @Test("kill -9 at any moment of the configuration leaves an instance that waits or runs", .onlyDeep)
        func killed() throws {
            let bench = try Workbench()
            let made = try bench.package()
            for milliseconds in stride(from: 0, to: 400, by: 25) {
                let name = "k\(milliseconds)"
                let port = Workbench.freePort()
                try bench.spawn(name, made.package, port: port)
                let status = try JSON.read(Array(try bench.mse("status", name, "--json").utf8))
                guard case .number(let text)? = status["pid"]?.value, let pid = Int32(text) else { continue }
                let killer = Thread {
                    usleep(UInt32(milliseconds) * 1000)
                    kill(pid, SIGKILL)
                }
                killer.start()
                _ = try bench.run(
                    Workbench.products + "/mse",
                    ["run", name, "--package", made.package, "--trusted-root", bench.root, "--key", made.key]
                )
                _ = try bench.run(Workbench.products + "/mse", ["restart", name])
                for _ in 0..<100 where try bench.state(name) == "starting" { usleep(50_000) }
                if try bench.state(name) == "waiting" {
                    try bench.configure(name, made)
                }
                #expect(try bench.state(name) == "running")
                try bench.mse("stop", name, "--remove")
            }
        }
    }
}
