import NIOCore
import Testing

@testable import AppServer

@Suite("Bodies of requests")
struct RequestBodyTests {
    @Test("what is moved out is overwritten where it came in, and is all of it", arguments: [1, 4095, 4096, 70_000])
    func moved(count: Int) {
        let body = RequestBody()
        let parts = (0..<3).map { ByteBuffer(repeating: UInt8(0x41 + $0), count: count) }
        for part in parts { _ = body.append(part) }
        body.complete()
        var found = [UInt8](repeating: 0, count: body.unreadByteCount)
        #expect(found.withUnsafeMutableBytes { body.move(into: $0) } == 3 * count)
        #expect(found == parts.indices.flatMap { [UInt8](repeating: UInt8(0x41 + $0), count: count) })
        #expect(body.unreadByteCount == 0 && found.withUnsafeMutableBytes { body.move(into: $0) } == 0)
        // Small parts were joined on the way, in memory of the body's own.
        guard count >= 4096 else { return }
        for part in parts { #expect(part.readableBytesView.allSatisfy { $0 == 0 }) }
    }

    @Test("no more is moved than there is room for, and nothing is left behind")
    func room() {
        let body = RequestBody()
        let part = ByteBuffer(repeating: 0x41, count: 5000)
        _ = body.append(part)
        var found = [UInt8](repeating: 0, count: 10)
        #expect(found.withUnsafeMutableBytes { body.move(into: $0) } == 10)
        #expect(found.allSatisfy { $0 == 0x41 } && part.readableBytesView.allSatisfy { $0 == 0 })
    }
}
