import ConnectionProblems
import Glibc
import NIOCore
import NIOPosix
import NIOSSL
import Testing

@Suite("What goes wrong with connections")
struct ConnectionProblemTests {
    @Test(
        "the system's numbers have words of ours",
        arguments: [
            (ECONNREFUSED, "nobody listens"), (ECONNRESET, "reset"), (EPIPE, "reset"), (ETIMEDOUT, "in time"),
            (EHOSTUNREACH, "no way"), (ENETUNREACH, "no way"), (EMFILE, "too many files"), (ENFILE, "too many files"),
            (EACCES, "forbids"), (EPERM, "forbids"), (EADDRNOTAVAIL, "none to connect to"),
        ]
    )
    func system(_ number: CInt, _ words: String) {
        let text = ConnectionProblem.text(IOError(errnoCode: number, reason: "connect(descriptor:addr:size:)"))
        #expect(text.contains(words) && !text.contains("descriptor"))
    }

    @Test("a number without words of ours has the system's, never the library's")
    func otherNumbers() {
        let text = ConnectionProblem.text(IOError(errnoCode: ENOBUFS, reason: "setsockopt"))
        #expect(text == String(cString: strerror(ENOBUFS)))
    }

    @Test("channels that close, and a time that ran out")
    func channels() {
        for error in [ChannelError.eof, .ioOnClosedChannel, .alreadyClosed, .inputClosed, .outputClosed] {
            #expect(ConnectionProblem.text(error) == "the connection was closed before the answer")
        }
        #expect(
            ConnectionProblem.text(ChannelError.connectTimeout(.seconds(10))) == "nobody answered within 10 seconds"
        )
    }

    @Test("what no case knows says only that it failed: a library's words may hold anything")
    func unknown() {
        struct Foreign: Error, CustomStringConvertible { let description = "secret=hunter2\nforged line" }
        #expect(ConnectionProblem.text(Foreign()) == "the connection failed")
        #expect(ConnectionProblem.text(NIOSSLError.uncleanShutdown) == "the connection was broken off")
        #expect(ConnectionProblem.text(NIOSSLExtraError.failedToValidateHostname).contains("isn't trusted"))
    }

    @Test("only a host that says so refuses")
    func refusals() {
        #expect(ConnectionProblem.isRefusal(IOError(errnoCode: ECONNREFUSED, reason: "")))
        for number in [ETIMEDOUT, ECONNRESET, EHOSTUNREACH] {
            #expect(!ConnectionProblem.isRefusal(IOError(errnoCode: number, reason: "")))
        }
        #expect(!ConnectionProblem.isRefusal(ChannelError.eof))
    }

    @Test("a real attempt that fails is told by its own reason", arguments: ["127.0.0.1", "localhost"])
    func attempt(_ host: String) async throws {
        let error = await #expect(throws: (any Error).self) {
            // Port 1 is nobody's, and asked of nobody else.
            _ = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup).connect(host: host, port: 1)
                .get()
        }
        let found = try #require(error)
        #expect(ConnectionProblem.isRefusal(found))
        #expect(ConnectionProblem.text(found).contains("nobody listens there"))
    }

    @Test("a name that nobody has is told with the name")
    func noHost() async throws {
        let error = await #expect(throws: (any Error).self) {
            _ = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .connect(host: "no-such-host.invalid", port: 1).get()
        }
        #expect(ConnectionProblem.text(try #require(error)) == "no such host: no-such-host.invalid")
    }
}

@Suite("Why an address can't be listened on")
struct ListeningErrorTests {
    @Test(
        "host and port are named as they are written, the reason in words of ours",
        arguments: [
            ("127.0.0.1", EADDRINUSE, "127.0.0.1:7443: port 7443 is taken"),
            ("::1", EACCES, "[::1]:7443: port 7443 is not for this user; take one from 1024 on"),
            ("10.9.8.7", EADDRNOTAVAIL, "10.9.8.7:7443: that is no address of this machine"),
            ("::", EAFNOSUPPORT, "[::]:7443: this machine has no addresses of that family"),
        ]
    )
    func numbers(_ host: String, _ number: CInt, _ words: String) {
        let error = ListeningError(
            host: host,
            port: 7443,
            IOError(errnoCode: number, reason: "bind(descriptor:ptr:bytes:)")
        )
        #expect(error.description == "can't listen on " + words)
    }

    @Test("another error's words aren't repeated")
    func unknown() {
        struct Foreign: Error, CustomStringConvertible { let description = "hunter2" }
        #expect(ListeningError(host: "a", port: 1, Foreign()).description == "can't listen on a:1: the system refused")
    }
}
