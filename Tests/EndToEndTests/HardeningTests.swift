import Files
import Foundation
import PackageFormat
import Processes
import TestSupport
import Testing

extension EndToEndTests {
    /// Modes, linking, and what is said of readable code.
    @Suite("Modes and linking", .serialized)
    struct HardeningTests {
        @Test(
            "the executables bind every symbol at once, have no executable stack, and may lie anywhere",
            arguments: ["mse", "mse-bootstrap", "mse-serve", "simulated-loader"]
        )
        func linking(name: String) throws {
            let bench = try Workbench()
            let result = try bench.run("/usr/bin/readelf", ["-hldW", Workbench.products + "/" + name])
            #expect(result.status == 0, "\(result.output)")
            #expect(result.output.contains("DYN (Position-Independent Executable file)"), "\(result.output)")
            #expect(result.output.contains("BIND_NOW") || result.output.contains("Flags: NOW"), "\(result.output)")
            #expect(result.output.contains("GNU_RELRO"))
            let stack = try #require(result.output.split(separator: "\n").first { $0.contains("GNU_STACK") })
            #expect(!stack.contains("RWE"), "\(stack)")
        }

        @Test("with too few descriptors nothing is begun, and one message says so", arguments: [4, 8, 12, 16, 24, 40])
        func descriptors(limit: Int) throws {
            let bench = try Workbench()
            let made = try bench.package()
            let commands = [
                """
                spawn few --package \(made.package) --san localhost --port \(Workbench.freePort()) --platform \
                simulator
                """,
                "list",
                "scaffold other", "package --project hello --output few --encrypt", "verify https://localhost:1",
                "localtest --project hello",
                "measure \(made.package)", "code encrypt hello few --key few.key",
            ]
            for command in commands {
                let result = try bench.run("/bin/bash", ["-c", "ulimit -n \(limit); exec bin/mse \(command)"])
                #expect(result.status == 1, "\(command): \(result.output)")
                #expect(
                    result.output.hasPrefix("mse: too few files may be open")
                        && result.output.split(separator: "\n").count == 1
                        || result.output.contains("error while loading shared libraries"),
                    "\(command): \(result.output)"
                )
            }
            #expect(
                !Files.exists(bench.path + "/home/services/few") && !Files.exists(bench.path + "/other")
                    && !Files.exists(bench.path + "/few")
            )
            // A soft limit is raised, and many inherited descriptors count.
            #expect(try bench.run("/bin/bash", ["-c", "ulimit -Sn 12; exec bin/mse list"]).status == 0)
            let inherited = try bench.run(
                "/bin/bash",
                ["-c", "ulimit -n 100; for i in $(seq 10 90); do eval \"exec $i</dev/null\"; done; exec bin/mse list"]
            )
            #expect(inherited.status == 1 && inherited.output.contains("too few files"), "\(inherited.output)")
        }

        @Test("no mask takes from a user what he makes", arguments: ["0777", "0277"])
        func masks(mask: String) throws {
            let bench = try Workbench()
            let made = try bench.package()
            let result = try bench.run(
                "/bin/bash",
                [
                    "-c",
                    """
                    umask \(mask); bin/mse spawn masked --package \(made.package) --san localhost --port \
                    \(Workbench.freePort()) --platform simulator
                    """,
                ]
            )
            #expect(result.status == 0, "\(result.output)")
            let found = try bench.run(
                "/usr/bin/find",
                ["home/services", "-not", "-type", "l", "-not", "-perm", "-u+r"]
            )
            #expect(found.status == 0 && found.output.isEmpty, "\(found.output)")
            try bench.mse("stop", "masked", "--remove")
        }

        @Test(
            "no program links more of Foundation than its essentials, and none has tables of ICU",
            arguments: [("mse", 40_000_000), ("mse-bootstrap", 30_000_000), ("mse-serve", 30_000_000)]
        )
        func noFoundation(name: String, limit: Int) throws {
            let bytes = try Self.program(name)
            #expect(bytes.range(of: Data("FoundationEssentials".utf8)) != nil)
            for name in ["libFoundation.so", "FoundationInternationalization", "FoundationICU", "icudt"] {
                #expect(bytes.range(of: Data(name.utf8)) == nil, "\(name)")
            }
            if ProcessInfo.processInfo.environment["MSE_PRODUCTS"] != nil {
                #expect(bytes.count <= limit, "\(bytes.count)")
            }
        }

        @Test(
            "what is measured with every service makes no packages, starts no programs, and is no development server",
            arguments: [
                ("PackageBuilder", "mse"), ("EnvironmentBuilder", "mse"), ("ProgramRun", "mse"),
                ("RunningProgram", "mse"), ("DevelopmentServerProgram", "mse"), ("DevelopmentServer", "mse-serve"),
                ("LoggedFailures", "mse-serve"), ("--private-key go together", "mse-serve"),
                ("cprocesses_spawn", "mse"), ("cprocesses_replace", "mse"),
            ]
        )
        func agentIsTheEnclavesAlone(name: String, home: String) throws {
            #expect(try Self.program("mse-bootstrap").range(of: Data(name.utf8)) == nil, "\(name)")
            // Else the name is no word of what it stands for. Those of C are taken out of a release.
            guard !name.contains("_") || ProcessInfo.processInfo.environment["MSE_PRODUCTS"] == nil else { return }
            #expect(try Self.program(home).range(of: Data(name.utf8)) != nil, "\(name)")
        }

        private static func program(_ name: String) throws -> Data {
            Data(try Files.read(Workbench.products + "/" + name, limit: 256 << 20))
        }

        @Test("a home that others can write in is refused, with the mend", arguments: [0o777, 0o775, 0o722])
        func home(mode: UInt16) throws {
            let bench = try Workbench()
            chmod(bench.path + "/home", mode_t(mode))
            let output = try bench.mse("status", "hello-1", expecting: 1)
            #expect(output.contains("others can write in it") && output.contains("chmod 700"), "\(output)")
            chmod(bench.path + "/home", 0o700)
            try bench.mse("scaffold", "hello")
            chmod(bench.path + "/home/services", mode_t(mode))
            #expect(
                try bench.mse("package", "--project", "hello", "--output", "out", expecting: 1).contains(
                    "others can write in it"
                )
            )
            #expect(!Files.exists(bench.path + "/out"))
            chmod(bench.path + "/home/services", 0o700)
        }

        @Test("a configuration that others can write names no root to trust", arguments: [0o777, 0o775, 0o666, 0o620])
        func configuration(mode: UInt16) throws {
            let bench = try Workbench()
            let folder = bench.path + "/config/mse", file = folder + "/config.toml"
            try bench.folder.write("config/mse/config.toml", "trusted_root = \"\(bench.root)\"\n")
            try bench.folder.write("quote.bin", "no quote")
            for (path, mend) in [(folder, "chmod 700 \(folder)"), (file, "chmod 600 \(file)")] {
                chmod(folder, 0o700)
                chmod(file, 0o600)
                chmod(path, mode_t(mode | (path == folder ? 0o700 : 0)))
                for command in [
                    ["verify", "quote.bin"], ["quote", "verify", "quote.bin"], ["collateral", "check", "quote.bin"],
                ] {
                    let result = try bench.run(Workbench.products + "/mse", command)
                    #expect(
                        result.status == 1 && result.output.contains("others can write in it")
                            && result.output.contains(mend),
                        "\(result.output)"
                    )
                }
            }
            chmod(folder, 0o755)
            chmod(file, 0o644)
            #expect(try !bench.mse("verify", "quote.bin", expecting: 1).contains("others can write"))
        }

        @Test("plain code ships with a warning that names what it means; decrypted code is its owner's alone")
        func plain() throws {
            let bench = try Workbench()
            try bench.mse("scaffold", "hello")
            let plain = try bench.mse("package", "--project", "hello", "--output", "out")
            #expect(
                plain.contains("WARNING") && plain.contains("NOT encrypted") && plain.contains("--encrypt"),
                "\(plain)"
            )
            #expect(try !bench.mse("package", "--project", "hello", "--output", "out", "--encrypt").contains("WARNING"))
            try bench.mse("code", "encrypt", "hello/mse_src", "encrypted", "--key", "code.key")
            let decrypt = try bench.run(
                "/bin/sh",
                ["-c", "umask 0; \"$1\" code decrypt encrypted back --key code.key", "sh", Workbench.products + "/mse"]
            )
            #expect(decrypt.status == 0, "\(decrypt.output)")
            let modes = try bench.run("/usr/bin/find", ["back", "code.key", "-perm", "/077"])
            #expect(modes.output.isEmpty, "\(modes.output)")
        }

        @Test(
            """
            a service with a certificate of its own making, X.509 version 1 and without names, is trusted when exactly \
            it is named
            """
        )
        func ownCertificate() throws {
            let bench = try Workbench()
            let script = """
                set -e
                for name in one other; do
                  openssl ecparam -name prime256v1 -genkey -noout -out $name.key
                  openssl req -new -key $name.key -subj "/CN=PCCS" -out $name.csr
                  openssl x509 -req -in $name.csr -signkey $name.key -days 2 -out $name.pem 2>/dev/null
                done
                "$1" simulator serve --port "$2" > serve.log 2>&1 & http=$!
                python3 - "$2" "$3" <<'PY' & tls=$!
                import http.server, ssl, sys, urllib.request
                plain, port = sys.argv[1:]
                class Forward(http.server.BaseHTTPRequestHandler):
                    def do_GET(self):
                        try:
                            answer = urllib.request.urlopen("http://127.0.0.1:%s%s" % (plain, self.path))
                        except urllib.error.HTTPError as error:
                            answer = error
                        body = answer.read()
                        self.send_response(answer.status if hasattr(answer, "status") else answer.code)
                        for name, value in answer.headers.items():
                            if name.lower() not in ("connection", "transfer-encoding", "content-length"):
                                self.send_header(name, value)
                        self.send_header("Content-Length", str(len(body)))
                        self.end_headers()
                        self.wfile.write(body)
                    def log_message(self, *a): pass
                server = http.server.ThreadingHTTPServer(("127.0.0.1", int(port)), Forward)
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain("one.pem", "one.key")
                server.socket = context.wrap_socket(server.socket, server_side=True)
                server.serve_forever()
                PY
                for _ in $(seq 100); do
                    curl -sk "https://localhost:$3/" >/dev/null && curl -s "http://127.0.0.1:$2/" >/dev/null && break
                    sleep 0.1
                done
                ask() {
                    "$1" collateral fetch hello.pem --output out-$3 --collateral "https://localhost:$2" \\
                        --collateral-ca $3.pem
                }
                ask "$1" "$3" one && echo "one is trusted"
                rm -rf home/collateral
                ask "$1" "$3" other || echo "other is not: $?"
                kill $http $tls
                """
            try bench.folder.write("hello.pem", "")
            let made = try ReleaseTests.project(bench, "hello")
            try bench.spawn("hello-1", made.package, port: Workbench.freePort())
            try bench.mse("evidence", "hello-1", "--output", "evidence")
            try bench.folder.write("hello.pem", try bench.folder.read("evidence/ratls.pem"))
            let result = try bench.run(
                "/bin/bash",
                [
                    "-c", script, "own", Workbench.products + "/mse", "\(Workbench.freePort())",
                    "\(Workbench.freePort())",
                ]
            )
            #expect(
                result.output.contains("one is trusted") && result.output.contains("other is not: 1"),
                "\(result.output)"
            )
        }
    }
}
