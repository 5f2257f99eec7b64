internal import NIOCore

/// Stands between the socket and TLS: sees whether the client said enough to be answered, and closes without a
/// farewell.
final class OuterEnd: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer

    /// When the client first said enough to be answered: TLS answers a whole ClientHello, and until then nobody has
    /// done any work.
    private(set) var answered: NIODeadline?
    private var context: ChannelHandlerContext?

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if answered == nil { answered = .now() }
        context.write(data, promise: promise)
    }

    func close() { context?.close(promise: nil) }

    /// Whose the other end is.
    static func network(of channel: any Channel) -> UInt64 {
        channel.remoteAddress?.withSockAddr { start, byteCount in
            network(UnsafeRawBufferPointer(start: start, count: byteCount))
        } ?? 0
    }

    /// Whose an address is: of IPv6 the first 64 bits, which one client may vary no further; of IPv4, also in IPv6,
    /// all.
    /// - Parameter address: `sockaddr_in` or `sockaddr_in6`.
    static func network(_ address: UnsafeRawBufferPointer) -> UInt64 {
        let isFour = address.count < 24
        let bytes = isFour ? address.dropFirst(4).prefix(4) : address.dropFirst(8).prefix(16)
        let isMapped = !isFour && bytes.prefix(10).allSatisfy { $0 == 0 }
        return (isMapped ? bytes.suffix(4) : bytes.prefix(8)).reduce(0) { $0 << 8 | UInt64($1) }
    }
}
