import Crypto
import Files
import Foundation
import Notation
import PackageFormat
import PackageMeasurement
import Processes
import SGXQuote
import Secrets
import TestSupport
import Testing

extension EndToEndTests {
    /// Where keys and secrets are once they have been used: nowhere.
    @Suite("Memory", .serialized, .enabled(if: getuid() == 0, "reading another process's memory needs root"))
    struct MemoryTests {
        private static func patterns(key: [UInt8], secret: String) -> [String: [UInt8]] {
            [
                "code key": key,
                "code key in hexadecimal": Array(Hex.text(key).utf8),
                "code key in capitals": Array(Hex.text(key).uppercased().utf8),
                "code key in base64": Array(Base64.text(key, padded: false).utf8),
                "code key in base64url": Array(Base64.text(key, .url, padded: false).utf8),
                "secret": Array(secret.utf8),
                "secret in base64": Array(Base64.text(Array(secret.utf8), padded: false).utf8.dropLast(4)),
            ]
        }

        /// What was found, and where: without the line that tells how much was searched.
        private static func search(_ bench: Workbench, _ process: String) throws -> [String] {
            let script = Workbench.project + "/Tests/EndToEndTests/Scripts/search_memory.py"
            let result = try bench.run("/usr/bin/python3", [script, process, "patterns.json"])
            let lines = result.output.split(separator: "\n").map(String.init)
            let searched = try #require(lines.last { $0.hasPrefix("searched ") }, "\(result.output)")
            #expect(try #require(Int(searched.dropFirst(9))) > 1, "\(result.output)")
            return lines.filter { !$0.hasPrefix("searched ") }
        }

        private static func write(_ patterns: [String: [UInt8]], _ bench: Workbench) throws {
            let members = patterns.sorted { $0.key < $1.key }.map { Member($0.key, Node(Hex.text($0.value))) }
            try bench.folder.write("patterns.json", JSON.canonical(Node(.object(members))))
        }

        /// A service, its package and key, and secrets that no other run has; what is to be sought is written down.
        private static func begin(_ app: String) throws -> (Workbench, port: Int, run: [String]) {
            let bench = try Workbench()
            let made = try ReleaseTests.project(bench, "shop", app: app)
            let secret = "hunter-" + Hex.text((0..<24).map { _ in UInt8.random(in: 0...255) })
            try bench.folder.write("secrets.json", "{\"password\": \"\(secret)\"}")
            try write(patterns(key: try bench.folder.read(made.key), secret: secret), bench)
            let port = Workbench.freePort()
            try bench.spawn("shop-1", made.package, port: port)
            let options = ["--package", made.package, "--trusted-root", bench.root, "--key", made.key]
            return (bench, port, ["run", "shop-1"] + options + ["--secrets", "secrets.json"])
        }

        @Test("after a configuration, and after a restart, the agent's memory holds neither key nor secret")
        func agent() throws {
            let app = """
                import os

                def app(environ, start):
                    if environ["PATH_INFO"] == "/use":
                        app.text = open(os.environ["SECRETS_PATH"]).read()
                    start("200 OK", [])
                    return [b"OK"]
                """
            let (bench, port, run) = try Self.begin(app)
            _ = try bench.run(Workbench.products + "/mse", run)
            func found() throws -> Set<String> {
                let node = try JSON.read(try bench.folder.read("home/services/shop-1/process.json"))
                guard case .number(let agent)? = node["agent"]?.value else { return ["no agent"] }
                return Set(try Self.search(bench, agent))
            }
            _ = try bench.curl("-k", "https://localhost:\(port)/")
            #expect(try found() == [], "once it is configured")
            _ = try bench.mse("restart", "shop-1")
            _ = try bench.curl("-k", "https://localhost:\(port)/")
            #expect(try found() == [], "once it was restarted")
            // What Python read is Python's; and the search finds what is there.
            _ = try bench.curl("-k", "https://localhost:\(port)/use")
            #expect(try found().contains { $0.hasPrefix("secret: ") })
            _ = try bench.mse("stop", "shop-1")
        }

        private static func text(_ node: Node, _ name: String) -> String {
            guard case .string(let text)? = node[name]?.value else { return "" }
            return text
        }
        private static func bytes(_ node: Node, _ name: String) -> [UInt8] { Hex.bytes(text(node, name)) ?? [] }

        /// What the processor gives the agent of this instance to seal with.
        private static func sealingSecret(_ bench: Workbench, package: String) throws -> SecretKey {
            let keys = try JSON.read(try bench.folder.read("home/simulator/keys.json"))
            let measurement = try PackageFile(bench.path + "/" + package).enclave().measurement
            let secret = HKDF<SHA256>.deriveKey(
                inputKeyMaterial: SymmetricKey(data: Self.bytes(keys, "fuse")),
                salt: Array("mse-simulated-seal".utf8),
                info: Array("mrenclave".utf8) + measurement.array + [0],
                outputByteCount: 32
            )
            let bytes = secret.withUnsafeBytes { Array($0) }
            return try SecretKey(copying: bytes.span.bytes)
        }

        /// A key of sealed state, as docs/formats/sealed-state.md has it.
        private static func key(_ root: borrowing SecretKey, id: String, _ name: String, _ file: [UInt8]) -> [UInt8] {
            var info: [UInt8] = []
            for part in [Array(id.utf8), Array(name.utf8), [1], Array(file[8..<40])] {
                info += [0, 0, 0, UInt8(part.count)] + part
            }
            return root.withBytes {
                HKDF<SHA256>.deriveKey(
                    inputKeyMaterial: SymmetricKey(data: $0),
                    salt: Array("mse sealed state".utf8),
                    info: info,
                    outputByteCount: 32
                )
                .withUnsafeBytes { Array($0) }
            }
        }

        @Test(
            """
            what opens sealed state isn't there while the application runs: neither the processor's key, nor those of \
            configuration and identity, nor the key that boxes are sealed to; HOME's is
            """
        )
        func sealing() throws {
            let app = "def app(environ, start):\n    start('200 OK', [])\n    return [b'OK']\n"
            let (bench, port, run) = try Self.begin(app)
            _ = try bench.run(Workbench.products + "/mse", run)
            let root = try Self.sealingSecret(bench, package: run[3])
            let launch = try JSON.read(try bench.folder.read("home/services/shop-1/launch.json"))
            let id = Self.text(launch, "id")
            func file(_ name: String) throws -> [UInt8] {
                try bench.folder.read("home/services/shop-1/sealed/" + name + ".sealed")
            }
            func check(_ occasion: String) throws {
                var patterns = ["the processor's key": root.withBytes { Array($0) }]
                for name in ["configuration", "identity"] {
                    patterns["the key of " + name] = Self.key(root, id: id, name, try file(name))
                }
                let box = try file("identity")
                let opener = try SecretKey(copying: Self.key(root, id: id, "identity", box).span.bytes)
                let text = try #require(SecretBox.open(Array(box[40...]), with: opener)?.withBytes { Array($0) })
                let opened = try JSON.read(text)
                patterns["the box's key"] = Self.bytes(opened, "sealingKey")
                let configuration = try file("configuration")
                patterns["the key of HOME"] = try {
                    let opener = try SecretKey(
                        copying: Self.key(root, id: id, "configuration", configuration).span.bytes
                    )
                    let box = SecretBox.open(Array(configuration[40...]), with: opener)
                    let text = try #require(box?.withBytes { Array($0) })
                    let epoch = Self.bytes(try JSON.read(text), "homeEpoch")
                    return Self.key(root, id: id, "home", [UInt8](repeating: 0, count: 8) + epoch)
                }()
                try Self.write(patterns, bench)
                let node = try JSON.read(try bench.folder.read("home/services/shop-1/process.json"))
                guard case .number(let agent)? = node["agent"]?.value else {
                    Issue.record("no agent")
                    return
                }
                let found = Set(try Self.search(bench, agent))
                // The search finds what is there.
                #expect(found == ["the key of HOME: locked"], "\(occasion): \(found)")
            }
            _ = try bench.curl("-k", "https://localhost:\(port)/")
            try check("once it is configured")
            _ = try bench.mse("restart", "shop-1")
            _ = try bench.curl("-k", "https://localhost:\(port)/")
            try check("once it was restarted")
            _ = try bench.mse("stop", "shop-1")
        }

        @Test("overwriting costs a service neither memory that it never touched nor the square of what grows")
        func cost() throws {
            let app = """
                import time

                def peak():
                    return int(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))

                def app(environ, start):
                    before = peak()
                    for _ in range(4):
                        large = bytes(1 << 28)
                        del large
                    grown = peak() - before
                    begun, text = time.process_time(), "x" * (4 << 20)
                    for _ in range(2000):
                        text += "x" * 16
                    start("200 OK", [])
                    return [b"%d %d" % (grown, (time.process_time() - begun) * 1000)]
                """
            let (bench, port, run) = try Self.begin(app)
            _ = try bench.run(Workbench.products + "/mse", run)
            let numbers = try bench.curl("-k", "https://localhost:\(port)/").output.split(separator: " ").compactMap {
                Int($0)
            }
            try #require(numbers.count == 2)
            // Copied each time, 2,000 times four MiB are some seconds; and a GiB was never touched.
            #expect(numbers[0] < 64 << 10 && numbers[1] < 500, "\(numbers)")
            _ = try bench.mse("stop", "shop-1")
        }

        @Test("once they are sent, the owner's own process holds neither key nor secret while it waits for the answer")
        func owner() throws {
            // An application that never comes to its end keeps `mse run` waiting.
            let (bench, _, run) = try Self.begin("import time\napp = None\nwhile True: time.sleep(1)\n")
            let script = """
                "$@" & run=$!
                for _ in $(seq 300); do grep -q ' agent.configured' home/services/shop-1/log && break; sleep 0.1; done
                sleep 0.5
                echo $run
                /usr/bin/python3 "$SEARCH" $run patterns.json
                kill $run
                """
            let search = Workbench.project + "/Tests/EndToEndTests/Scripts/search_memory.py"
            let result = try bench.run(
                "/bin/bash",
                ["-c", "export SEARCH=\(search)\n" + script, "sh", Workbench.products + "/mse"] + run
            )
            let lines = result.output.split(separator: "\n").map(String.init)
            #expect(lines.contains { $0.hasPrefix("searched ") && $0 != "searched 0" }, "\(result.output)")
            #expect(lines.filter { $0.hasPrefix("code key") || $0.hasPrefix("secret") } == [], "\(result.output)")
            _ = try bench.mse("stop", "shop-1")
        }

        @Test("what overwrites freed memory gets on with another allocator, loaded before it")
        func otherAllocator() throws {
            let library = "libc_malloc_debug.so.0"
            let bench = try Workbench()
            for command in [
                "--version", "code encrypt none out --key none", "seal --input patterns --unverified-key zz",
            ] {
                let plain = try bench.run("/bin/sh", ["-c", "bin/mse \(command)"])
                let checked = try bench.run(
                    "/bin/sh",
                    ["-c", "LD_PRELOAD=\(library) MALLOC_CHECK_=3 bin/mse \(command)"]
                )
                #expect(checked.status == plain.status && checked.output == plain.output, "\(checked.output)")
            }
        }
    }
}
