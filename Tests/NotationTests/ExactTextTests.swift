import Notation
import Testing

/// Names are compared by bytes.
@Suite("Names")
struct ExactTextTests {
    /// Pairs that a `String` holds for equal.
    static let pairs = [
        ("K", "\u{212A}"), ("\u{E9}", "e\u{301}"), ("\u{C5}", "\u{212B}"), (";", "\u{37E}"),
        ("\u{AC00}", "\u{1100}\u{1161}"),
    ]

    @Test("they are ordered and equal as their bytes are")
    func order() {
        let texts =
            ["", "a", "ab", "b", "a\u{0}", "A", "\u{FF}", "\u{10FFFF}", "longer than fifteen bytes"]
            .flatMap { [$0, $0 + "z", "y" + $0] } + Self.pairs.flatMap { [$0.0, $0.1] }
        for one in texts {
            for other in texts {
                let (first, second) = (Array(one.utf8), Array(other.utf8))
                #expect((ExactText(one) < ExactText(other)) == first.lexicographicallyPrecedes(second))
                #expect((ExactText(one) == ExactText(other)) == (first == second))
            }
        }
    }

    @Test("two names that a String holds for equal are two", arguments: pairs)
    func two(one: String, other: String) throws {
        #expect(one == other && ExactText(one) != ExactText(other))
        let long = String(repeating: "x", count: 30)
        for prefix in ["", long] {
            let json = Array("{\"\(prefix)\(one)\":1,\"\(prefix)\(other)\":2}".utf8)
            let toml = Array("\"\(prefix)\(one)\" = 1\n\"\(prefix)\(other)\" = 2\n".utf8)
            for node in try [JSON.read(json), TOML.read(toml)] {
                #expect(node[prefix + one]?.value == .number("1") && node[prefix + other]?.value == .number("2"))
                var reader = try ObjectReader(node)
                #expect(try reader.integer(prefix + other, in: 0...9) == 2)
                #expect(throws: NotationError.self) { try reader.finish() }
                #expect(try reader.integer(prefix + one, in: 0...9) == 1)
                try reader.finish()
            }
        }
    }

    @Test("a member of another name isn't taken for the one that is asked for", arguments: pairs)
    func other(one: String, other: String) throws {
        for node in try [JSON.read(Array("{\"\(other)\":1}".utf8)), TOML.read(Array("\"\(other)\" = 1".utf8))] {
            var reader = try ObjectReader(node)
            #expect(reader.optional(one) == nil && node[one] == nil)
            #expect(throws: NotationError.self) { try reader.finish() }
        }
        let tables = try TOML.read(Array("[\"\(one)\"]\na = 1\n[\"\(other)\"]\na = 2\n[\"\(one)\".b]\n".utf8))
        #expect(tables[one]?["b"] != nil && tables[other]?["b"] == nil)
    }
}
