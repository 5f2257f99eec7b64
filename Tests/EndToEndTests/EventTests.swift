import Files
import Foundation
import PackageFormat
import Processes
import TestSupport
import Testing

extension EndToEndTests {
    /// What the operator is told of an instance's life, its violent ends included.
    @Suite("Events", .serialized)
    struct EventTests {
        private static let secret = "hunter2-0815-battery-staple"
        private static let app = """
            import ctypes, faulthandler, json, os, sys
            from pathlib import Path

            SECRET = json.loads(Path(os.environ["SECRETS_PATH"]).read_text())["password"]
            faulthandler.enable(all_threads=True)

            def app(environ, start_response):
                way = environ["PATH_INFO"]
                print("ends with", SECRET, way)
                sys.stdout.flush()
                if way == "/abort":
                    os.abort()
                if way == "/segment":
                    ctypes.string_at(0)
                if way == "/exit":
                    os._exit(3)
                if way == "/fatal":
                    ctypes.pythonapi.Py_FatalError(b"fatal " + SECRET.encode())
                start_response("200 OK", [])
                return [b"OK"]
            """

        private func holds(_ bytes: [UInt8], _ text: String) -> Bool { Data(bytes).range(of: Data(text.utf8)) != nil }

        @Test(
            "however it ends, the operator learns the code or the signal, and not a word more",
            arguments: [
                ("abort", "launcher.killed signal="), ("segment", "launcher.killed signal=11"),
                ("exit", "launcher.ended exitCode=3"),
                ("fatal", "launcher.killed signal="), ("stop", "launcher.ended exitCode=0"),
            ]
        )
        func end(way: String, event: String) throws {
            let bench = try Workbench()
            let made = try ReleaseTests.project(bench, "shop", app: Self.app)
            let port = Workbench.freePort()
            try bench.folder.write("secrets.json", "{\"password\": \"\(Self.secret)\"}")
            try bench.spawn("shop", made.package, port: port)
            try bench.configure(
                "shop",
                made,
                "--secrets",
                "secrets.json"
            )
            _ = try bench.curl("-k", "https://localhost:\(port)/" + way)
            if way == "stop" { try bench.mse("stop", "shop") }
            var events = ""
            for _ in 0..<100 {
                events = try bench.mse("logs", "shop")
                if events.contains(event) { break }
                usleep(100_000)
            }
            #expect(events.contains(event), "\(events)")
            let codes = events.split(separator: "\n").map { $0.split(separator: " ").dropFirst().first ?? "" }
            for code in ["launcher.started", "agent.listening", "agent.configured", "application.serving"] {
                #expect(codes.contains(Substring(code)), "\(events)")
            }
            let form = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ [a-z]+\.[a-zA-Z]+( [a-zA-Z]+=[a-zA-Z0-9.]+)*/
            for line in events.split(separator: "\n") { #expect(line.wholeMatch(of: form) != nil, "\(line)") }
            for (name, bytes) in try bench.folder.tree("home/services") where !name.hasSuffix("package.tar") {
                for text in [Self.secret, "Fatal Python", "Current thread", "app.py"] {
                    #expect(!holds(bytes, text), "\(name): \(text)")
                }
            }
        }
    }
}
