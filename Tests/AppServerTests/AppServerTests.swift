import AppServer
import Foundation
import Glibc
import Logging
import NIOHTTP1
import Synchronization
import Testing

/// Answers with what it was asked, so that tests see what arrived.
private struct Echo: Responder {
    func respond(to exchange: Exchange) {
        let path = exchange.head.uri
        Thread.detachNewThread {
            switch path {
            case "/stream":
                exchange.begin(ResponseHead("200 OK"))
                for part in ["one", "two"] { _ = Array(part.utf8).withUnsafeBytes { exchange.write($0) } }
                exchange.end()
            case "/broken":
                exchange.begin(ResponseHead("200 OK"), length: 10)
                _ = Array("abc".utf8).withUnsafeBytes { exchange.write($0) }
                exchange.end(isBroken: true)
            case "/closing":
                Thread.sleep(forTimeInterval: 0.2)
                exchange.respond(ResponseHead("200 OK"), body: Array("last".utf8), closes: true)
            case "/large":
                exchange.respond(ResponseHead("200 OK"), body: [UInt8](repeating: 0x61, count: AppServerTests.large))
            case "/none": exchange.respond(ResponseHead("204 No Content"))
            default:
                var count = 0
                let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65536, alignment: 1)
                defer { buffer.deallocate() }
                while case .bytes(let part) = exchange.body.read(into: buffer, waits: true) { count += part }
                exchange.respond(
                    ResponseHead("200 OK", [("X-Count", "\(count)")]),
                    body: Array("\(exchange.head.method.rawValue) \(path)".utf8)
                )
            }
        }
    }
}

@Suite("HTTP server")
struct AppServerTests {
    /// Sends raw bytes, and reads until the server closes or a second passes without a byte.
    private func exchange(
        _ text: String,
        limits: ServerLimits = ServerLimits(),
        responder: any Responder = Echo()
    ) async throws -> String {
        let server = AppServer(
            responder: responder,
            tls: nil,
            limits: limits,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        )
        let port = try await server.start(host: "127.0.0.1", port: 0)
        let answer = await Self.onThread { Self.talk(port, Array(text.utf8)) }
        await server.shutdown(grace: .zero)
        return answer
    }

    /// What blocks must not hold one of the few threads on which everything else waits.
    private static func onThread<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
        await withCheckedContinuation { continuation in
            Thread { continuation.resume(returning: body()) }.start()
        }
    }

    private static func talk(_ port: Int, _ bytes: [UInt8], from source: String = "127.0.0.1") -> String {
        let descriptor = open(port, bytes, from: source)
        defer { close(descriptor) }
        return answer(descriptor)
    }

    /// Connects from an address of this machine, and sends.
    private static func open(_ port: Int, _ bytes: [UInt8], from source: String = "127.0.0.1") -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var own = sockaddr_in()
        own.sin_family = sa_family_t(AF_INET)
        own.sin_addr.s_addr = inet_addr(source)
        _ = withUnsafePointer(to: &own) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var limit = timeval(tv_sec: 1, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        _ = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                send(descriptor, $0.baseAddress! + sent, $0.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { break }
            sent += count
        }
        return descriptor
    }

    private static func answer(_ descriptor: Int32) -> String {
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while case let count = recv(descriptor, &buffer, buffer.count, 0), count > 0 { answer += buffer[..<count] }
        return String(decoding: answer, as: UTF8.self)
    }

    /// More than the kernel takes for a client that doesn't read.
    fileprivate static let large = 24 << 20

    @Test("an end waits for what a slow client is still to get, and no longer", arguments: [false, true])
    func slowClient(isEndedFirst: Bool) async throws {
        let server = AppServer(
            responder: Echo(),
            tls: nil,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        )
        let port = try await server.start(host: "127.0.0.1", port: 0)
        let descriptor = Self.open(port, Array("GET /large HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
        // Long enough for the answer to have been handed over before the end, or not.
        if !isEndedFirst { try await Task.sleep(for: .milliseconds(300)) }
        let began = ContinuousClock.now
        async let end: Void = server.shutdown(grace: .seconds(60))
        try await Task.sleep(for: .milliseconds(200))
        let answer = await Self.onThread { Self.answer(descriptor) }
        close(descriptor)
        await end
        // One that was asked while it ended may be turned away, but never gets half an answer.
        let isWhole = answer.hasPrefix("HTTP/1.1 200 OK\r\n") && answer.utf8.count > Self.large
        #expect(isWhole || isEndedFirst && answer.isEmpty)
        #expect(ContinuousClock.now - began < .seconds(30))
    }

    @Test("an end waits for nobody who has nothing to get")
    func idleClients() async throws {
        let server = AppServer(
            responder: Echo(),
            tls: nil,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        )
        let port = try await server.start(host: "127.0.0.1", port: 0)
        let half = Self.open(port, Array("GET / HT".utf8)), silent = Self.open(port, [])
        try await Task.sleep(for: .milliseconds(100))
        let began = ContinuousClock.now
        await server.shutdown(grace: .seconds(60))
        #expect(ContinuousClock.now - began < .seconds(20))
        close(half)
        close(silent)
    }

    @Test("requests on one connection are answered in their order")
    func pipelining() async throws {
        let answer = try await exchange(
            """
            GET /a HTTP/1.1\r
            Host: x\r
            \r
            POST /b HTTP/1.1\r
            Host: x\r
            Content-Length: 3\r
            \r
            abcGET /none HTTP/1.1\r
            Host: x\r
            \r
            GET /c HTTP/1.1\r
            Host: x\r
            Connection: close\r
            \r

            """
        )
        let heads = answer.components(separatedBy: "HTTP/1.1 ").dropFirst()
        #expect(heads.map { String($0.prefix(3)) } == ["200", "200", "204", "200"])
        #expect(heads.map { $0.components(separatedBy: "\r\n\r\n")[1] } == ["GET /a", "POST /b", "", "GET /c"])
        #expect(answer.contains("X-Count: 3"))
    }

    @Test("a streamed answer is chunked for 1.1 and ends with the connection for 1.0")
    func streaming() async throws {
        #expect(
            try await exchange("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n").hasSuffix("3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n")
        )
        #expect(try await exchange("GET /stream HTTP/1.0\r\n\r\n").hasSuffix("\r\n\r\nonetwo"))
    }

    @Test("an answer that breaks off is not ended properly")
    func broken() async throws {
        #expect(
            try await exchange("GET /broken HTTP/1.1\r\nHost: x\r\n\r\n").hasSuffix("Content-Length: 10\r\n\r\nabc")
        )
    }

    @Test("chunked bodies arrive whole")
    func chunked() async throws {
        let answer = try await exchange(
            "POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"
        )
        #expect(answer.contains("X-Count: 11"))
    }

    @Test("HEAD has no body")
    func head() async throws {
        let answer = try await exchange("HEAD /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        #expect(answer.hasPrefix("HTTP/1.1 200 OK") && answer.hasSuffix("\r\n\r\n"))
    }

    @Test(
        "contradictory framing and malformed heads are refused",
        arguments: [
            ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"),
            ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", "4"),
            ("GET / HTTP/1.1\r\n\r\n", "400"),
            ("nonsense\r\n\r\n", "400"),
            ("GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", "400"),
            ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\n\r\n", "4"),
            ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "400"),
            ("GET / HTTP/1.1\r\nHost : x\r\n\r\n", "400"),
        ]
    )
    func malformed(text: String, status: String) async throws {
        let answer = try await exchange(text)
        #expect(answer.hasPrefix("HTTP/1.1 \(status)"), "\(answer)")
        #expect(answer.contains("Connection: close"))
    }

    @Test("bodies and heads have limits")
    func limits() async throws {
        var limits = ServerLimits()
        limits.bodyByteCount = 100
        limits.headerByteCount = 1000
        #expect(
            try await exchange("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 101\r\n\r\n", limits: limits).hasPrefix(
                "HTTP/1.1 413"
            )
        )
        let chunk = String(repeating: "a", count: 200)
        #expect(
            try await exchange(
                "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nc8\r\n\(chunk)\r\n0\r\n\r\n",
                limits: limits
            ).hasPrefix("HTTP/1.1 413")
        )
        #expect(
            try await exchange(
                "GET /\(String(repeating: "a", count: 1001)) HTTP/1.1\r\nHost: x\r\n\r\n",
                limits: limits
            ).hasPrefix(
                "HTTP/1.1 431"
            )
        )
    }

    /// Counts what it was told of.
    private final class Told: Responder {
        let statuses = Mutex<[String]>([])
        func respond(to exchange: Exchange) { exchange.respond(ResponseHead("200 OK"), body: []) }
        func refused(_ status: String, _ message: String) { statuses.withLock { $0.append(status) } }
    }

    @Test("whoever answers is told of requests that were refused for their size, and of no others")
    func told() async throws {
        var limits = ServerLimits()
        limits.bodyByteCount = 100
        limits.headerByteCount = 1000
        for (request, told) in [
            ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 101\r\n\r\n", ["413 Content Too Large"]),
            (
                "GET /\(String(repeating: "a", count: 1001)) HTTP/1.1\r\nHost: x\r\n\r\n",
                ["431 Request Header Fields Too Large"]
            ),
            ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", []),
            ("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", []),
        ] {
            let responder = Told()
            _ = try await exchange(request, limits: limits, responder: responder)
            #expect(responder.statuses.withLock { $0 } == told, "\(request.prefix(40))")
        }
    }

    @Test("a client that stands still is dropped")
    func slow() async throws {
        var limits = ServerLimits()
        limits.headSeconds = 1
        limits.bodySeconds = 1
        let server = AppServer(
            responder: Echo(),
            tls: nil,
            limits: limits,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        )
        let port = try await server.start(host: "127.0.0.1", port: 0)
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        _ = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        let text = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc"
        _ = Array(text.utf8).withUnsafeBytes { send(descriptor, $0.baseAddress!, $0.count, 0) }
        var limit = timeval(tv_sec: 6, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        #expect(count > 0 && String(decoding: buffer[..<max(count, 0)], as: UTF8.self).hasPrefix("HTTP/1.1 408"))
        close(descriptor)
        await server.shutdown(grace: .zero)
    }

    @Test(
        "what follows a request costs nobody the answer to it",
        arguments: [
            "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "no HTTP\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n", "\u{16}\u{3}\u{1}",
        ],
        [0, 900_000, 4_000_000]
    )
    func follows(next: String, more: Int) async throws {
        let bytes = "GET /closing HTTP/1.1\r\nHost: x\r\n\r\n" + next + String(repeating: "a", count: more)
        let answer = try await exchange(bytes)
        #expect(answer.hasPrefix("HTTP/1.1 200") && answer.hasSuffix("last"), "\(answer)")
    }

    /// Five that may be there, with a body of 40,000 bytes each, and a newcomer.
    private func crowd(
        _ strangers: [String],
        count: Int,
        source: String = "127.0.0.1",
        body: Int = 10
    ) async throws -> (newcomer: String, strangers: [String]) {
        var limits = ServerLimits()
        limits.connections = 5
        // Beside other tests this one may sleep for long: nobody is to run out of time meanwhile.
        (limits.headSeconds, limits.bodySeconds, limits.idleSeconds) = (600, 600, 600)
        limits.crowd = ServerLimits.Crowd(byteCount: 100_000, requestSeconds: 600)
        let server = AppServer(
            responder: Echo(),
            tls: nil,
            limits: limits,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        )
        let port = try await server.start(host: "127.0.0.1", port: 0)
        let held = (0..<count).map { Self.open(port, Array(strangers[$0 % strangers.count].utf8)) }
        // Longer than anybody keeps his place.
        try await Task.sleep(for: .milliseconds(1200))
        let text = "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: \(body)\r\n\r\n"
        let newcomer = await Self.onThread {
            Self.talk(port, Array((text + String(repeating: "b", count: body)).utf8), from: source)
        }
        await server.shutdown(grace: .zero)
        let answers = await Self.onThread { held.map { Self.answer($0) } }
        for descriptor in held { close(descriptor) }
        return (newcomer, answers)
    }

    @Test(
        "strangers who hold all that there is make room",
        arguments: [
            "", "GET / HT", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 90000\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 90000\r\n\r\n" + String(repeating: "a", count: 80_000),
            "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n11000\r\n"
                + String(repeating: "a", count: 0x10000),
        ],
        [5, 40]
    )
    func crowded(stranger: String, count: Int) async throws {
        let (newcomer, _) = try await crowd([stranger], count: count)
        #expect(newcomer.hasPrefix("HTTP/1.1 200") && newcomer.contains("X-Count: 10"), "\(newcomer)")
    }

    @Test("who makes room is told so, unless he said nothing; who got no further for longest goes first")
    func gives() async throws {
        let small =
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 90000\r\n\r\n" + String(repeating: "a", count: 30_000)
        let large =
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 90000\r\n\r\n" + String(repeating: "a", count: 60_000)
        let (newcomer, answers) = try await crowd([small, large, small], count: 3, body: 40_000)
        #expect(newcomer.contains("X-Count: 40000"), "\(newcomer)")
        #expect(answers[0].hasPrefix("HTTP/1.1 503") && answers[0].contains("request.crowded"), "\(answers)")
        #expect(answers[2].isEmpty, "\(answers)")
    }

    @Test(
        """
        a network's own connections make room for its newcomers, another's newcomer finds it at the expense of who has \
        most
        """
    )
    func networks() async throws {
        let (newcomer, answers) = try await crowd(["GET / HT"], count: 5, source: "127.0.0.2", body: 90_000)
        #expect(newcomer.contains("X-Count: 90000"), "\(newcomer)")
        #expect(answers.count { $0.hasPrefix("HTTP/1.1 503") } == 1, "\(answers)")
    }

    @Test("who sends much isn't kept out by many who hold less each", arguments: ["127.0.0.1", "127.0.0.2"])
    func much(source: String) async throws {
        let stranger =
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 90000\r\n\r\n" + String(repeating: "a", count: 30_000)
        let (newcomer, _) = try await crowd([stranger], count: 3, source: source, body: 80_000)
        #expect(newcomer.contains("X-Count: 80000"), "\(newcomer)")
    }

    @Test("a request that trickles in has a time to be whole")
    func trickle() async throws {
        var limits = ServerLimits()
        limits.crowd = ServerLimits.Crowd(byteCount: 1000, requestSeconds: 2)
        let server = AppServer(
            responder: Echo(),
            tls: nil,
            limits: limits,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        )
        let port = try await server.start(host: "127.0.0.1", port: 0)
        let descriptor = Self.open(port, Array("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n".utf8))
        defer { close(descriptor) }
        let start = ContinuousClock.now
        while send(descriptor, "a", 1, Int32(MSG_NOSIGNAL)) == 1, ContinuousClock.now - start < .seconds(12) {
            var buffer: UInt8 = 0
            if recv(descriptor, &buffer, 1, Int32(MSG_DONTWAIT) | Int32(MSG_PEEK)) > 0 { break }
            try await Task.sleep(for: .milliseconds(100))
        }
        #expect(ContinuousClock.now - start < .seconds(6))
        #expect(Self.answer(descriptor).hasPrefix("HTTP/1.1 408"))
        await server.shutdown(grace: .zero)
    }
}
