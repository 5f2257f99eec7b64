import Notation
import Testing

/// Names are compared by bytes, and no reader costs more than its text.
@Suite("Names and time")
struct ExactTextTests {
    /// Pairs that a `String` holds for equal.
    static let pairs = [
        ("K", "\u{212A}"), ("\u{E9}", "e\u{301}"), ("\u{C5}", "\u{212B}"), (";", "\u{37E}"), ("\u{AC00}", "\u{1100}\u{1161}"),
    ]

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

    /// Texts of a size that grows with a number, one a reader or a habit of a reader.
    struct Growth: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var text: @Sendable (Int) -> String
        var read: @Sendable ([UInt8]) throws -> Void

        static func toml(_ what: String, _ text: @escaping @Sendable (Int) -> String) -> Growth {
            Growth(testDescription: "TOML: " + what, text: text) { _ = try TOML.read($0) }
        }
        static func json(_ what: String, _ text: @escaping @Sendable (Int) -> String) -> Growth {
            Growth(testDescription: "JSON: " + what, text: text) { _ = try ObjectReader(Node.object(["a": JSON.read($0)])) }
        }
        static func lines(_ count: Int, _ line: (Int) -> String) -> String { (0..<count).map(line).joined() }
    }

    @Test(
        "eight times the text takes no more than some eight times the time",
        arguments: [
            .toml("tables of one name") { Growth.lines($0) { _ in "[[a]]\n" } },
            .toml("tables of one name with members") { Growth.lines($0) { "[[a.b]]\nc = \($0)\n" } },
            .toml("tables") { Growth.lines($0) { "[a.b\($0)]\n" } }, .toml("keys") { Growth.lines($0) { "a\($0) = 1\n" } },
            .toml("dotted keys") { Growth.lines($0) { "a.b\($0) = 1\n" } },
            .toml("an array") { "a = [" + Growth.lines($0) { "\($0),\n" } + "]" },
            .toml("an inline table") { "a = {" + Growth.lines($0) { "b\($0) = 1, " } + "c = 1}" },
            .toml("a long string") { "a = \"\"\"" + Growth.lines($0) { _ in "\\n\\u0041\n" } + "\"\"\"" },
            .toml("a string") { "a = \"" + Growth.lines($0) { _ in "\\t\u{E9}" } + "\"" },
            .toml("comments") { Growth.lines($0) { _ in "#\n" } },
            .toml("digits") { "a = 1" + Growth.lines($0) { _ in "_000" } },
            .json("members") { "{" + Growth.lines($0) { "\"member\($0)\":\($0)," } + "\"\":0}" },
            .json("long names") { "{" + Growth.lines($0) { "\"\(String(repeating: "x", count: 24))\($0)\":1," } + "\"\":0}" },
            .json("escaped names") { "{" + Growth.lines($0) { "\"\\u0041\($0)\":1," } + "\"\":0}" },
            .json("an array") { "[" + Growth.lines($0) { _ in "[],\n" } + "0]" },
            .json("escapes") { "\"" + Growth.lines($0) { _ in "\\ud83d\\ude00x" } + "\"" },
            .json("blanks") { Growth.lines($0) { _ in " \n" } + "0" },
            Growth(testDescription: "ObjectReader: names asked for", text: { "{" + Growth.lines($0) { "\"m\($0)\":1," } + "\"\":0}" }) {
                let node = try JSON.read($0)
                var reader = try ObjectReader(node)
                guard case .object(let members) = node.value else { return }
                for member in members { _ = reader.optional(member.name) }
                try reader.finish()
            },
            Growth(testDescription: "base64", text: { Growth.lines($0) { _ in "QUJD\r\n" } }) { _ = Base64.lines($0.span, from: 0) },
        ] as [Growth])
    func growth(_ item: Growth) throws {
        func time(_ count: Int) throws -> Duration {
            let bytes = Array(item.text(count).utf8)
            // The shortest of several: other tests run beside this one.
            return try (0..<3).map { _ in try ContinuousClock().measure { try item.read(bytes) } }.min() ?? .zero
        }
        let small = try time(2500), large = try time(20000)
        // Quadratic would be 64 times; what is too short to be measured passes.
        #expect(large < small * 28 + .milliseconds(20), "\(small), \(large)")
    }
}
