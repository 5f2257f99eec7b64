import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A collateral service on loopback whose answers a test decides.
final class LoopbackService: Sendable {
    struct Answer: Sendable {
        var status = 200
        var headers: [(String, String)] = []
        var body: [UInt8] = []
        /// Promises more than it sends, and hangs up.
        var breaksOff = false
        /// Never answers.
        var isSilent = false
    }

    private let channel: any Channel
    private let calls = Calls()
    var address: String { "http://127.0.0.1:\(channel.localAddress?.port ?? 0)" }
    /// The paths that were asked for, in their order.
    var asked: [String] { calls.paths.withLock { $0 } }

    /// - Parameter answer: what path and number of the call are answered with.
    init(_ answer: @escaping @Sendable (String, Int) -> Answer) async throws {
        let calls = calls
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Handler(calls, answer))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    func stop() async throws { try await channel.close() }

    private final class Calls: Sendable {
        let paths = Mutex<[String]>([])
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart
        private let calls: Calls
        private let answer: @Sendable (String, Int) -> Answer

        init(_ calls: Calls, _ answer: @escaping @Sendable (String, Int) -> Answer) {
            self.calls = calls
            self.answer = answer
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard case .head(let head) = unwrapInboundIn(data) else { return }
            let number = calls.paths.withLock { paths in
                paths.append(head.uri)
                return paths.count
            }
            let answer = answer(head.uri, number)
            if answer.isSilent { return }
            var headers = HTTPHeaders(answer.headers)
            headers.add(name: "Content-Length", value: "\(answer.body.count + (answer.breaksOff ? 10 : 0))")
            let status = HTTPResponseStatus(statusCode: answer.status)
            context.write(
                wrapOutboundOut(.head(.init(version: .http1_1, status: status, headers: headers))),
                promise: nil
            )
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: answer.body)))), promise: nil)
            if answer.breaksOff {
                context.flush()
                context.close(promise: nil)
            } else {
                context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            }
        }
    }
}
