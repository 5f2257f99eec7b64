import Files
import Foundation
import Testing

/// `docs/errors.md` lists every code that an error of ours can have.
@Suite("Error codes")
struct ErrorCodeTests {
    private static let project = Files.split(Files.split(Files.split(#filePath).folder).folder).folder

    private static func text(_ path: String) throws -> String {
        String(decoding: try Files.read(project + "/" + path), as: UTF8.self)
    }

    /// What stands between the braces behind a mark, wherever that stands.
    private static func blocks(after mark: String, in text: String) -> [Substring] {
        text.ranges(of: mark).compactMap { range in
            guard let start = text[range.upperBound...].firstIndex(of: "{") else { return nil }
            var depth = 0
            let end = text[start...].firstIndex { character in
                depth += character == "{" ? 1 : character == "}" ? -1 : 0
                return depth == 0
            }
            return end.map { text[start...$0] }
        }
    }

    /// Those that the sources can give an error.
    private func used() throws -> Set<String> {
        var found: Set<String> = []
        let names = try #require(FileManager.default.enumerator(atPath: Self.project + "/Sources"))
        for case let name as String in names where name.hasSuffix(".swift") {
            let source = try Self.text("Sources/" + name)
            if source.contains("CodedError") || name.hasPrefix("SGXQuote/") {
                for block in Self.blocks(after: "var code: String", in: source) {
                    found.formUnion(block.matches(of: /"([^"]+)"/).map { String($0.1) })
                }
            }
            for list in ["enum OperationCode:", "enum ConfigurationCode:"] {
                for block in Self.blocks(after: list, in: source) {
                    for match in block.matches(of: /case (\w+)(?: = "([^"]+)")?/) {
                        found.insert(String(match.2 ?? match.1))
                    }
                }
            }
        }
        let failure = try Self.text("Sources/CommandInterface/Failure.swift")
        for code in ["usage", "unexpected"] {
            #expect(failure.contains("\"\(code)\""), "\(code)")
            found.insert(code)
        }
        return found
    }

    @Test("the document lists exactly the codes that errors have, each once and with a meaning")
    func list() throws {
        let rows = try Self.text("docs/errors.md").split(separator: "\n").filter { $0.hasPrefix("| `") }
        let codes = rows.map { String($0.split(separator: "`")[1]) }
        let used = try used()
        #expect(used.count > 60)
        #expect(Set(codes) == used, "\(Set(codes).symmetricDifference(used).sorted())")
        #expect(codes == Set(codes).sorted())
        for row in rows { #expect(row.split(separator: "|")[1].count > 10, "\(row)") }
    }

    /// What never comes out of its target as an error.
    private static let inner: Set<String> = [
        // They become reasons of a verdict.
        "DocumentError", "RevocationListError",
        // The answer to a configuration, with a code of its own.
        "ConfigurationRefusal", "KeyRefusal",
        // It becomes a CollateralError.
        "Mismatch",
        // They are told in HOME's report and in its owner's log.
        "HomeProblem", "Unreadable",
    ]

    @Test("every error of ours has a code")
    func coded() throws {
        let form = /(?:struct|enum|class|extension) (\w+)(?:<[^>]*>)?: ((?:[\w, ]*\b)?(?:Error|CodedError)\b[\w, ]*)/
        var count = 0
        let names = try #require(FileManager.default.enumerator(atPath: Self.project + "/Sources"))
        var coded: Set<String> = ["QuoteError"]
        var others: Set<String> = []
        for case let name as String in names where name.hasSuffix(".swift") {
            for match in try Self.text("Sources/" + name).matches(of: form) {
                count += 1
                if match.2.contains("CodedError") {
                    coded.insert(String(match.1))
                } else {
                    others.insert(String(match.1))
                }
            }
        }
        #expect(count > 30)
        #expect(others.subtracting(coded) == Self.inner)
    }

    @Test("codes are lower camel case in dotted groups", arguments: ["usage", "file.kind", "code.notAuthentic"])
    func form(known: String) throws {
        let used = try used()
        #expect(used.contains(known))
        for code in used { #expect(code.wholeMatch(of: /[a-z][a-zA-Z]*(\.[a-z][a-zA-Z]*)?/) != nil, "\(code)") }
    }
}
