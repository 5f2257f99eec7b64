import Crypto
import Files
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NIOSSL
import Notation
import RATLS
import StrictX509
import TestSupport
import Testing

@testable import RATLSTransport

/// A TLS server that keeps what is sent to it inside.
final class Listener: Sendable {
    private let channel: any Channel
    /// Bytes of all connections, and answers of their owner's choice.
    private final class Keeper: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        let kept: NIOLockedValueBox<[UInt8]>
        let answer: String

        init(_ kept: NIOLockedValueBox<[UInt8]>, answer: String) {
            self.kept = kept
            self.answer = answer
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = unwrapInboundIn(data)
            kept.withLockedValue { $0 += bytes.readableBytesView }
            context.writeAndFlush(NIOAny(ByteBuffer(string: answer)), promise: nil)
        }
    }
    private let kept = NIOLockedValueBox<[UInt8]>([])

    init(certificate: [UInt8], key: P256.Signing.PrivateKey, protocols: [String], answer: String = "") async throws {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: [.certificate(try NIOSSLCertificate(bytes: certificate, format: .der))],
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(key.derRepresentation), format: .der))
        )
        configuration.applicationProtocols = protocols
        let context = try NIOSSLContext(configuration: configuration)
        let kept = kept
        channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
                    try channel.pipeline.syncOperations.addHandler(Keeper(kept, answer: answer))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    var port: Int { channel.localAddress?.port ?? 0 }
    var received: [UInt8] { kept.withLockedValue { $0 } }
    func close() async throws { try await channel.close() }
}

@Suite("Connections that judge before they send")
struct AttestedConnectionTests {
    private let key = P256.Signing.PrivateKey()
    private let certificate: [UInt8]
    private static let now = Timestamp(seconds: 1_800_000_000)
    private static let configuration = AttestedConnection.Speech.configuration.rawValue

    init() throws {
        let quote = try Files.read(ProjectVectors.path("quotes/quotes/sgx3-a06711-2.bin"))
        certificate = try CertificateMaker(sans: ["localhost"], subject: nil, notAfter: Self.now + .seconds(86400))
            .make(key: key, quote: quote, now: Self.now)
    }

    private func with<Value>(
        _ protocols: [String] = [configuration, "http/1.1"],
        answer: String = "",
        _ body: (Listener) async throws -> Value
    ) async throws -> Value {
        let listener = try await Listener(certificate: certificate, key: key, protocols: protocols, answer: answer)
        let value = try await body(listener)
        try await listener.close()
        return value
    }

    @Test("who is refused gets nothing, and whoever asked hears no more than that")
    func refused() async throws {
        try await with { listener in
            let error = await #expect(throws: TransportError.self) {
                try await AttestedConnection.open(host: "127.0.0.1", port: listener.port) { _ in false }
            }
            guard case .refused = try #require(error) else {
                Issue.record("\(error.map { "\($0)" } ?? "")")
                return
            }
            #expect(listener.received.isEmpty)
        }
    }

    @Test("what the judge says is what whoever asked gets, with the connection or without", arguments: [true, false])
    func answers(isAccepted: Bool) async throws {
        struct Word: Hashable, Sendable { let text: String }
        try await with { listener in
            let decision = try await AttestedConnection.open(host: "127.0.0.1", port: listener.port) { peer in
                let count = peer.certificate.der.count
                return isAccepted ? PeerDecision<Int, Word>.accepted(count) : .refused(Word(text: "not \(count)"))
            }
            switch decision {
            case .accepted(let (connection, count)):
                #expect(isAccepted && count == certificate.count)
                #expect(connection.certificate.certificate.der == certificate)
                connection.close()
            case .refused(let word): #expect(!isAccepted && word == Word(text: "not \(certificate.count)"))
            }
            #expect(listener.received.isEmpty)
        }
    }

    @Test("a judge that can't judge has said no")
    func unjudged() async throws {
        struct Broken: Error, CustomStringConvertible { let description = "no collateral" }
        try await with { listener in
            let error = await #expect(throws: TransportError.self) {
                try await AttestedConnection.open(host: "127.0.0.1", port: listener.port) { _ in throw Broken() }
            }
            guard case .judging("no collateral") = try #require(error) else {
                Issue.record("\(error.map { "\($0)" } ?? "")")
                return
            }
            #expect(listener.received.isEmpty)
        }
    }

    @Test("judged is the certificate that the peer has the key of, before anything is sent")
    func judged() async throws {
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Note: a\r\n\r\nok"
        try await with(answer: answer) { listener in
            let connection = try await AttestedConnection.open(host: "127.0.0.1", port: listener.port) {
                #expect(listener.received.isEmpty)
                return $0.certificate.der == certificate
            }
            #expect(connection.certificate.certificate.der == certificate)
            #expect(listener.received.isEmpty)
            let response = try await connection.request("GET", "/a?b")
            #expect(response.status == 200 && response.body == Array("ok".utf8) && response.header("x-NOTE") == "a")
            #expect(String(decoding: listener.received, as: UTF8.self).hasPrefix("GET /a?b HTTP/1.1\r\n"))
        }
    }

    @Test("a peer that doesn't agree to the configuration protocol gets nothing", arguments: [["http/1.1"], []])
    func otherProtocol(_ protocols: [String]) async throws {
        try await with(protocols) { listener in
            let error = await #expect(throws: TransportError.self) {
                try await AttestedConnection.open(host: "127.0.0.1", port: listener.port, speaking: .configuration) {
                    _ in true
                }
            }
            #expect(error != nil)
            #expect(listener.received.isEmpty)
        }
    }

    @Test("an answer beyond the bound is refused, not kept; its head alone can be asked for")
    func bounds() async throws {
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + String(repeating: "x", count: 100_000)
        try await with(answer: answer) { listener in
            let open = { try await AttestedConnection.open(host: "127.0.0.1", port: listener.port) { _ in true } }
            let error = await #expect(throws: TransportError.self) {
                try await open().request("GET", "/", bodyLimit: 50_000)
            }
            guard case .protocolError = try #require(error) else {
                Issue.record("\(error.map { "\($0)" } ?? "")")
                return
            }
            let head = try await open().request("GET", "/", bodyLimit: 0)
            #expect(head.status == 200 && head.body.isEmpty)
            #expect(try await open().request("GET", "/", bodyLimit: 100_000).body.count == 100_000)
        }
    }

    @Test("a certificate without a quote isn't judged at all")
    func noQuote() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path
        let certificate = try PlainCertificate.make(in: path)
        let listener = try await Listener(certificate: certificate.der, key: certificate.key, protocols: ["http/1.1"])
        let error = await #expect(throws: TransportError.self) {
            try await AttestedConnection.open(host: "127.0.0.1", port: listener.port) { _ in
                Issue.record("was judged")
                return true
            }
        }
        guard case .certificate(.noQuote) = try #require(error) else {
            Issue.record("\(error.map { "\($0)" } ?? "")")
            return
        }
        #expect(listener.received.isEmpty)
        try await listener.close()
    }

    /// Speaks first, and no TLS.
    private final class Banner: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        func channelActive(context: ChannelHandlerContext) {
            context.writeAndFlush(NIOAny(ByteBuffer(string: "SSH-2.0-OpenSSH_9.2\r\n")), promise: nil)
        }
    }

    @Test("nobody there, and who speaks no TLS, are told apart")
    func nobody() async throws {
        let error = await #expect(throws: TransportError.self) {
            try await AttestedConnection.open(host: "127.0.0.1", port: 1) { _ in true }
        }
        guard case .notListening = try #require(error) else {
            Issue.record("\(error.map { "\($0)" } ?? "")")
            return
        }
        let plain = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Banner()) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = plain.localAddress?.port ?? 0
        let broken = await #expect(throws: TransportError.self) {
            try await AttestedConnection.open(host: "127.0.0.1", port: port) { _ in true }
        }
        guard case .broken = try #require(broken) else {
            Issue.record("\(broken.map { "\($0)" } ?? "")")
            return
        }
        try await plain.close()
    }

    @Test("a peer that never speaks is given up")
    func silent() async throws {
        let silent = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = silent.localAddress?.port ?? 0
        let start = ContinuousClock.now
        await #expect(throws: TransportError.self) {
            try await AttestedConnection.open(host: "127.0.0.1", port: port, seconds: 1) { _ in true }
        }
        #expect(ContinuousClock.now - start < .seconds(20))
        try await silent.close()
    }
}
