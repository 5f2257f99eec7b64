internal import Glibc
internal import NIOCore
internal import NIOHTTP1
internal import NIOTLS

/// One connection of HTTP/1.1: takes requests one after the other, hands each to the responder, and writes the answers.
final class HTTPConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = ByteBuffer

    /// Bodies up to this are waited for, so that a slow sender occupies nobody.
    private static let gatherLimit = 1 << 20

    private static let acknowledgeNow = NIOBSDSocket.Option(rawValue: TCP_QUICKACK)
    private enum Phase { case handshake, head, body, answer, idle }

    private let responder: any Responder
    private let limits: ServerLimits
    private let table: ConnectionTable
    private let outbox: Outbox
    private let isSecure: Bool
    private let outerEnd: OuterEnd?
    private let begun = NIODeadline.now()
    /// When the client last got a step further: by a handshake, or by the head of a request.
    private var advanced = NIODeadline.now()
    private let isDraining: () -> Bool
    private var context: ChannelHandlerContext?
    private var info: ConnectionInfo?
    private var phase: Phase
    private var deadline: NIODeadline = .distantFuture
    private var exchange: Exchange?
    private var isDispatched = false
    private var isBodyComplete = false
    private var bodyByteCount = 0
    private var isReading = false
    /// Of requests that came before the last answer was given.
    private var waiting = CircularBuffer<HTTPServerRequestPart>()
    /// The rest of a refused request isn't read.
    private var isRefused = false
    private var goesOnAfterBody = false
    /// Another responder serves new connections: this one ends after the answer that is being given.
    private var isRetired = false
    private var applicationProtocol: String?
    private var unflushed: [(Exchange, Int)] = []

    init(
        responder: any Responder,
        limits: ServerLimits,
        table: ConnectionTable,
        outbox: Outbox,
        isSecure: Bool,
        outerEnd: OuterEnd?,
        isDraining: @escaping () -> Bool
    ) {
        self.responder = responder
        self.limits = limits
        self.table = table
        self.outbox = outbox
        self.isSecure = isSecure
        self.outerEnd = outerEnd
        self.isDraining = isDraining
        phase = isSecure ? .handshake : .head
    }

    // MARK: Connection

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        table.add(self)
        set(phase)
        if context.channel.isActive { readMore() }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        table.remove(self)
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        readMore()
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish()
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted(let negotiated) = event, phase == .handshake {
            applicationProtocol = negotiated
            // Nothing of ours answers the end of the handshake, so the kernel would keep its acknowledgement for 40 ms,
            // and with it the request of a client that waits for one before it sends a second small packet. Where the
            // option isn't known, all goes on as it did.
            context.channel.setOption(.tcpOption(Self.acknowledgeNow), value: 1).whenFailure { _ in }
            set(.head)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let isOfParser = error is HTTPParserError || error is ByteToMessageDecoderError
        if isOfParser, isRefused {
            // What still comes is dropped.
        } else if isOfParser, exchange != nil, isBodyComplete {
            // What follows a request costs nobody the answer to it.
            isRetired = true
        } else if error is HTTPParserError, exchange == nil || !isDispatched {
            // A parser's objection to what the client sent is answered; everything else ends the connection.
            let isLength = (error as? HTTPParserError) == .invalidContentLength
            refuse(
                isLength ? "411 Length Required" : "400 Bad Request",
                isLength ? "a Content-Length that is no number" : "malformed HTTP"
            )
        } else {
            context.close(promise: nil)
        }
    }

    private func finish() {
        if let exchange {
            exchange.closed()
            table.forget(exchange.identifier)
            self.exchange = nil
        }
        table.remove(self)
    }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        isReading = false
        let part = unwrapInboundIn(data)
        if isRefused {
            if case .end = part { passedOver(context) }
            return
        }
        // Parts of the next request wait for this one's answer.
        if exchange != nil, isBodyComplete || !waiting.isEmpty {
            waiting.append(part)
        } else {
            take(part)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReading = false
        if isRefused { context.read() } else { readMore() }
        context.fireChannelReadComplete()
    }

    private func readMore() {
        guard let context, !isReading, !isRefused, waiting.isEmpty, exchange == nil || !isBodyComplete else { return }
        if let exchange, exchange.body.unreadByteCount >= RequestBody.highWater { return }
        isReading = true
        context.read()
    }

    private func take(_ part: HTTPServerRequestPart) {
        switch part {
        case .head(let head): begin(head)
        case .body(let bytes): receive(bytes)
        case .end: complete()
        }
    }

    private func begin(_ head: HTTPRequestHead) {
        guard let context else { return }
        let keepsAlive = head.isKeepAlive && !isDraining() && !isRetired
        let exchange = Exchange(
            head: head,
            connection: connectionInfo(context),
            outbox: outbox,
            keepsAlive: keepsAlive,
            identifier: table.identifier(for: self)
        )
        self.exchange = exchange
        isDispatched = false
        isBodyComplete = false
        bodyByteCount = 0
        set(.body)
        let size = head.uri.utf8.count + head.headers.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 4 }
        guard size <= limits.headerByteCount else {
            return refuse("431 Request Header Fields Too Large", "a head of more than \(limits.headerByteCount) bytes")
        }
        // One framing, said once: anything else is how requests are smuggled (RFC 9112 §11.2).
        let lengths = head.headers[canonicalForm: "content-length"]
        let codings = head.headers[canonicalForm: "transfer-encoding"]
        guard lengths.count <= 1, lengths.isEmpty || codings.isEmpty, codings.count <= 1,
            codings.first.map({ ResponseHead.equal(Array($0.utf8), "chunked") }) ?? true
        else {
            return refuse("400 Bad Request", "contradictory framing of the body")
        }
        guard head.version != .http1_1 || head.headers[canonicalForm: "host"].count == 1 else {
            return refuse("400 Bad Request", "one Host header is needed")
        }
        guard lengths.first.map({ Int($0).map { $0 <= limits.bodyByteCount } ?? false }) ?? true else {
            return refuse("413 Content Too Large", "a body of more than \(limits.bodyByteCount) bytes")
        }
        if head.headers["expect"].contains(where: { $0.lowercased() == "100-continue" }) {
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n")), promise: nil)
        }
    }

    private func receive(_ bytes: ByteBuffer) {
        guard let exchange else { return }
        bodyByteCount += bytes.readableBytes
        guard bodyByteCount <= limits.bodyByteCount else {
            exchange.body.abort()
            return refuse("413 Content Too Large", "a body of more than \(limits.bodyByteCount) bytes")
        }
        set(.body)
        if !exchange.body.append(bytes), isDispatched { waitForReader(exchange) }
        if let crowd = limits.crowd {
            table.makeRoom(for: crowd.byteCount)
            guard !isRefused else { return }
        }
        if !isDispatched, bodyByteCount >= Self.gatherLimit { dispatch(exchange) }
    }

    private func waitForReader(_ exchange: Exchange) {
        guard let context else { return }
        let eventLoop = context.eventLoop
        let this = NIOLoopBound(self, eventLoop: eventLoop)
        deadline = .distantFuture
        exchange.body.whenDrained {
            eventLoop.execute {
                this.value.set(.body)
                this.value.readMore()
            }
        }
    }

    private func complete() {
        guard let exchange else { return }
        isBodyComplete = true
        exchange.body.complete()
        set(.answer)
        if !isDispatched { dispatch(exchange) }
    }

    private func dispatch(_ exchange: Exchange) {
        isDispatched = true
        if exchange.body.unreadByteCount >= RequestBody.highWater, !isBodyComplete { waitForReader(exchange) }
        responder.respond(to: exchange)
    }

    /// Answers what the server itself objects to, and closes.
    private func refuse(_ status: String, _ message: String) {
        guard let context, !isRefused else { return }
        isRefused = true
        if status.hasPrefix("413") || status.hasPrefix("431") { responder.refused(status, message) }
        if let exchange, exchange.hasStarted { return context.close(promise: nil) }
        var text = "HTTP/1.1 \(status)\r\nContent-Type: application/json\r\nConnection: close\r\n"
        let code =
            status.hasPrefix("413")
            ? "request.tooLarge"
            : status.hasPrefix("503")
                ? "request.crowded"
                : status.hasPrefix("408")
                    ? "request.timeout" : status.hasPrefix("411") ? "request.length" : "request.malformed"
        let body = "{\"code\":\"\(code)\",\"message\":\"\(message)\"}"
        text += "Content-Length: \(body.utf8.count)\r\n\r\n" + body
        let buffer = ByteBuffer(string: text)
        if let exchange {
            exchange.closed()
            exchange.body.finish()
            table.forget(exchange.identifier)
            self.exchange = nil
        }
        waiting.removeAll()
        closeSoon(context, after: context.writeAndFlush(wrapOutboundOut(buffer)))
    }

    /// Closing at once would reset the connection while the client still sends, and the answer would be lost: what
    /// comes is read for a while and dropped.
    private func closeSoon(_ context: ChannelHandlerContext, after written: EventLoopFuture<Void>) {
        let this = NIOLoopBound(self, eventLoop: context.eventLoop)
        deadline = .now() + .seconds(Int64(limits.writeSeconds))
        phase = .idle
        written.whenComplete { _ in
            guard let context = this.value.context else { return }
            // The server waits for this connection's end alone.
            guard !this.value.isDraining() else { return context.close(promise: nil) }
            this.value.deadline = .now() + .seconds(Self.lingerSeconds)
            // Whoever waits for the end of the answer sees it now.
            if !this.value.goesOnAfterBody { context.close(mode: .output, promise: nil) }
            context.read()
        }
    }

    /// The rest of an answered request was read and dropped. Where nothing is to follow, the client closes, or time
    /// does.
    private func passedOver(_ context: ChannelHandlerContext) {
        guard goesOnAfterBody else { return }
        goesOnAfterBody = false
        isRefused = false
        set(.idle)
    }

    private static let lingerSeconds: Int64 = 5

    private func connectionInfo(_ context: ChannelHandlerContext) -> ConnectionInfo {
        if let info { return info }
        let remote = context.channel.remoteAddress, local = context.channel.localAddress
        let info = ConnectionInfo(
            remoteAddress: remote?.ipAddress ?? "",
            remotePort: remote?.port ?? 0,
            localAddress: local?.ipAddress ?? "",
            localPort: local?.port ?? 0,
            isSecure: isSecure,
            applicationProtocol: applicationProtocol
        )
        self.info = info
        return info
    }

    // MARK: Answers

    func write(_ item: Outbox.Item) {
        guard let context, let exchange, exchange === item.exchange else { return item.exchange.closed() }
        let count = item.bytes.readableBytes
        if item.isLast {
            let promise: EventLoopPromise<Void>? =
                isBodyComplete && (item.closes || isDraining() || isRetired) ? context.eventLoop.makePromise() : nil
            context.write(wrapOutboundOut(item.bytes), promise: promise)
            table.forget(exchange.identifier)
            self.exchange = nil
            if let promise {
                isRefused = true
                waiting.removeAll()
                return closeSoon(context, after: promise.futureResult)
            }
            guard isBodyComplete else {
                // Answered before the whole request was read: the rest is in nobody's interest.
                exchange.closed()
                isRefused = true
                goesOnAfterBody = !item.closes && !isDraining() && !isRetired
                let this = NIOLoopBound(self, eventLoop: context.eventLoop)
                context.eventLoop.execute {
                    if let context = this.value.context {
                        this.value.closeSoon(context, after: context.eventLoop.makeSucceededVoidFuture())
                    }
                }
                return
            }
            set(.idle)
            takeWaiting()
        } else {
            deadline = .now() + .seconds(Int64(limits.writeSeconds))
            unflushed.append((exchange, count))
            let this = NIOLoopBound(self, eventLoop: context.eventLoop)
            context.write(wrapOutboundOut(item.bytes)).whenComplete { _ in
                exchange.wrote(count)
                if this.value.phase == .answer { this.value.deadline = .distantFuture }
            }
        }
    }

    func flush() {
        context?.flush()
        readMore()
    }

    private func takeWaiting() {
        while !waiting.isEmpty, exchange == nil || !isBodyComplete { take(waiting.removeFirst()) }
    }

    // MARK: Time

    private func set(_ phase: Phase) {
        if phase != self.phase { advanced = .now() }
        self.phase = phase
        let seconds: Int
        switch phase {
        case .handshake, .head: seconds = limits.headSeconds
        case .body: seconds = limits.bodySeconds
        case .idle: seconds = limits.idleSeconds
        case .answer:
            deadline = .distantFuture
            return
        }
        deadline = .now() + .seconds(Int64(seconds))
        if let crowd = limits.crowd { deadline = min(deadline, begun + .seconds(Int64(crowd.requestSeconds))) }
    }

    func tick(_ now: NIODeadline) {
        guard now > deadline, let context else { return }
        if phase == .body, !isRefused, !(exchange?.hasStarted ?? true) {
            refuse("408 Request Timeout", "the body did not come in time")
        } else {
            context.close(promise: nil)
        }
    }

    /// Requests that were not handed over yet never are.
    func retire() {
        isRetired = true
        guard let context, exchange == nil || !isDispatched else { return }
        context.close(promise: nil)
    }

    /// Nothing more is taken. What was answered already is on its way to the client first.
    func drain() {
        guard let context, exchange == nil else { return }
        guard phase != .handshake else { return context.close(promise: nil) }
        let this = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer())).whenComplete { _ in
            this.value.context?.close(promise: nil)
        }
    }

    // MARK: Making room

    /// Of its request's body, unread.
    var heldByteCount: Int { exchange?.body.unreadByteCount ?? 0 }

    /// Which network it comes from.
    var source: UInt64 { context.map { OuterEnd.network(of: $0.channel) } ?? 0 }

    /// The less a client has shown, the sooner he makes room; of those alike, whoever has got no further for longest. A
    /// request that is being judged comes last.
    var standing: (effort: Int, advanced: NIODeadline) {
        if isRefused { return (0, advanced) }
        if phase == .handshake {
            guard let answered = outerEnd?.answered else { return (1, begun) }
            return (2, answered)
        }
        return (phase == .answer || isDispatched && exchange != nil ? 3 : 2, advanced)
    }

    /// Another needs the room that the connection takes: it is over at once.
    func giveWay() {
        if phase == .head || phase == .body { refuse(Self.crowded.status, Self.crowded.message) }
        exchange?.body.finish()
        finish()
        outerEnd?.close()
    }

    /// Another needs the room that its request takes.
    func dropRequest() {
        exchange?.body.finish()
        refuse(Self.crowded.status, Self.crowded.message)
    }

    private static let crowded = (status: "503 Service Unavailable", message: "too many wait here; try again")
}
