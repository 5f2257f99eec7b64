import Files
import Foundation
import Notation
import PackageFormat
import Processes
import TestSupport
import Testing

extension EndToEndTests {
    /// Whoever can reach a waiting agent, and services that answer without an end.
    @Suite("Strangers", .serialized)
    struct StrangersTests {
        private static let strangers = """
            import json, ssl, socket, sys, time
            port, uuid = int(sys.argv[1]), sys.argv[2]
            context = ssl._create_unverified_context()
            bodies = [
                b'{"uuid":"' + b"{" * 1000000 + b'"}', b'{"uuid":"' + b"urn:" * 250000 + b'"}', b"[" * 1000000,
                b'{"uuid":"' + b"-" * 1000000 + b'"}',
                json.dumps({"uuid": uuid, "code_secret_key": "ab" * 32}).encode(),
            ]
            held = []
            for number in range(60):
                body = bodies[number % len(bodies)] if number < 20 else bodies[4]
                try:
                    stream = context.wrap_socket(socket.create_connection(("127.0.0.1", port), 10))
                    head = b"POST / HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(body)
                    stream.sendall(head + body)
                    # Every second one goes at once.
                    if number % 2 == 0: held.append(stream)
                    else: stream.close()
                except OSError:
                    pass
            print("sent", flush=True)
            time.sleep(60)
            """

        @Test(
            "what strangers post to a waiting agent holds its owner up for a moment alone, and none of it is accepted"
        )
        func posts() throws {
            let bench = try Workbench()
            let made = try ReleaseTests.project(
                bench,
                "shop",
                app: "def app(e, s):\n    s('200 OK', [])\n    return [b'OK']\n"
            ) {
                // A wrong key must not cost the whole code.
                try bench.folder.write("shop/mse_src/a.bin", [UInt8](repeating: 7, count: 48 << 20))
            }
            let port = Workbench.freePort()
            try bench.spawn("shop", made.package, port: port)
            let json = try bench.mse("status", "shop", "--json")
            let id = try #require(json.split(separator: Character("\"")).first { $0.count == 36 && $0.contains("-") })
            try bench.folder.write("strangers.py", Self.strangers)
            let script = """
                python3 strangers.py "$2" "$3" > strangers.log & other=$!
                for _ in $(seq 100); do [ -s strangers.log ] && break; sleep 0.1; done
                SECONDS=0
                "$1" run shop --package "$4" --key "$5" --trusted-root "$6" --wait 60
                echo "run: $? after $SECONDS"
                kill $other
                """
            let result = try bench.run(
                "/bin/bash",
                [
                    "-c", script, "posts", Workbench.products + "/mse", "\(port)", String(id), made.package, made.key,
                    bench.root,
                ]
            )
            let seconds = result.output.split(separator: " ").last.flatMap { Int($0.filter(\.isNumber)) } ?? 99
            #expect(result.output.contains("run: 0 after") && seconds < 30, "\(result.output)")
            let events = try bench.mse("logs", "shop").split(separator: "\n")
            #expect(events.filter { $0.contains("agent.configured") }.count == 1)
        }

        @Test(
            "4,096 connections with a MiB each take little memory of a waiting agent, and don't keep its owner out",
            arguments: [1 << 20, 0]
        )
        func flood(byteCount: Int) throws {
            let bench = try Workbench()
            let made = try bench.package()
            let port = Workbench.freePort()
            try bench.spawn("hello-1", made.package, port: port)
            let process = try JSON.read(try bench.folder.read("home/services/hello-1/process.json"))
            guard case .number(let agent)? = process["agent"]?.value else { throw CocoaError(.fileReadUnknown) }
            let flood = Workbench.project + "/Tests/EndToEndTests/Scripts/flood.py"
            let script = """
                memory() { awk '/^VmHWM/ { print $2 }' /proc/\(agent)/status; }
                before=$(memory)
                python3 \(flood) \(port) 4096 \(byteCount) 40 > flood.log & other=$!
                sleep 8
                echo "kibibytes $(($(memory) - before))"
                SECONDS=0
                "$1" run hello-1 --package "$2" --key "$3" --trusted-root "$4" --wait 60
                echo "run: $?"; echo "seconds $SECONDS"
                kill $other
                """
            let words = ["-c", script, "flood", Workbench.products + "/mse", made.package, made.key, bench.root]
            let output = try bench.run("/bin/bash", words).output
            func number(_ name: String) -> Int {
                let line = output.split(separator: "\n").last { $0.hasPrefix(name + " ") }
                return Int(line?.dropFirst(name.count + 1) ?? "") ?? .max
            }
            #expect(output.contains("run: 0") && number("seconds") < 30, "\(output)")
            // Of 4 GiB that were sent.
            #expect(number("kibibytes") < 192 << 10, "\(output)")
        }

        @Test("a service that answers without an end costs whoever asks it no memory", arguments: ["/health", "/slow"])
        func endless(path: String) throws {
            let bench = try Workbench()
            let app = """
                import time
                def app(environ, start_response):
                    start_response("200 OK", [])
                    while True:
                        if environ["PATH_INFO"] == "/slow": time.sleep(0.2)
                        yield b"x" * (1 << 20)
                """
            let made = try ReleaseTests.project(bench, "shop", app: app, health: path)
            try bench.spawn("shop", made.package, port: Workbench.freePort())
            let script = """
                import resource, subprocess, sys, time
                start = time.monotonic()
                named = ["--package", sys.argv[2], "--key", sys.argv[3], "--trusted-root", sys.argv[4]]
                for arguments in (
                    ["run", "shop"] + named + ["--wait", "30"],
                    ["status", "shop"],
                    ["restart", "shop", "--wait", "30"],
                ):
                    kept = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
                    print(subprocess.run([sys.argv[1]] + arguments, timeout=100, **kept).returncode)
                print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, int(time.monotonic() - start))
                """
            try bench.folder.write("ask.py", script)
            let result = try bench.run(
                "python3",
                ["ask.py", Workbench.products + "/mse", made.package, made.key, bench.root]
            )
            let lines = result.output.split(separator: "\n")
            #expect(lines.prefix(3) == ["0", "0", "0"], "\(result.output)")
            let kibibytes = lines.last?.split(separator: " ").first.flatMap { Int($0) } ?? .max
            #expect(kibibytes < 200 << 10, "\(result.output)")
        }
    }
}
