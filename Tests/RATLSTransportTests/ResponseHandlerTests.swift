import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import RATLSTransport

@Suite("Answers that take too long")
struct ResponseHandlerTests {
    @Test("who waits is told at once, of whatever had come, and not when the connection has said goodbye")
    func passed() throws {
        for hasBegun in [false, true] {
            let channel = EmbeddedChannel()
            let promise = channel.eventLoop.makePromise(of: AttestedConnection.Response.self)
            try channel.pipeline.syncOperations.addHandler(ResponseHandler(promise: promise, bodyLimit: 100))
            if hasBegun {
                try channel.writeInbound(HTTPClientResponsePart.head(.init(version: .http1_1, status: .ok)))
                try channel.writeInbound(HTTPClientResponsePart.body(ByteBuffer(string: "part")))
            }
            channel.pipeline.fireUserInboundEventTriggered(TimeLimit.Passed())
            if hasBegun {
                #expect(try promise.futureResult.wait().body == Array("part".utf8))
            } else {
                #expect(throws: TransportError.self) { try promise.futureResult.wait() }
            }
            _ = try channel.finish(acceptAlreadyClosed: true)
        }
    }
}
