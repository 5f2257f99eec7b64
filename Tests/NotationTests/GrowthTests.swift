import Notation
import TestSupport
import Testing

/// No reader of texts costs more than n log n.
@Suite("Growth", .serialized)
struct GrowthTests {
    private static func toml(_ what: String, _ text: @escaping @Sendable (Int) -> String) -> Growth {
        Growth("TOML: " + what, make: { Array(text($0).utf8) }, read: { _ = try TOML.read($0) })
    }
    private static func json(_ what: String, _ text: @escaping @Sendable (Int) -> String) -> Growth {
        Growth(
            "JSON: " + what,
            make: { Array(text($0).utf8) },
            read: { _ = try ObjectReader(Node.object(["a": JSON.read($0)])) }
        )
    }

    /// Names that a `String` holds for equal to others, or compares slowly.
    private static let marks = String(repeating: "\u{301}\u{323}", count: 20)

    private static let readers: [Growth] = [
        toml("tables of one name") { Growth.text($0) { _ in "[[a]]\n" } },
        toml("tables of one name with members") { Growth.text($0) { "[[a.b]]\nc = \($0)\n" } },
        toml("tables") { Growth.text($0) { "[a.b\($0)]\n" } },
        toml("tables in tables of one name") { "[[a]]\n" + Growth.text($0) { "[a.b\($0)]\n[[a]]\n" } },
        toml("keys") { Growth.text($0) { "a\($0) = 1\n" } },
        toml("keys with accents") { Growth.text($0) { "\"e\(marks)\($0)\" = 1\n" } },
        toml("dotted keys") { Growth.text($0) { "a.b\($0) = 1\n" } },
        toml("an array") { "a = [" + Growth.text($0) { "\($0),\n" } + "]" },
        toml("an array of dates") { "a = [" + Growth.text($0) { _ in "2026-11-30 07:00:00Z,\n" } + "]" },
        toml("an array of arrays") { "a = [" + Growth.text($0) { _ in "[[], [1]],\n" } + "]" },
        toml("an inline table") { "a = {" + Growth.text($0) { "b\($0) = 1, " } + "c = 1}" },
        toml("a long string") { "a = \"\"\"" + Growth.text($0) { _ in "\\n\\u0041\n" } + "\"\"\"" },
        toml("continued lines") { "a = \"\"\"" + Growth.text($0) { _ in "\\\n  " } + "\"\"\"" },
        toml("a string") { "a = \"" + Growth.text($0) { _ in "\\t\u{E9}" } + "\"" },
        toml("a literal") { "a = '" + Growth.text($0) { _ in "\u{E9}" } + "'" },
        toml("comments") { Growth.text($0) { _ in "#\n" } },
        toml("one comment") { "#" + Growth.text($0) { _ in "# " } },
        toml("blanks") { Growth.text($0) { _ in " \t" } },
        toml("digits") { "a = 1" + Growth.text($0) { _ in "_000" } },
        toml("carriage returns") { Growth.text($0) { _ in "\r\n" } },
        json("members") { "{" + Growth.text($0) { "\"member\($0)\":\($0)," } + "\"\":0}" },
        json("long names") { "{" + Growth.text($0) { "\"\(String(repeating: "x", count: 24))\($0)\":1," } + "\"\":0}" },
        json("names with accents") { "{" + Growth.text($0) { "\"e\(marks)\($0)\":1," } + "\"\":0}" },
        json("escaped names") { "{" + Growth.text($0) { "\"\\u0041\($0)\":1," } + "\"\":0}" },
        json("an array") { "[" + Growth.text($0) { _ in "[],\n" } + "0]" },
        json("objects") { "[" + Growth.text($0) { _ in "{\"a\":{}},\n" } + "0]" },
        json("escapes") { "\"" + Growth.text($0) { _ in "\\ud83d\\ude00x" } + "\"" },
        json("blanks") { Growth.text($0) { _ in " \n" } + "0" },
        json("digits") { "[" + Growth.text($0) { _ in "123456789e-12," } + "0]" },
        Growth(
            "ObjectReader: names asked for",
            make: { try JSON.read(Array(("{" + Growth.text($0) { "\"m\($0)\":1," } + "\"\":0}").utf8)) }
        ) { node in
            var reader = try ObjectReader(node)
            guard case .object(let members) = node.value else { return }
            for member in members { _ = reader.optional(member.name) }
            try reader.finish()
        },
        Growth("JSON written", make: { Node(.array((0..<$0).map { Node("text \($0)") })) }) { _ = JSON.canonical($0) },
        Growth("ExactText", make: { count in (0..<count).map { "e\(marks)\($0)" } }) { names in
            _ = Set(names.map { ExactText($0) }).sorted()
        },
        Growth("base64", make: { Growth.bytes($0) { _ in "QUJD" } }) { _ = Base64.bytes($0) },
        Growth("base64 in lines", make: { Growth.bytes($0) { _ in "QUJD\r\n" } }) { bytes in
            _ = Base64.lines(bytes.span, from: 0)
        },
        Growth("hexadecimal", make: { Growth.text($0) { _ in "0aF9" } }) { _ = Hex.bytes($0) },
        Growth("percent-encoding", make: { Growth.text($0) { _ in "a%20%ff" } }) { _ = PercentEncoding.decoded($0) },
        Growth("plain text", make: { Growth.bytes($0) { "line \($0)\r\n" } }) { _ = try PlainText.read($0) },
        Growth("plain text in UTF-16", make: { [0xFF, 0xFE] + Growth.bytes($0) { _ in "a\0" } }) {
            _ = try PlainText.read($0)
        },
        Growth("plain text that is none", make: { Growth.bytes($0) { _ in "a\n" } + [0xFF] }) {
            _ = try? PlainText.read($0)
        },
    ]

    @Test("eight times the text takes no more than some eight times as long", arguments: readers)
    func growth(_ reader: Growth) throws {
        let result = try reader.measure()
        #expect(result.isNearlyLinear, "\(result)")
    }

    // As large as what a reader holds for each: were they small, what debug builds spend on each step would hide the
    // copies until the inputs are long.
    private struct Table { var values = (0, 0, 0, 0, 0, 0, 0, 0) }
    private enum Tables { case all([Table]) }
    private static let line = [UInt8](repeating: 0x78, count: 72)

    private struct OneHash: Hashable {
        var number: Int
        func hash(into hasher: inout Hasher) { hasher.combine(0) }
    }

    /// Readers as they were, or as one writes them without a thought.
    private static let slowReaders: [Growth] = [
        Growth("removes from the front", make: { Array(0..<$0) }) { numbers in
            var rest = numbers
            while !rest.isEmpty { rest.removeFirst() }
        },
        Growth("looks through what came before", make: { count in (0..<count).map { "a\($0)" } }) { names in
            var seen: [String] = []
            for name in names where !seen.contains(name) { seen.append(name) }
        },
        Growth("copies the tables of one name for each further one", make: { Growth.text($0) { _ in "[[a]]\n" } }) {
            text in
            var entries: [String: Tables] = ["a": .all([])]
            for line in text.split(separator: "\n") where line == "[[a]]" {
                guard case .all(var tables)? = entries["a"] else { continue }
                tables.append(Table())
                entries["a"] = .all(tables)
            }
        },
        Growth("copies a text for each of its lines", make: { Array(repeating: line, count: $0) }) { lines in
            var text: [UInt8] = []
            for line in lines { text = text + line }
        },
        Growth("takes names of one hash", make: { Array(0..<$0) }) { numbers in
            _ = Set(numbers.map { OneHash(number: $0) })
        },
    ]

    @Test("a reader that is quadratic is found out", arguments: slowReaders)
    func quadratic(_ reader: Growth) throws {
        let result = try reader.measure(tries: 1)
        #expect(!result.isNearlyLinear, "\(result)")
    }

    private static let quickReaders: [Growth] = [
        Growth("sums", make: { Array(0..<$0) }) { _ = $0.reduce(0, &+) },
        Growth("sorts", make: { count in (0..<count).map { ($0 &* 2_654_435_761) & 0xFFFF_FFFF } }) { _ = $0.sorted() },
        Growth("collects", make: { count in (0..<count).map { "a\($0)" } }) { _ = Set($0) },
        Growth("grows", make: { $0 }) { count in
            var bytes: [UInt8] = []
            for _ in 0..<count { bytes.append(0) }
        },
    ]

    @Test("a reader of n or n log n is not taken for one", arguments: quickReaders)
    func nearlyLinear(_ reader: Growth) throws {
        let result = try reader.measure()
        #expect(result.isNearlyLinear, "\(result)")
    }
}
