internal import NIOCore
internal import NIOHTTP1

/// Gathers one answer, bounded.
final class ResponseHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    private let bodyLimit: Int
    /// Nothing more is taken: it is told already.
    private var isDone = false
    private let promise: EventLoopPromise<AttestedConnection.Response>
    private var response = AttestedConnection.Response(status: 0, headers: [], body: [])

    /// - Parameter bodyLimit: 0 for the head alone.
    init(promise: EventLoopPromise<AttestedConnection.Response>, bodyLimit: Int) {
        self.promise = promise
        self.bodyLimit = bodyLimit
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isDone else { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            response.status = Int(head.status.code)
            response.headers = head.headers.map { ($0.name, $0.value) }
            if bodyLimit == 0 { finish(context) }
        case .body(let bytes):
            guard response.body.count + bytes.readableBytes <= bodyLimit else {
                promise.fail(TransportError.protocolError("an answer of more than \(bodyLimit) bytes"))
                return finish(context)
            }
            response.body += bytes.readableBytesView
        case .end: promise.succeed(response)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is TimeLimit.Passed else { return context.fireUserInboundEventTriggered(event) }
        tellPart()
        promise.fail(TransportError.protocolError("the answer did not end in time"))
    }

    /// Who goes on sending is read no more: while TLS says goodbye nothing gathers anywhere.
    private func finish(_ context: ChannelHandlerContext) {
        promise.succeed(response)
        isDone = true
        try? context.channel.syncOptions?.setOption(.autoRead, value: false)
        context.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        tellPart()
        promise.fail(error)
        context.close(promise: nil)
    }

    /// What came of an answer before the connection ended is told as what it is: a part.
    private func tellPart() {
        if response.status != 0 { promise.succeed(response) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        tellPart()
        promise.fail(TransportError.protocolError("the connection ended before the answer"))
    }
}
