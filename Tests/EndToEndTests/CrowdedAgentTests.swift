import Crypto
import Files
import Foundation
import Notation
import PackageFormat
import PackageMeasurement
import Processes
import RATLS
import SimulatedProcessor
import StrictX509
import TestSupport
import Testing

extension EndToEndTests {
    /// What an agent answers for which too many wait, by one whose key the test has.
    @Suite("Crowded agents", .serialized)
    struct CrowdedAgentTests {
        /// Answers with 503 so many times, then takes the configuration; another certificate may come in between.
        private static let agent = """
            import hashlib, json, signal, socket, ssl, sys
            signal.alarm(120)
            port, refusals, other = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "other"
            def context(name):
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(name + ".pem", name + ".key")
                context.set_alpn_protocols(["mse-configuration/1", "http/1.1"])
                return context
            contexts = [context("agent"), context("second")]
            listener = socket.create_server(("127.0.0.1", port))
            seen = open("seen", "w", buffering=1)
            print("up", flush=True)
            posts = 0
            while True:
                raw, _ = listener.accept()
                try:
                    stream = contexts[1 if other and posts else 0].wrap_socket(raw, server_side=True)
                    data = b""
                    while b"\\r\\n\\r\\n" not in data:
                        piece = stream.recv(65536)
                        if not piece: break
                        data += piece
                    head, _, body = data.partition(b"\\r\\n\\r\\n")
                    if not head.startswith(b"POST"):
                        if head: stream.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n")
                        stream.close()
                        continue
                    length = int([line for line in head.lower().split(b"\\r\\n") if line.startswith(b"content-length:")][0].split(b":")[1])
                    while len(body) < length: body += stream.recv(65536)
                    posts += 1
                    digest = hashlib.sha256(body).hexdigest()
                    seen.write(digest + "\\n")
                    if posts <= refusals:
                        text = json.dumps({"code": "request.crowded", "message": "too many wait here; try again"})
                        answer = f"HTTP/1.1 503 Service Unavailable\\r\\nContent-Length: {len(text)}\\r\\nConnection: close\\r\\n\\r\\n{text}"
                    else:
                        lines = [{"type": "accepted", "requestSHA256": digest, "epoch": "00" * 32, "homeEpoch": "11" * 32}, {"type": "started"}]
                        text = "".join(json.dumps(line) + "\\n" for line in lines)
                        answer = f"HTTP/1.1 200 OK\\r\\nContent-Length: {len(text)}\\r\\nConnection: close\\r\\n\\r\\n{text}"
                    stream.sendall(answer.encode())
                    stream.close()
                except OSError:
                    pass
            """

        private let bench: Workbench
        private let made: (package: String, key: String)
        private let port = Workbench.freePort()

        init() throws {
            bench = try Workbench()
            made = try ReleaseTests.project(bench, "shop")
            // Its launch record and its processor are real; its place is taken.
            try bench.spawn("shop", made.package, port: port)
            try bench.mse("stop", "shop")
            let enclave = try PackageFile(bench.path + "/" + made.package).enclave()
            let platform = try SimulatedPlatform(folder: bench.path + "/home/simulator")
            let launch = try LaunchRecord(try bench.folder.read("home/services/shop/launch.json"))
            for name in ["agent", "second"] {
                let key = P256.Signing.PrivateKey()
                let binding = ReportDataBinding(
                    point: Array(key.publicKey.x963Representation),
                    sealingKey: [UInt8](repeating: 9, count: 32)
                )
                let quote = try platform.quote(
                    for: LaunchedEnclave(enclave),
                    reportData: binding.encoded
                )
                let now = Timestamp(seconds: Int64(Date().timeIntervalSince1970))
                let der = try CertificateMaker(launch).make(key: key, quote: quote, now: now)
                try bench.folder.write(name + ".pem", PEM.text(der))
                try bench.folder.write(name + ".key", key.pemRepresentation)
            }
        }

        private func run(refusals: Int, other: Bool = false, wait: Int = 60) throws -> (
            result: ProgramRun.Result, posts: [Substring]
        ) {
            let agent = Process()
            agent.executableURL = URL(filePath: "/usr/bin/python3")
            agent.arguments = ["-c", Self.agent, "\(port)", "\(refusals)", other ? "other" : "same"]
            agent.currentDirectoryURL = URL(filePath: bench.path)
            let pipe = Pipe()
            agent.standardOutput = pipe
            agent.standardError = FileHandle.nullDevice
            agent.standardInput = FileHandle.nullDevice
            try agent.run()
            defer { kill(agent.processIdentifier, SIGKILL) }
            _ = pipe.fileHandleForReading.availableData
            let result = try bench.run(
                Workbench.products + "/mse",
                [
                    "run", "shop", "--package", made.package, "--trusted-root", bench.root, "--key", made.key, "--wait",
                    "\(wait)",
                ]
            )
            let seen = String(decoding: try bench.folder.read("seen"), as: UTF8.self).split(separator: "\n")
            return (result, seen)
        }

        @Test("its owner comes again with the same configuration until there is room", arguments: [1, 5])
        func again(refusals: Int) throws {
            let (result, posts) = try run(refusals: refusals)
            #expect(result.status == 0, "\(result.output)")
            #expect(posts.count == refusals + 1 && Set(posts).count == 1, "\(posts)")
        }

        @Test("no longer than there is time for")
        func bounded() throws {
            let start = ContinuousClock.now
            let (result, posts) = try run(refusals: 100_000, wait: 3)
            #expect(result.status == 1 && result.output.contains("too many wait here"), "\(result.output)")
            #expect(posts.count > 2 && posts.count <= 401 && ContinuousClock.now - start < .seconds(20))
        }

        @Test("to another certificate nothing more is sent")
        func otherCertificate() throws {
            let (result, posts) = try run(refusals: 100, other: true)
            #expect(
                result.status == 1 && result.output.contains("another certificate answers there now"),
                "\(result.output)"
            )
            #expect(posts.count == 1, "\(posts)")
        }
    }
}
