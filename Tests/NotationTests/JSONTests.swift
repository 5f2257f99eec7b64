import Notation
import Testing

@Suite("JSON")
struct JSONTests {
    @Test(
        "what isn't strict JSON is refused",
        arguments: [
            "", "{", "[1,]", "{\"a\":1,}", "{\"a\":1,\"a\":2}", "{\"a\":1,\"\\u0061\":2}", "01", "1.", "+1", "-", "1e",
            "\"\u{1}\"",
            "\"\\x\"", "\"\\ud800\"", "nul", "1 2",
            "\u{FEFF}1", "{'a':1}", "\"abc", "[1 2]", "NaN",
        ]
    )
    func refused(text: String) {
        #expect(throws: NotationError.self) { try JSON.read(Array(text.utf8)) }
    }

    @Test("bytes that are no UTF-8 are refused")
    func utf8() {
        #expect(throws: NotationError.self) { try JSON.read([0x22, 0xFF, 0x22]) }
    }

    @Test(
        "what commands a terminal is escaped in documents, as JSON escapes it, and the canonical form stays as it is",
        arguments: [
            "\u{1B}[2J", "a\u{202E}b\u{AD}", "\u{9B}31m", "\u{7F}", "\u{2028}\u{2029}", "\u{FEFF}", "\u{E0041}",
            "\u{2066}x\u{2069}",
            "a\r\nb",
            "\u{200B}\u{200D}",
        ]
    )
    func commands(text: String) throws {
        let node = Node.object([text: Node(text)])
        for document in [JSON.pretty(node), JSON.line(node)] {
            #expect(document.unicodeScalars.allSatisfy { !$0.commandsDisplay || $0 == "\n" }, "\(document)")
            #expect(try JSON.read(Array(document.utf8))[text]?.value == .string(text))
        }
        #expect(!JSON.line(node).contains("\n"))
        #expect(JSON.pretty(Node("é😀—ß")) == "\"é😀—ß\"\n")
        #expect(JSON.canonical(Node("\u{202E}\u{7F}")) == "\"\u{202E}\u{7F}\"")
    }

    @Test("depth is bounded")
    func depth() throws {
        let text = String(repeating: "[", count: 33) + String(repeating: "]", count: 33)
        #expect(throws: NotationError.self) { try JSON.read(Array(text.utf8)) }
        #expect(throws: Never.self) { try JSON.read(Array(text.dropFirst().dropLast().utf8)) }
    }

    @Test("values are read with their places")
    func places() throws {
        let node = try JSON.read(Array("{\n  \"a\": [1, \"\\u00e9\\ud83d\\ude00\", true, null]\n}".utf8))
        let array = try #require(node["a"])
        #expect(array.place == Place(line: 2, column: 8))
        #expect(
            array.value
                == .array([
                    Node(.number("1"), at: Place(line: 2, column: 9)),
                    Node(.string("é😀"), at: Place(line: 2, column: 12)),
                    Node(.boolean(true), at: Place(line: 2, column: 34)), Node(.null, at: Place(line: 2, column: 40)),
                ])
        )
    }

    @Test("the canonical form sorts members and has no blanks")
    func canonical() throws {
        let node = try JSON.read(Array("{ \"b\" : 1, \"a\" : { \"d\" : \"\\n\", \"c\" : [ ] } }".utf8))
        #expect(JSON.canonical(node) == "{\"a\":{\"c\":[],\"d\":\"\\n\"},\"b\":1}")
    }

    @Test(
        "secrets are written as Python writes them",
        arguments: [
            ("{\"s\":\"naïve\",\"n\":1.50}", "{\"s\": \"na\\u00efve\", \"n\": 1.5}"),
            ("[1e3,-0,\"\u{7F}😀\"]", "[1000.0, 0, \"\\u007f\\ud83d\\ude00\"]"),
        ]
    )
    func pythonic(text: String, expected: String) throws {
        #expect(JSON.pythonic(try JSON.read(Array(text.utf8))) == expected)
    }
}

@Suite("Base64 and hexadecimal")
struct EncodingTests {
    @Test(
        "base64 is canonical both ways",
        arguments: [([], ""), ([1], "AQ=="), ([1, 2], "AQI="), ([1, 2, 3], "AQID")] as [([UInt8], String)]
    )
    func base64(bytes: [UInt8], text: String) {
        #expect(Base64.text(bytes) == text)
        #expect(Base64.bytes(Array(text.utf8)) == bytes)
    }

    @Test(
        "loose bits, stray characters and wrong padding are refused",
        arguments: ["AR==", "A", "AQ=", "AQI", "A-==", "AQ==AQ=="]
    )
    func refused(text: String) {
        #expect(Base64.bytes(Array(text.utf8)) == nil)
    }

    @Test("hexadecimal of odd length or with other characters is refused", arguments: ["a", "0g", " 00"])
    func hex(text: String) {
        #expect(Hex.bytes(text) == nil)
    }
}
