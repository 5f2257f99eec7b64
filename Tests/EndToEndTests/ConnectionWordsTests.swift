import Files
import Foundation
import PackageFormat
import Processes
import TestSupport
import Testing

extension EndToEndTests {
    @Suite("Words for connections", .serialized)
    struct ConnectionWordsTests {
        @Test(
            "what goes wrong with a connection is told in words of ours, by whichever command",
            arguments: [
                ("closed", ["connection refused"]), ("plain", ["TLS"]), ("untrusted", ["isn't trusted"]),
                ("nohost", ["no such host"]),
                ("hangup", ["the TLS handshake failed"]),
                // Whether the end or the reset is seen first is the kernel's choice.
                (
                    "reset",
                    ["the TLS handshake failed", "the other side reset the connection", "closed before the answer"]
                ),
            ]
        )
        func words(kind: String, expected: [String]) throws {
            let bench = try Workbench()
            let port = Workbench.freePort()
            let server = """
                import socket, ssl, sys
                kind, port = sys.argv[1:]
                if kind in ("closed", "nohost"): sys.exit()
                listener = socket.create_server(("127.0.0.1", int(port)))
                listener.settimeout(20)
                if kind == "untrusted":
                    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                    context.load_cert_chain("own.pem", "own.key")
                print("listening", flush=True)
                while True:
                    try:
                        stream, _ = listener.accept()
                        if kind == "untrusted":
                            try:
                                stream = context.wrap_socket(stream, server_side=True)
                            except (OSError, ssl.SSLError):
                                continue
                        if kind == "hangup":
                            stream.recv(10000)
                        if kind == "plain":
                            stream.recv(1000)
                            stream.sendall(b"HTTP/1.1 400 Bad Request\\r\\nContent-Length: 0\\r\\n\\r\\n")
                        stream.close()
                    except TimeoutError:
                        break
                """
            try bench.folder.write("server.py", server)
            let script = """
                openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \\
                    -addext subjectAltName=DNS:localhost -keyout own.key -out own.pem 2>/dev/null
                python3 server.py "$2" "$3" > listening 2>&1 & server=$!
                for _ in $(seq 50); do
                    [ -s listening ] || [ "$2" = closed ] || [ "$2" = nohost ] && break
                    sleep 0.1
                done
                host=localhost; [ "$2" = nohost ] && host=does-not-exist.invalid
                "$1" verify https://$host:$3 --expected 0000000000000000000000000000000000000000000000000000000000000000
                echo "verify: $?"
                "$1" collateral fetch --fmspc 00906ED50000 --collateral https://$host:$3
                echo "fetch: $?"
                kill $server 2>/dev/null
                """
            let result = try bench.run(
                "/bin/bash",
                ["-c", script, "words", Workbench.products + "/mse", kind, "\(port)"]
            )
            let messages = result.output.split(separator: "\n").filter { $0.hasPrefix("mse:") }
            #expect(messages.count == 2 && result.output.contains("fetch: 1"), "\(result.output)")
            // A stranger's certificate isn't trusted by verify either: it carries no quote.
            for message in messages where kind != "untrusted" || message.contains("TLS") {
                #expect(expected.contains { message.contains($0) }, "\(message)")
            }
            for text in ["Error", "NIO", "errno", "BoringSSL", "OPENSSL", "SSL_", "Optional", "\\u"] {
                #expect(!result.output.contains(text), "\(result.output)")
            }
        }
    }
}
