internal import CLinux
internal import ConnectionProblems
internal import DCAP
internal import Files
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import Notation
internal import Threads
public import WallClock

/// Answers on loopback as Intel's service of version 4 does, about the one platform it knows.
public struct CollateralService: Sendable {
    private let platform: SimulatedPlatform
    private let clock: WallClock

    public init(platform: SimulatedPlatform, clock: WallClock) {
        self.platform = platform
        self.clock = clock
    }

    /// Serves until SIGTERM.
    /// - Throws: `ListeningError` when the port can't be had.
    public func run(port: Int, started: (Int) -> Void) async throws {
        let (platform, clock) = (self.platform, self.clock)
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(CollateralHandler(platform: platform, clock: clock))
                }
            }
        let channel: any Channel
        do {
            channel = try await bootstrap.bind(host: "127.0.0.1", port: port).get()
        } catch {
            throw ListeningError(host: "127.0.0.1", port: port, error)
        }
        started(channel.localAddress?.port ?? port)
        guard await ProcessSignal.termination.next() else { throw FileError("SIGTERM", doing: "wait for") }
        try await channel.close()
    }
}

private final class CollateralHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let platform: SimulatedPlatform
    private let clock: WallClock
    private var head: HTTPRequestHead?

    init(platform: SimulatedPlatform, clock: WallClock) {
        self.platform = platform
        self.clock = clock
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body: break
        case .end:
            guard let head else { return }
            let (status, body, chain) = answer(head)
            var headers: HTTPHeaders = ["Content-Length": "\(body.count)"]
            if let chain { headers.add(name: chain.name, value: PercentEncoding.encoded(chain.text)) }
            context.write(
                wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: status, headers: headers))),
                promise: nil
            )
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: body)))), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
    }

    private func answer(_ head: HTTPRequestHead) -> (HTTPResponseStatus, [UInt8], (name: String, text: [UInt8])?) {
        guard head.method == .GET else { return (.methodNotAllowed, [], nil) }
        let parts = head.uri.split(separator: "?", maxSplits: 1)
        let query = parts.count > 1 ? String(parts[1]) : ""
        guard let collateral = try? platform.collateral(at: clock.now) else {
            return (.internalServerError, [], nil)
        }
        let values = query.split(separator: "&").map { $0.split(separator: "=", maxSplits: 1) }
        let numbers = values.filter { $0.first == "tcbEvaluationDataNumber" }.map { $0.count == 2 ? String($0[1]) : "" }
        // The two exclude each other, and there is one edition.
        if !numbers.isEmpty, values.contains(where: { $0.first == "update" }) { return (.badRequest, [], nil) }
        if let number = numbers.first, Int(number) != CollateralStatement(collateral).tcbEvaluationDataNumber {
            return (.notFound, [], nil)
        }
        switch parts.first.map(String.init) {
        case "/sgx/certification/v4/tcb":
            guard query.lowercased().contains("fmspc=" + Hex.text(SimulatedPKI.fmspc)) else {
                return (.notFound, [], nil)
            }
            return (.ok, collateral.tcbInfo, ("TCB-Info-Issuer-Chain", collateral.tcbInfoChain))
        case "/sgx/certification/v4/qe/identity":
            return (.ok, collateral.qeIdentity, ("SGX-Enclave-Identity-Issuer-Chain", collateral.qeIdentityChain))
        case "/sgx/certification/v4/pckcrl":
            return (.ok, collateral.pckCRL, ("SGX-PCK-CRL-Issuer-Chain", platform.authorityChain))
        case "/sgx/certification/v4/rootcacrl": return (.ok, Array(Hex.text(collateral.rootCRL).utf8), nil)
        default: return (.notFound, [], nil)
        }
    }
}
