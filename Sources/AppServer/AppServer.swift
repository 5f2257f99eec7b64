internal import ConnectionProblems
public import Logging
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
public import NIOSSL
public import Notation
internal import Synchronization
internal import Threads

/// HTTP/1.1 over TLS or in clear, for anything that answers requests. One listening socket for its life.
public final class AppServer: Sendable {
    private let group: MultiThreadedEventLoopGroup
    private let wire: NIOLockedValueBox<Wire>
    private let listener = NIOLockedValueBox<(any Channel)?>(nil)
    private let loops: [LoopState]
    private let isDraining = Atomic(false)
    private let connectionCount = Atomic(0)
    /// Kept once the last connection has gone, after new ones were no longer taken.
    private let drained = Promise<Void>()
    private let logger: Logger

    /// What a connection speaks, and with whom; fixed when it is accepted.
    private struct Wire: Sendable {
        var responder: any Responder
        var tls: NIOSSLContext?
        var limits: ServerLimits
    }

    private struct LoopState: Sendable {
        let eventLoop: any EventLoop
        let table: ConnectionTable
        let outbox: Outbox
    }

    /// - Parameters:
    ///   - tls: certificate and key; nil serves in clear.
    ///   - threads: event loops.
    public init(
        responder: any Responder,
        tls: NIOSSLContext?,
        limits: ServerLimits = ServerLimits(),
        threads: Int = 1,
        logger: Logger
    ) {
        wire = NIOLockedValueBox(Wire(responder: responder, tls: tls, limits: limits))
        self.logger = logger
        group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
        loops = group.makeIterator().map { eventLoop in
            let table = ConnectionTable()
            return LoopState(
                eventLoop: eventLoop,
                table: table,
                outbox: Outbox(eventLoop: eventLoop, connections: table)
            )
        }
    }

    /// A context for TLS 1.2 and 1.3.
    /// - Parameters:
    ///   - certificateChain: PEM text.
    ///   - privateKey: nil where there is none, as when what was given can't be read.
    ///   - protocols: offered by ALPN, the first that the client knows is taken; a client that knows none is served all
    ///     the same.
    public static func tls(
        certificateChain: [UInt8],
        privateKey: NIOSSLPrivateKey?,
        protocols: [String] = ["http/1.1"]
    ) throws -> NIOSSLContext {
        let chain: [NIOSSLCertificateSource]
        do {
            chain = try NIOSSLCertificate.fromPEMBytes(certificateChain).map { .certificate($0) }
        } catch {
            throw TLSMaterialError.certificate
        }
        guard let key = privateKey else { throw TLSMaterialError.key }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain,
            privateKey: .privateKey(key)
        )
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = protocols
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw TLSMaterialError.pair
        }
    }

    /// Binds and begins to answer.
    /// - Returns: the port.
    /// - Throws: `ListeningError` when the address can't be had.
    public func start(host: String, port: Int) async throws -> Int {
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try self.configure(channel) }
            }
        let channel: any Channel
        do {
            channel = try await bootstrap.bind(host: host, port: port).get()
        } catch {
            throw ListeningError(host: host, port: port, error)
        }
        listener.withLockedValue { $0 = channel }
        for loop in loops {
            let table = loop.table
            loop.eventLoop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { _ in table.tick(.now())
            }
        }
        return channel.localAddress?.port ?? port
    }

    /// What connections get from now on; nil serves in clear. Connections that stand already keep theirs.
    public func replaceTLS(_ context: NIOSSLContext?) {
        wire.withLockedValue { $0.tls = context }
    }

    /// Who answers connections that are accepted from now on. Those that stand never reach him: they are closed, at
    /// once or after the answer to a request that was handed over already.
    public func change(to responder: any Responder, tls: NIOSSLContext?, limits: ServerLimits) {
        wire.withLockedValue { $0 = Wire(responder: responder, tls: tls, limits: limits) }
        for loop in loops {
            let table = loop.table
            loop.eventLoop.execute { table.retire() }
        }
    }

    private func configure(_ channel: any Channel) throws {
        let wire = wire.withLockedValue { $0 }
        let limits = wire.limits
        let count = connectionCount.wrappingAdd(1, ordering: .sequentiallyConsistent).newValue
        guard let loop = loops.first(where: { $0.eventLoop === channel.eventLoop }),
            !isDraining.load(ordering: .sequentiallyConsistent),
            count <= limits.connections
                || limits.crowd != nil && loop.table.makeRoom(for: OuterEnd.network(of: channel))
        else {
            left()
            throw ChannelError.operationUnsupported
        }
        channel.closeFuture.whenComplete { _ in self.left() }
        let pipeline = channel.pipeline.syncOperations
        var outerEnd: OuterEnd?
        if limits.crowd != nil {
            let end = OuterEnd()
            try pipeline.addHandler(end)
            outerEnd = end
        }
        if let tls = wire.tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
        try pipeline.addHandler(ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes)))
        try pipeline.addHandler(
            HTTPConnectionHandler(
                responder: wire.responder,
                limits: limits,
                table: loop.table,
                outbox: loop.outbox,
                isSecure: wire.tls != nil,
                outerEnd: outerEnd
            ) {
                self.isDraining.load(ordering: .relaxed)
            }
        )
    }

    /// Stops accepting, lets running requests end within the grace, then closes everything.
    public func shutdown(grace: Duration) async {
        isDraining.store(true, ordering: .sequentiallyConsistent)
        let channel = listener.withLockedValue { $0 }
        try? await channel?.close()  // closed already is as good
        for loop in loops {
            let table = loop.table
            loop.eventLoop.execute { table.drain() }
        }
        if connectionCount.load(ordering: .sequentiallyConsistent) == 0 { drained.keep(()) }
        _ = await drained.wait(for: grace)
        try? await group.shutdownGracefully()
    }

    /// The last one to go tells whoever waits for the end; who goes before that, and who waits, each look after what
    /// the other changed first.
    private func left() {
        let count = connectionCount.wrappingSubtract(1, ordering: .sequentiallyConsistent).newValue
        if count == 0, isDraining.load(ordering: .sequentiallyConsistent) { drained.keep(()) }
    }
}

/// Why nothing can be served over TLS.
public enum TLSMaterialError: Error, CodedError, Hashable, CustomStringConvertible {
    case certificate, key, pair

    public var description: String {
        switch self {
        case .certificate: "the certificate chain is no PEM with certificates"
        case .key: "the private key is no PEM with a key that isn't encrypted"
        case .pair: "the private key is not the certificate's"
        }
    }

    /// Stable; programs may depend on it.
    public var code: String {
        switch self {
        case .certificate: "tls.certificate"
        case .key: "tls.key"
        case .pair: "tls.pair"
        }
    }
}
