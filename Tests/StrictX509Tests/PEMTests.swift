import StrictX509
import Testing

@Suite("PEM")
struct PEMTests {
    @Test("each of many blocks holds its own bytes alone, not the room that the whole text would take")
    func room() throws {
        let block = "-----BEGIN CERTIFICATE-----\r\nAAECAw==\r\n-----END CERTIFICATE-----\r\n"
        let text = String(repeating: block, count: 4096)
        let blocks = try PEM.blocks(Array(text.utf8), label: "CERTIFICATE", limit: .max)
        #expect(blocks.count == 4096)
        #expect(blocks.allSatisfy { $0 == [0, 1, 2, 3] })
        // An array's own least size is more than four bytes.
        #expect(blocks.reduce(0) { $0 + $1.capacity } < 4096 * 64)
    }
}
