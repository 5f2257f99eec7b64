internal import Notation

/// A word of a template's language.
enum TemplateToken: Hashable, Sendable {
    case name(String)
    case string(String)
    case integer(Int)
    case float(Double)
    case symbol(String)
}

/// A template cut into its text, outputs and statements.
struct TemplateTokens {
    enum Piece {
        case text(String)
        case output([TemplateToken], line: Int)
        case statement([TemplateToken], line: Int)
    }

    private(set) var pieces: [Piece] = []
    private let source: [Unicode.Scalar]
    private var position = 0
    private var line = 1
    /// Whether the blanks that follow are left out.
    private var trimsNext = false

    static let byteLimit = 16 << 20

    init(_ text: String) throws(GramineError) {
        guard text.utf8.count <= Self.byteLimit else {
            throw GramineError(.template, "a template of \(text.utf8.count) bytes; at most \(Self.byteLimit) are read")
        }
        // Every line end is one sign.
        var source: [Unicode.Scalar] = []
        source.reserveCapacity(text.utf8.count)
        var follows: Unicode.Scalar?
        for scalar in text.unicodeScalars {
            if scalar == "\n", follows == "\r" {
                follows = scalar
                continue
            }
            follows = scalar
            source.append(scalar == "\r" ? "\n" : scalar)
        }
        self.source = source
        try read()
    }

    private func failure(_ problem: String) -> GramineError {
        GramineError(.template, problem, at: Place(line: line, column: 1))
    }

    private func starts(_ text: StaticString, at position: Int) -> Bool {
        let end = position + text.utf8CodeUnitCount
        guard end <= source.count else { return false }
        return text.withUTF8Buffer { zip($0, source[position..<end]).allSatisfy { UInt32($0) == $1.value } }
    }

    private mutating func advance(to end: Int) {
        line += source[position..<end].count { $0 == "\n" }
        position = end
    }

    private mutating func read() throws(GramineError) {
        while position < source.count {
            var start = position
            while start < source.count, !["{{", "{%", "{#"].contains(where: { starts($0, at: start) }) { start += 1 }
            var text = source[position..<start]
            if trimsNext { text = text.drop(while: Self.isBlank) }
            let mark = start + 2 < source.count ? source[start + 2] : " "
            if start < source.count, mark == "-" {
                while let last = text.last, Self.isBlank(last) { text.removeLast() }
            }
            trimsNext = false
            add(text)
            advance(to: start)
            guard start < source.count else { return }
            let kind = source[start + 1]
            advance(to: min(source.count, start + (mark == "-" || mark == "+" ? 3 : 2)))
            switch kind {
            case "#": try skipComment()
            case "{":
                let line = line
                pieces.append(.output(try tokens(until: "}}"), line: line))
            default:
                let line = line
                let tokens = try tokens(until: "%}")
                if tokens == [.name("raw")] {
                    try readRaw()
                } else {
                    pieces.append(.statement(tokens, line: line))
                }
            }
        }
    }

    private mutating func add(_ text: ArraySlice<Unicode.Scalar>) {
        guard !text.isEmpty else { return }
        var string = String.UnicodeScalarView()
        string.append(contentsOf: text)
        pieces.append(.text(String(string)))
    }

    private static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isWhitespace || (0x1C...0x1F).contains(scalar.value)
    }

    private mutating func skipComment() throws(GramineError) {
        var end = position
        while end < source.count, !starts("#}", at: end) { end += 1 }
        guard end < source.count else { throw failure("a comment without its end, '#}'") }
        trimsNext = end > position && source[end - 1] == "-"
        advance(to: end + 2)
    }

    /// Up to the statement that ends it, which is the only one that counts.
    private mutating func readRaw() throws(GramineError) {
        let start = position
        var end = start
        while end < source.count {
            defer { end += 1 }
            guard starts("{%", at: end) else { continue }
            var next = end + 2
            let trimsBefore = next < source.count && source[next] == "-"
            if trimsBefore || (next < source.count && source[next] == "+") { next += 1 }
            while next < source.count, Self.isBlank(source[next]) { next += 1 }
            guard starts("endraw", at: next) else { continue }
            next += 6
            while next < source.count, Self.isBlank(source[next]) { next += 1 }
            let trimsAfter = next < source.count && source[next] == "-"
            if trimsAfter || (next < source.count && source[next] == "+") { next += 1 }
            guard starts("%}", at: next) else { continue }
            var text = source[start..<end]
            if trimsNext { text = text.drop(while: Self.isBlank) }
            if trimsBefore {
                while let last = text.last, Self.isBlank(last) { text.removeLast() }
            }
            add(text)
            trimsNext = trimsAfter
            advance(to: next + 2)
            return
        }
        throw failure("'raw' without its 'endraw'")
    }

    // MARK: Words

    private mutating func tokens(until end: StaticString) throws(GramineError) -> [TemplateToken] {
        var tokens: [TemplateToken] = []
        /// The brackets that are open; within them the end is none.
        var brackets: [Unicode.Scalar] = []
        while position < source.count {
            let scalar = source[position]
            if Self.isBlank(scalar) {
                advance(to: position + 1)
                continue
            }
            if brackets.isEmpty {
                if starts(end, at: position) {
                    trimsNext = false
                    advance(to: position + 2)
                    return tokens
                }
                // Only a statement's end can say that blanks stay.
                if scalar == "-" || scalar == "+" && starts("%}", at: position + 1), starts(end, at: position + 1) {
                    trimsNext = scalar == "-"
                    advance(to: position + 3)
                    return tokens
                }
            }
            switch scalar {
            case "\"", "'": tokens.append(.string(try string(scalar)))
            case "0"..."9": tokens.append(try number())
            case _ where scalar == "_" || scalar.properties.isXIDStart: tokens.append(.name(name()))
            default:
                let symbol = try symbol()
                switch symbol {
                case "(", "[", "{": brackets.append(scalar)
                case ")", "]", "}":
                    let opening: [Unicode.Scalar: Unicode.Scalar] = [")": "(", "]": "[", "}": "{"]
                    guard brackets.popLast() == opening[scalar] else {
                        throw failure("'\(symbol)' where no such bracket is open")
                    }
                default: break
                }
                tokens.append(.symbol(symbol))
            }
        }
        throw failure("the template ends before '\(end)'")
    }

    private mutating func name() -> String {
        let start = position
        while position < source.count, source[position] == "_" || source[position].properties.isXIDContinue {
            position += 1
        }
        return Self.text(source[start..<position])
    }

    private static func text(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }

    private mutating func number() throws(GramineError) -> TemplateToken {
        let start = position
        func isDigit(_ position: Int) -> Bool {
            position < source.count && ("0"..."9" ~= source[position] || source[position] == "_")
        }
        while isDigit(position) { position += 1 }
        var isFloat = false
        if position < source.count, source[position] == ".", isDigit(position + 1) {
            isFloat = true
            position += 1
            while isDigit(position) { position += 1 }
        }
        if position < source.count, source[position] == "e" || source[position] == "E" {
            let hasSign = position + 1 < source.count && "+-".unicodeScalars.contains(source[position + 1])
            if isDigit(position + (hasSign ? 2 : 1)) {
                isFloat = true
                position += hasSign ? 2 : 1
                while isDigit(position) { position += 1 }
            }
        }
        let text = Self.text(source[start..<position]).replacing("_", with: "")
        if isFloat, let number = Double(text) { return .float(number) }
        guard let number = Int(text), text == "0" || !text.hasPrefix("0") else {
            throw failure("'\(text.printable(limit: 40))' is no number that is read here")
        }
        return .integer(number)
    }

    private mutating func symbol() throws(GramineError) -> String {
        for symbol: StaticString in ["//", "**", "==", "!=", ">=", "<="] where starts(symbol, at: position) {
            position += 2
            return "\(symbol)"
        }
        let scalar = source[position]
        guard "+-/*%~[](){}><=.:|,;".unicodeScalars.contains(scalar) else {
            throw failure("'\(String(scalar).printable())' has no meaning in a template's language")
        }
        position += 1
        return String(scalar)
    }

    private mutating func string(_ quote: Unicode.Scalar) throws(GramineError) -> String {
        advance(to: position + 1)
        var result = String.UnicodeScalarView()
        while position < source.count {
            let scalar = source[position]
            advance(to: position + 1)
            if scalar == quote { return String(result) }
            guard scalar == "\\", position < source.count else {
                result.append(scalar)
                continue
            }
            let kind = source[position]
            advance(to: position + 1)
            let simple: [Unicode.Scalar: Unicode.Scalar] = [
                "n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", "\"": "\"", "a": "\u{7}", "b": "\u{8}",
                "f": "\u{C}", "v": "\u{B}",
            ]
            if let scalar = simple[kind] {
                result.append(scalar)
            } else if kind == "\n" {
                continue
            } else if let count = ["x": 2, "u": 4, "U": 8][kind] {
                let digits = Self.text(source[position..<min(source.count, position + count)])
                guard digits.utf8.count == count, digits.utf8.allSatisfy({ Hex.value(of: $0) != nil }),
                    let value = UInt32(digits, radix: 16), let scalar = Unicode.Scalar(value)
                else { throw failure("an escape in a string that stands for no character") }
                position += count
                result.append(scalar)
            } else {
                // As Python: what is no escape stays as it is.
                result.append("\\")
                result.append(kind)
            }
        }
        throw failure("a string without its end")
    }
}
