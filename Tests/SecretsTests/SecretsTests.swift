import Notation
import Secrets
import TestSupport
import Testing

@Suite("Secret bytes and keys")
struct SecretBytesTests {
    @Test("they hold what was copied into them, and what was written into their memory", arguments: [0, 1, 32, 5000])
    func holds(count: Int) {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let copied = SecretBytes(copying: bytes.span.bytes)
        #expect(copied.count == count && copied.withBytes { Array($0) } == bytes)
        let written = SecretBytes(capacity: count + 10) {
            $0.copyBytes(from: bytes)
            return count
        }
        let other = written.copy()
        #expect(written.withBytes { Array($0) } == bytes && other.withBytes { Array($0) } == bytes)
    }

    @Test("a key is 64 hex digits of either case, and nothing else")
    func hex() {
        let digits = String(repeating: "0aF9", count: 16)
        let key = SecretKey(hex: digits.utf8.span)
        switch key {
        case .some(let key): #expect(key.withBytes { Hex.text($0) } == digits.lowercased())
        case .none: Issue.record("not taken")
        }
        for text in ["", "00", digits + "00", String(digits.dropLast()), String(digits.dropLast()) + "g", "é" + digits]
        {
            let key = SecretKey(hex: text.utf8.span)
            switch key {
            case .some: Issue.record("'\(text)' was taken")
            case .none: break
            }
        }
    }

    @Test("a secret of another size is no key")
    func size() {
        #expect(throws: SecretError.keySize(found: 31)) {
            _ = try SecretKey(copying: [UInt8](repeating: 0, count: 31).span.bytes)
        }
    }
}

@Suite("JSON of secrets")
struct SecretJSONTests {
    @Test("what is written reads back, whatever stands in it, and however much")
    func roundTrip() throws {
        let texts = [
            "", "a", "\"\\/\u{8}\u{c}\n\r\t\u{0}\u{1f}\u{7f}", "é 中 😀 \u{2028}",
            String(repeating: "x\"", count: 70_000),
        ]
        for text in texts {
            var writer = SecretJSON(capacity: 64)
            writer.add("a", string: SecretBytes(copying: text.utf8.span.bytes))
            writer.add("b \"", string: text)
            writer.add("c", json: SecretBytes(copying: "[1, {\"d\": null}]".utf8.span.bytes))
            let written = writer.finish().withBytes { Array($0) }
            let node = try JSON.read(written)
            #expect(node["a"]?.value == .string(text) && node["b \""]?.value == .string(text))
            #expect(node["c"].map(JSON.canonical) == "[1,{\"d\":null}]")
        }
    }

    @Test("a key is written as hex digits, an object of nothing as one")
    func small() throws {
        let key = try SecretKey(copying: [UInt8](repeating: 0xA5, count: 32).span.bytes)
        var writer = SecretJSON()
        writer.add("key", hex: key)
        let written = writer.finish().withBytes { String(decoding: $0, as: UTF8.self) }
        #expect(written == "{\"key\":\"\(String(repeating: "a5", count: 32))\"}")
        #expect(SecretJSON().finish().withBytes { String(decoding: $0, as: UTF8.self) } == "{}")
    }
}

@Suite("Sealed boxes")
struct SealedBoxTests {
    @Test("only the receiver opens them")
    func roundTrip() throws {
        let key = SecretKey()
        let message: [UInt8] = [1, 2, 3]
        let box = try SealedBox.seal(SecretBytes(copying: message.span.bytes), to: SealedBox.publicKey(of: key))
        #expect(box.count == 51 && revealed(SealedBox.open(box, with: key)) == [1, 2, 3])
        #expect(revealed(SealedBox.open(box, with: SecretKey())) == nil)
        #expect(revealed(SealedBox.open(Array(box.dropLast()), with: key)) == nil)
        #expect(throws: SecretError.self) { try SealedBox.seal(SecretBytes(copying: message.span.bytes), to: [1, 2]) }
    }

    @Test("boxes under a key open with it alone, and only as they were sealed", arguments: [0, 1, 100, 70_000])
    func secretBox(count: Int) {
        let key = SecretKey()
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        let box = SecretBox.seal(SecretBytes(copying: bytes.span.bytes), with: key)
        #expect(box.count == count + 40 && revealed(SecretBox.open(box, with: key)) == bytes)
        #expect(revealed(SecretBox.open(box, with: SecretKey())) == nil)
        for index in [0, 23, 24, 39, box.count - 1] {
            var other = box
            other[index] ^= 1
            #expect(revealed(SecretBox.open(other, with: key)) == nil)
        }
        #expect(revealed(SecretBox.open(Array(box.prefix(39)), with: key)) == nil)
    }
}
