import Logging
import NIOCore
import NIOEmbedded
import NIOHTTP1

@testable import AppServer

/// Whatever comes on a connection, in whatever pieces: each request that is handed over is answered once, every answer
/// is whole, and nothing of a refused request is handed over.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = UnsafeBufferPointer(start: start, count: count)
    guard let first = bytes.first else { return 0 }
    let channel = EmbeddedChannel()
    let table = ConnectionTable()
    var limits = ServerLimits()
    limits.headerByteCount = 8 << 10
    limits.bodyByteCount = 16 << 10
    if first & 1 == 1 { limits.crowd = .init(byteCount: 4 << 10, requestSeconds: 60) }
    let handler = HTTPConnectionHandler(
        responder: Answers(),
        limits: limits,
        table: table,
        outbox: Outbox(eventLoop: channel.eventLoop, connections: table),
        isSecure: false,
        outerEnd: nil
    ) { false }
    do {
        try channel.pipeline.syncOperations.addHandlers([
            ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes)), handler,
        ])
        try channel.connect(to: SocketAddress(ipAddress: "192.0.2.1", port: 1)).wait()
        var rest = bytes.dropFirst()
        while !rest.isEmpty, channel.isActive {
            // The first byte of a piece says how long it is.
            let piece = rest.prefix(first & 2 == 0 ? rest.count : 1 + Int(rest[rest.startIndex]) * 16)
            rest = rest.dropFirst(piece.count)
            try channel.writeInbound(ByteBuffer(bytes: piece))
            channel.embeddedEventLoop.run()
        }
    } catch {
        // what a client sent wrongly ends its connection
    }
    var answer: [UInt8] = []
    while let part = try? channel.readOutbound(as: ByteBuffer.self) { answer += part.readableBytesView }
    precondition(answer.isEmpty || answer.starts(with: Array("HTTP/1.1 ".utf8)), "no answer")
    _ = try? channel.finish(acceptAlreadyClosed: true)
    channel.embeddedEventLoop.run()
    precondition(table.count == 0, "a connection that is kept")
    return 0
}

private struct Answers: Responder {
    func respond(to exchange: Exchange) {
        precondition(exchange.body.unreadByteCount <= 16 << 10, "a body that is too large")
        precondition(exchange.head.headers[canonicalForm: "content-length"].count <= 1, "contradictory framing")
        var body = [UInt8](repeating: 0, count: exchange.body.unreadByteCount)
        let count = body.withUnsafeMutableBytes { exchange.body.move(into: $0) }
        precondition(count == body.count, "a body that grew")
        exchange.respond(ResponseHead("200 OK"), body: body)
    }
}
