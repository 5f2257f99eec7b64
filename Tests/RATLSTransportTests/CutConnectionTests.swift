import Crypto
import Files
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS
import Notation
import RATLS
import TestSupport
import Testing

@testable import RATLSTransport

/// Passes bytes between a client and a server, and ends both connections once so many have come from the server.
private final class CuttingProxy: Sendable {
    private let channel: any Channel

    private final class ToServer: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let server: any Channel
        init(_ server: any Channel) { self.server = server }
        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            server.writeAndFlush(unwrapInboundIn(data), promise: nil)
        }
        func channelInactive(context: ChannelHandlerContext) { server.close(promise: nil) }
    }

    private final class ToClient: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let client: any Channel
        private var left: Int
        init(_ client: any Channel, _ left: Int) { (self.client, self.left) = (client, left) }
        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            var bytes = unwrapInboundIn(data)
            let part = bytes.readSlice(length: min(left, bytes.readableBytes)) ?? ByteBuffer()
            left -= part.readableBytes
            let sent = client.writeAndFlush(part)
            if left == 0 { sent.whenComplete { [client] _ in client.close(promise: nil) } }
        }
        func channelInactive(context: ChannelHandlerContext) { client.close(promise: nil) }
    }

    init(to port: Int, cuttingAfter count: Int) async throws {
        channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { client in
                ClientBootstrap(group: client.eventLoop)
                    .channelInitializer { server in
                        server.eventLoop.makeCompletedFuture {
                            try server.pipeline.syncOperations.addHandler(ToClient(client, count))
                        }
                    }
                    .connect(host: "127.0.0.1", port: port)
                    .flatMapThrowing { server in
                        try client.pipeline.syncOperations.addHandler(ToServer(server))
                        try client.syncOptions?.setOption(.autoRead, value: true)
                    }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    var port: Int { channel.localAddress?.port ?? 0 }
    func close() async throws { try await channel.close() }
}

@Suite("Connections that end too early")
struct CutConnectionTests {
    private let key = P256.Signing.PrivateKey()
    private let certificate: [UInt8]
    private static let now = Timestamp(seconds: 1_800_000_000)

    init() throws {
        let quote = try Files.read(ProjectVectors.path("quotes/quotes/sgx3-a06711-2.bin"))
        certificate = try CertificateMaker(sans: ["localhost"], subject: nil, notAfter: Self.now + .seconds(86400))
            .make(key: key, quote: quote, now: Self.now)
    }

    /// Cuts that lie in the handshake, in the answer's head, in its body, and behind it.
    @Test("wherever bytes end, what is asked for comes whole, comes as a part of it, or fails; nothing waits for ever")
    func cut() async throws {
        let body = String(repeating: "0123456789", count: 200)
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n" + body
        var opened = 0, answered = 0, whole = 0
        for count in Array(stride(from: 1, through: 12_000, by: 397)) + [1 << 20] {
            let listener = try await Listener(
                certificate: certificate,
                key: key,
                protocols: ["http/1.1"],
                answer: answer
            )
            let proxy = try await CuttingProxy(to: listener.port, cuttingAfter: count)
            do throws(TransportError) {
                let connection = try await AttestedConnection.open(
                    host: "127.0.0.1",
                    port: proxy.port,
                    seconds: 600
                ) { _ in true }
                opened += 1
                let response = try await connection.request("GET", "/", seconds: 600)
                #expect(response.status == 200 && body.utf8.starts(with: response.body), "\(count)")
                answered += 1
                if response.body.count == body.utf8.count { whole += 1 }
            } catch {
                if case .silent = error { Issue.record("\(count): waited") }
            }
            if opened == 0 { #expect(listener.received.isEmpty, "\(count)") }
            try await proxy.close()
            try await listener.close()
        }
        #expect(opened > 1 && answered > 0 && whole > 0 && opened < 32 && answered <= opened)
    }

    /// Ends each connection as soon as its handshake is done.
    private final class Leaver: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if case TLSUserEvent.handshakeCompleted = event { context.close(promise: nil) }
        }
    }

    @Test("a request over a connection that has ended since its handshake fails at once", arguments: [0, 20, 300])
    func between(milliseconds: Int) async throws {
        let chain: [NIOSSLCertificateSource] = [
            .certificate(try NIOSSLCertificate(bytes: certificate, format: .der))
        ]
        let context = try NIOSSLContext(
            configuration: .makeServerConfiguration(
                certificateChain: chain,
                privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(key.derRepresentation), format: .der))
            )
        )
        let server = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
                    try channel.pipeline.syncOperations.addHandler(Leaver())
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = server.localAddress?.port ?? 0
        let connection = try await AttestedConnection.open(host: "127.0.0.1", port: port) { _ in true }
        try await Task.sleep(for: .milliseconds(milliseconds))
        let error = await #expect(throws: TransportError.self) {
            try await connection.request("GET", "/", seconds: 600)
        }
        if case .silent = error { Issue.record("waited") }
        try await server.close()
    }

    @Test("a peer that is silent is told with how long it was waited for, before and after the handshake")
    func silent() async throws {
        let silent = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = silent.localAddress?.port ?? 0
        let before = await #expect(throws: TransportError.self) {
            try await AttestedConnection.open(host: "127.0.0.1", port: port, seconds: 1) { _ in true }
        }
        #expect(before?.description == "127.0.0.1:\(port): did not answer within 1 seconds")
        try await silent.close()
        let listener = try await Listener(certificate: certificate, key: key, protocols: ["http/1.1"])
        let connection = try await AttestedConnection.open(host: "127.0.0.1", port: listener.port) { _ in true }
        let after = await #expect(throws: TransportError.self) {
            try await connection.request("GET", "/", seconds: 1)
        }
        #expect(after?.description.hasSuffix("did not answer within 1 seconds") == true)
        try await listener.close()
    }
}
