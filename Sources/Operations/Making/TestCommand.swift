internal import Notation

/// `tests_cmd`: one program with its arguments, as a shell would read them, and variables before it. No shell is asked.
struct TestCommand: Hashable {
    var variables: [String: String] = [:]
    var program = ""
    var arguments: [String] = []

    private static let subject = "tests_cmd"

    /// - Throws: `OperationError` for what only a shell would understand, and for a quote without end.
    init(_ text: String) throws(OperationError) {
        var words = try Self.words(text)[...]
        while let first = words.first, !first.isNameQuoted, let (name, value) = Self.assignment(first.text) {
            variables[name] = value
            words = words.dropFirst()
        }
        guard let first = words.popFirst(), !first.text.isEmpty else {
            throw Self.refusal("names no program", mend: "such as \"pytest\"")
        }
        program = first.text
        arguments = words.map(\.text)
    }

    private struct Word {
        var text = ""
        /// With a quote or backslash before its first '=': then it is no assignment.
        var isNameQuoted = false

        mutating func quote() { isNameQuoted = isNameQuoted || !text.unicodeScalars.contains("=") }
    }

    /// As POSIX shells separate and quote them (POSIX.1-2024, section 2.2).
    private static func words(_ text: String) throws(OperationError) -> [Word] {
        var words: [Word] = []
        var word: Word?
        var quote: Unicode.Scalar?
        var rest = text.unicodeScalars[...]
        func add(_ scalar: Unicode.Scalar) {
            var grown = word ?? Word()
            grown.text.unicodeScalars.append(scalar)
            word = grown
        }
        while let scalar = rest.popFirst() {
            switch scalar {
            case "'" where quote != "\"", "\"" where quote != "'":
                quote = quote == nil ? scalar : nil
                var grown = word ?? Word()
                grown.quote()
                word = grown
            case "\\" where quote != "'":
                guard let next = rest.popFirst() else {
                    throw refusal("ends with a backslash", mend: "take it away, or double it")
                }
                if quote == "\"", !"$`\"\\".unicodeScalars.contains(next) { add(scalar) }
                word = word ?? Word()
                word?.quote()
                add(next)
            case _ where quote == nil && scalar.properties.isWhitespace:
                if let done = word { words.append(done) }
                word = nil
            case "|", "&", ";", "<", ">", "(", ")", "$", "`", "*", "?", "#", "~":
                // What stands between quotes is as good as any sign, but for what shells look for there, too.
                let isPlain =
                    quote == "'" || quote == "\"" && scalar != "$" && scalar != "`"
                    || quote == nil && scalar == "#" && word != nil
                guard isPlain else { throw forShells(scalar) }
                add(scalar)
            default: add(scalar)
            }
        }
        guard quote == nil else { throw refusal("a quote in it isn't closed", mend: "close it") }
        return words + (word.map { [$0] } ?? [])
    }

    private static func assignment(_ text: String) -> (String, String)? {
        guard let equals = text.firstIndex(of: "="), equals != text.startIndex else { return nil }
        let name = text[..<equals]
        guard name.utf8.allSatisfy({ $0 == 0x5F || (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20) }),
            name.first?.isNumber == false
        else { return nil }
        return (String(name), String(text[text.index(after: equals)...]))
    }

    private static func forShells(_ scalar: Unicode.Scalar) -> OperationError {
        refusal(
            "'\(scalar)' in it means something to a shell alone, and none is asked",
            mend: "name one command, put the sign between single quotes, or have a shell run it: /bin/sh -c '…'"
        )
    }

    private static func refusal(_ problem: String, mend: String) -> OperationError {
        OperationError(subject, problem, mend: mend, code: .testsCommand)
    }
}
