public import NIOCore
public import NIOHTTP1

/// One request and its answer. The answer may be given from any thread, in its order.
public final class Exchange: Sendable {
    public let head: HTTPRequestHead
    public let body: RequestBody
    public let connection: ConnectionInfo

    private struct State: Sendable {
        var framing: Framing?
        var isEnded = false
        /// Written and not yet on the wire.
        var outstanding = 0
        var isClosed = false
    }

    private let state = Monitor(State())
    private let outbox: Outbox
    private let keepsAlive: Bool
    let identifier: UInt64

    /// Unwritten bytes above which `write` waits.
    private static let highWater = 1 << 20

    init(head: HTTPRequestHead, connection: ConnectionInfo, outbox: Outbox, keepsAlive: Bool, identifier: UInt64) {
        self.head = head
        self.connection = connection
        self.outbox = outbox
        self.keepsAlive = keepsAlive
        self.identifier = identifier
        body = RequestBody()
    }

    public var hasStarted: Bool { state.withLock { $0.framing != nil } }

    /// A whole answer in one write.
    public func respond(_ response: ResponseHead, body: [UInt8] = [], closes: Bool = false) {
        respond(response, body: ByteBuffer(bytes: body), closes: closes)
    }

    public func respond(_ response: ResponseHead, body: ByteBuffer, closes: Bool = false) {
        let noBody = response.isBodiless || head.method == .HEAD
        let goesOn = keepsAlive && !closes
        var buffer = serialise(
            response,
            framing: response.isBodiless ? .none : .length(body.readableBytes),
            keepsAlive: goesOn
        )
        if !noBody { buffer.writeImmutableBuffer(body) }
        state.withLock { state in
            guard state.framing == nil else { return }
            state.framing = Framing.none
            state.isEnded = true
            outbox.add(.init(exchange: self, bytes: buffer, isLast: true, closes: !goesOn))
        }
    }

    /// Begins an answer whose body follows in parts.
    /// - Parameter length: of the body, if it is known.
    public func begin(_ response: ResponseHead, length: Int? = nil) {
        let framing: Framing =
            if response.isBodiless || head.method == .HEAD {
                .none
            } else if let length {
                .length(length)
            } else {
                head.version == .http1_1 ? .chunked : .close
            }
        var goesOn = keepsAlive
        if case .close = framing { goesOn = false }
        var headFraming = framing
        if head.method == .HEAD, !response.isBodiless { headFraming = length.map { .length($0) } ?? .none }
        let buffer = serialise(response, framing: headFraming, keepsAlive: goesOn)
        state.withLock { state in
            guard state.framing == nil else { return }
            state.framing = framing
            state.outstanding += buffer.readableBytes
            outbox.add(.init(exchange: self, bytes: buffer, isLast: false, closes: false))
        }
    }

    /// Adds a part of the body, and waits while the client is slow to read; never to be called on an event loop.
    /// - Returns: false when the client is gone.
    public func write(_ part: UnsafeRawBufferPointer) -> Bool {
        guard part.count > 0 else { return !isClosed }
        // In the outbox each part has the place that the state gave it: none before the head, none behind the end.
        return state.wait { state in
            guard !state.isClosed, !state.isEnded, let framing = state.framing else { return false }
            guard state.outstanding <= Self.highWater else { return nil }
            var buffer = ByteBuffer()
            switch framing {
            case .none: return true
            case .chunked:
                buffer.reserveCapacity(part.count + 20)
                buffer.writeString(String(part.count, radix: 16) + "\r\n")
                buffer.writeBytes(part)
                buffer.writeString("\r\n")
            case .length, .close: buffer.writeBytes(part)
            }
            state.outstanding += buffer.readableBytes
            outbox.add(.init(exchange: self, bytes: buffer, isLast: false, closes: false))
            return true
        }
    }

    /// Ends an answer that was begun.
    /// - Parameter isBroken: the body didn't come to its end; the connection is cut so that nobody takes it for whole.
    public func end(isBroken: Bool = false) {
        state.change { state in
            guard let framing = state.framing, !state.isEnded else { return }
            state.isEnded = true
            var buffer = ByteBuffer()
            var closes = !keepsAlive || isBroken
            if !isBroken, case .chunked = framing { buffer.writeString("0\r\n\r\n") }
            if case .close = framing { closes = true }
            outbox.add(.init(exchange: self, bytes: buffer, isLast: true, closes: closes))
        }
    }

    public var isClosed: Bool { state.withLock { $0.isClosed } }

    // MARK: From the event loop

    func wrote(_ count: Int) {
        state.change { $0.outstanding -= count }
    }

    func closed() {
        state.change { $0.isClosed = true }
        body.abort()
    }

    // MARK: Bytes

    private func serialise(_ response: ResponseHead, framing: Framing, keepsAlive: Bool) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(256)
        buffer.writeStaticString("HTTP/1.1 ")
        buffer.writeBytes(response.status)
        buffer.writeStaticString("\r\n")
        for (name, value) in response.headers
        where !ResponseHead.equal(name, "content-length") && !ResponseHead.equal(name, "connection")
            && !ResponseHead.equal(name, "transfer-encoding")
        {
            buffer.writeBytes(name)
            buffer.writeStaticString(": ")
            buffer.writeBytes(value)
            buffer.writeStaticString("\r\n")
        }
        if response.value(of: "date") == nil { buffer.writeBytes(HTTPDate.header) }
        switch framing {
        case .length(let count):
            buffer.writeStaticString("Content-Length: ")
            buffer.writeString(String(count))
            buffer.writeStaticString("\r\n")
        case .chunked: buffer.writeStaticString("Transfer-Encoding: chunked\r\n")
        case .close: break
        case .none:
            if let length = response.value(of: "content-length"), response.code == 304 || head.method == .HEAD {
                buffer.writeStaticString("Content-Length: ")
                buffer.writeBytes(length)
                buffer.writeStaticString("\r\n")
            }
        }
        if !keepsAlive {
            buffer.writeStaticString("Connection: close\r\n")
        } else if head.version != .http1_1 {
            buffer.writeStaticString("Connection: keep-alive\r\n")
        }
        buffer.writeStaticString("\r\n")
        return buffer
    }
}

/// A connection's two ends, and what its handshake agreed on.
public struct ConnectionInfo: Sendable {
    public var remoteAddress: String
    public var remotePort: Int
    public var localAddress: String
    public var localPort: Int
    public var isSecure: Bool
    /// What ALPN agreed on; nil where the client offered nothing that is known here.
    public var applicationProtocol: String?
}
