/// TOML 1.0 texts as trees. A byte order mark before the text is taken, as its specification allows.
package enum TOML {
    /// Reads a text.
    /// - Throws: `NotationError` with the line and column of the first thing that isn't TOML.
    package static func read(_ bytes: [UInt8]) throws(NotationError) -> Node {
        guard !bytes.starts(with: [0xFF, 0xFE]), !bytes.starts(with: [0xFE, 0xFF]) else {
            throw NotationError(at: .none, "the text is not UTF-8 but UTF-16; save it as UTF-8")
        }
        let plain = PlainText.withoutMark(bytes)
        guard let text = String(validating: plain, as: UTF8.self) else { throw PlainText.invalid(plain[...]) }
        var reader = TOMLReader(text)
        try reader.readDocument()
        return reader.root.node
    }
}

/// One pass over the text, filling a tree of tables.
private struct TOMLReader {
    private let bytes: [UInt8]
    private var offset = 0
    private var line = 1
    private var lineStart = 0
    private var depth = 0
    let root = Table(at: Place(line: 1, column: 1), .root)
    private var current: Table

    /// A table while it is being filled; how it came to be decides who may add to it.
    final class Table {
        enum Origin { case root, header, implicit, dotted, inline }
        enum Entry { case node(Node), table(Table), tables(TableArray, Place) }
        var names: [(name: String, place: Place)] = []
        private var entries: [ExactText: Entry] = [:]
        var origin: Origin
        let place: Place

        init(at place: Place, _ origin: Origin) {
            self.place = place
            self.origin = origin
        }

        func add(_ name: String, _ entry: Entry, at place: Place) {
            names.append((name, place))
            entries[ExactText(name)] = entry
        }

        subscript(name: String) -> Entry? { entries[ExactText(name)] }

        var node: Node {
            Node(
                .object(
                    names.map { name, place in
                        switch self[name]! {  // every name was added with its entry
                        case .node(let node): Member(name, node, at: place)
                        case .table(let table): Member(name, table.node, at: place)
                        case .tables(let tables, let first):
                            Member(name, Node(.array(tables.all.map(\.node)), at: first), at: place)
                        }
                    }
                ),
                at: place
            )
        }
    }

    /// The tables of one name in double brackets; filled in place, however many there are.
    final class TableArray {
        var all: [Table]
        init(_ first: Table) { all = [first] }
    }

    init(_ text: String) {
        bytes = Array(text.utf8)
        current = root
    }

    private var place: Place { Place(line: line, column: offset - lineStart + 1) }
    private func failure(_ problem: String) -> NotationError { NotationError(at: place, problem) }
    private var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }
    private func follows(_ text: StaticString, at shift: Int = 0) -> Bool {
        bytes.dropFirst(offset + shift).starts(with: String(describing: text).utf8)
    }

    mutating func readDocument() throws(NotationError) {
        while true {
            skipBlanks()
            guard let byte = next else { return }
            switch byte {
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "#"): try endLine()
            case UInt8(ascii: "["):
                try header()
                try endLine()
            default:
                try keyValue(in: current)
                try endLine()
            }
        }
    }

    private mutating func skipBlanks() {
        while let byte = next, byte == 0x20 || byte == 0x09 { offset += 1 }
    }

    /// Blanks, a comment, and the end of the line or of the text.
    private mutating func endLine() throws(NotationError) {
        skipBlanks()
        if next == UInt8(ascii: "#") {
            while let byte = next, byte != 0x0A, !(byte == 0x0D && follows("\n", at: 1)) {
                guard byte >= 0x20 || byte == 0x09, byte != 0x7F else {
                    throw failure("a control character in a comment")
                }
                offset += 1
            }
        }
        guard next != nil else { return }
        guard takeNewline() else { throw failure("the end of the line expected") }
    }

    private mutating func takeNewline() -> Bool {
        if next == 0x0A {
            offset += 1
        } else if next == 0x0D, follows("\n", at: 1) {
            offset += 2
        } else {
            return false
        }
        line += 1
        lineStart = offset
        return true
    }

    private mutating func skipBlanksAndLines() throws(NotationError) {
        while true {
            skipBlanks()
            switch next {
            case 0x0A, 0x0D, UInt8(ascii: "#"): try endLine()
            default: return
            }
        }
    }

    // MARK: Keys and tables

    private mutating func header() throws(NotationError) {
        let start = place
        let isArray = follows("[[")
        offset += isArray ? 2 : 1
        let keys = try dottedKey()
        guard follows(isArray ? "]]" : "]") else { throw failure("']' expected after a table's name") }
        offset += isArray ? 2 : 1
        var table = root
        for key in keys.dropLast() {
            switch table[key.name] {
            case nil:
                let child = Table(at: start, .implicit)
                table.add(key.name, .table(child), at: key.place)
                table = child
            case .table(let child) where child.origin != .inline: table = child
            case .tables(let children, _): table = children.all[children.all.count - 1]
            default: throw NotationError(at: key.place, "'\(key.name.printable())' is no table")
            }
        }
        let key = keys[keys.count - 1]
        let name = key.name.printable()
        switch (table[key.name], isArray) {
        case (nil, false):
            current = Table(at: start, .header)
            table.add(key.name, .table(current), at: key.place)
        case (.table(let child)?, false) where child.origin == .implicit:
            child.origin = .header
            current = child
        case (nil, true):
            current = Table(at: start, .header)
            table.add(key.name, .tables(TableArray(current), start), at: key.place)
        case (.tables(let children, _)?, true):
            current = Table(at: start, .header)
            children.all.append(current)
        default: throw NotationError(at: key.place, "'\(name)' is defined twice")
        }
    }

    private mutating func keyValue(in table: Table) throws(NotationError) {
        let keys = try dottedKey()
        guard next == UInt8(ascii: "=") else { throw failure("'=' expected after a key") }
        offset += 1
        skipBlanks()
        let node = try value()
        var target = table
        for key in keys.dropLast() {
            switch target[key.name] {
            case nil:
                let child = Table(at: key.place, .dotted)
                target.add(key.name, .table(child), at: key.place)
                target = child
            case .table(let child) where child.origin == .dotted: target = child
            default: throw NotationError(at: key.place, "'\(key.name.printable())' is defined twice")
            }
        }
        let key = keys[keys.count - 1]
        guard target[key.name] == nil else {
            throw NotationError(at: key.place, "'\(key.name.printable())' is defined twice")
        }
        target.add(key.name, .node(node), at: key.place)
    }

    private mutating func dottedKey() throws(NotationError) -> [(name: String, place: Place)] {
        var keys: [(name: String, place: Place)] = []
        repeat {
            if !keys.isEmpty { offset += 1 }
            skipBlanks()
            let start = place
            keys.append((try simpleKey(), start))
            skipBlanks()
            guard keys.count <= 16 else { throw failure("a key of more than 16 parts") }
        } while next == UInt8(ascii: ".")
        return keys
    }

    private mutating func simpleKey() throws(NotationError) -> String {
        switch next {
        case UInt8(ascii: "\""): return try basicString()
        case UInt8(ascii: "'"): return try literalString()
        default:
            let start = offset
            while let byte = next, Self.isBare(byte) { offset += 1 }
            guard offset > start else { throw failure("a key expected") }
            return String(decoding: bytes[start..<offset], as: UTF8.self)
        }
    }

    private static func isBare(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    // MARK: Values

    private mutating func value() throws(NotationError) -> Node {
        let start = place
        switch next {
        case UInt8(ascii: "\""):
            return Node(.string(follows("\"\"\"") ? try longString(UInt8(ascii: "\"")) : try basicString()), at: start)
        case UInt8(ascii: "'"):
            return Node(.string(follows("'''") ? try longString(UInt8(ascii: "'")) : try literalString()), at: start)
        case UInt8(ascii: "["): return try nested { (reader) throws(NotationError) in try reader.array(at: start) }
        case UInt8(ascii: "{"):
            return try nested { (reader) throws(NotationError) in try reader.inlineTable(at: start) }
        default: return Node(try word(), at: start)
        }
    }

    private mutating func nested(_ read: (inout TOMLReader) throws(NotationError) -> Node) throws(NotationError) -> Node
    {
        depth += 1
        guard depth <= 16 else { throw failure("nested deeper than 16") }
        defer { depth -= 1 }
        return try read(&self)
    }

    private mutating func array(at start: Place) throws(NotationError) -> Node {
        offset += 1
        var elements: [Node] = []
        while true {
            try skipBlanksAndLines()
            if next == UInt8(ascii: "]") { break }
            elements.append(try value())
            try skipBlanksAndLines()
            if next == UInt8(ascii: ",") {
                offset += 1
            } else if next != UInt8(ascii: "]") {
                throw failure("',' or ']' expected")
            }
        }
        offset += 1
        return Node(.array(elements), at: start)
    }

    private mutating func inlineTable(at start: Place) throws(NotationError) -> Node {
        offset += 1
        let table = Table(at: start, .inline)
        skipBlanks()
        if next != UInt8(ascii: "}") {
            while true {
                skipBlanks()
                try keyValue(in: table)
                skipBlanks()
                if next == UInt8(ascii: "}") { break }
                guard next == UInt8(ascii: ",") else { throw failure("',' or '}' expected") }
                offset += 1
            }
        }
        offset += 1
        return table.node
    }

    /// true, false, a number, a date or time.
    private mutating func word() throws(NotationError) -> Node.Value {
        let start = offset
        while let byte = next,
            Self.isBare(byte) || byte == UInt8(ascii: "+") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: ":")
        {
            offset += 1
        }
        var text = String(decoding: bytes[start..<offset], as: UTF8.self)
        // A blank may stand between date and time.
        if TOMLMoment.isDate(text), next == 0x20 {
            let time = bytes[(offset + 1)...].prefix {
                Self.isBare($0) || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "+")
            }
            if !time.isEmpty { text += " " + String(decoding: time, as: UTF8.self) }
        }
        offset = start
        switch text {
        case "": throw failure("a value expected")
        case "true", "false":
            offset += text.utf8.count
            return .boolean(text == "true")
        case "inf", "+inf", "-inf", "nan", "+nan", "-nan":
            offset += text.utf8.count
            return .foreign(text)
        default:
            if TOMLMoment.isMoment(text) {
                offset += text.utf8.count
                return .foreign(text)
            }
            guard let number = Self.number(text) else {
                throw failure("'\(text.printable())' is no value; text stands in quotes")
            }
            offset += text.utf8.count
            return .number(number)
        }
    }

    /// The number in JSON's notation; nil if it is none.
    private static func number(_ text: String) -> String? {
        func groups(_ digits: Substring, _ isDigit: (Character) -> Bool) -> String? {
            let parts = digits.split(separator: "_", omittingEmptySubsequences: false)
            return parts.allSatisfy { !$0.isEmpty && $0.allSatisfy { $0.isASCII && isDigit($0) } }
                ? parts.joined() : nil
        }
        for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] where text.hasPrefix(prefix) {
            return groups(text.dropFirst(2), { $0.isHexDigit }).flatMap { Int($0, radix: radix) }.map { String($0) }
        }
        let sign = text.hasPrefix("-") ? "-" : ""
        let rest = text.dropFirst(text.hasPrefix("-") || text.hasPrefix("+") ? 1 : 0)
        let parts = rest.split(separator: "e", maxSplits: 1, omittingEmptySubsequences: false).flatMap {
            $0.split(separator: "E", maxSplits: 1, omittingEmptySubsequences: false)
        }
        guard parts.count <= 2, let mantissa = parts.first else { return nil }
        let halves = mantissa.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = groups(halves[0], { $0.isNumber }), whole == "0" || !whole.hasPrefix("0") else { return nil }
        var result = sign + whole
        if halves.count == 2 {
            guard let fraction = groups(halves[1], { $0.isNumber }) else { return nil }
            result += "." + fraction
        }
        if parts.count == 2 {
            let signed = parts[1].hasPrefix("-") || parts[1].hasPrefix("+")
            guard let exponent = groups(parts[1].dropFirst(signed ? 1 : 0), { $0.isNumber }) else { return nil }
            result += "e" + (signed ? String(parts[1].prefix(1)) : "") + exponent
        }
        return result
    }

    // MARK: Strings

    private mutating func literalString() throws(NotationError) -> String {
        offset += 1
        let start = offset
        while let byte = next, byte != UInt8(ascii: "'") {
            guard byte >= 0x20 || byte == 0x09, byte != 0x7F else {
                throw failure("a control character or line end in a string")
            }
            offset += 1
        }
        guard next != nil else { throw failure("the text ends in a string") }
        offset += 1
        return String(decoding: bytes[start..<(offset - 1)], as: UTF8.self)
    }

    private mutating func basicString() throws(NotationError) -> String {
        offset += 1
        var result: [UInt8] = []
        while let byte = next, byte != UInt8(ascii: "\"") {
            if byte == UInt8(ascii: "\\") {
                result += String(try escape()).utf8
            } else {
                guard byte >= 0x20 || byte == 0x09, byte != 0x7F else {
                    throw failure("a control character or line end in a string")
                }
                result.append(byte)
                offset += 1
            }
        }
        guard next != nil else { throw failure("the text ends in a string") }
        offset += 1
        return String(decoding: result, as: UTF8.self)
    }

    /// A string in three quotes, which may go over lines.
    private mutating func longString(_ quote: UInt8) throws(NotationError) -> String {
        let fence: StaticString = quote == UInt8(ascii: "'") ? "'''" : "\"\"\""
        offset += 3
        _ = takeNewline()
        var result: [UInt8] = []
        while !follows(fence) {
            guard let byte = next else { throw failure("the text ends in a string") }
            if byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") {
                if try !takeLineContinuation() { result += String(try escape()).utf8 }
            } else if takeNewline() {
                result.append(0x0A)
            } else {
                guard byte >= 0x20 || byte == 0x09, byte != 0x7F else {
                    throw failure("a control character in a string")
                }
                result.append(byte)
                offset += 1
            }
        }
        offset += 3
        // Up to two further quotes belong to the text.
        for _ in 0..<2 where next == quote {
            result.append(quote)
            offset += 1
        }
        return String(decoding: result, as: UTF8.self)
    }

    private mutating func takeLineContinuation() throws(NotationError) -> Bool {
        let start = offset
        offset += 1
        skipBlanks()
        guard takeNewline() else {
            offset = start
            return false
        }
        repeat { skipBlanks() } while takeNewline()
        return true
    }

    private mutating func escape() throws(NotationError) -> Unicode.Scalar {
        let simple: [UInt8: Unicode.Scalar] = [
            UInt8(ascii: "b"): "\u{8}", UInt8(ascii: "t"): "\t", UInt8(ascii: "n"): "\n", UInt8(ascii: "f"): "\u{C}",
            UInt8(ascii: "r"): "\r",
            UInt8(ascii: "\""): "\"", UInt8(ascii: "\\"): "\\",
        ]
        guard offset + 1 < bytes.count else { throw failure("the text ends in a string") }
        let kind = bytes[offset + 1]
        if let scalar = simple[kind] {
            offset += 2
            return scalar
        }
        let count = kind == UInt8(ascii: "u") ? 4 : kind == UInt8(ascii: "U") ? 8 : 0
        guard count > 0, offset + 2 + count <= bytes.count,
            let value = UInt32(String(decoding: bytes[(offset + 2)..<(offset + 2 + count)], as: UTF8.self), radix: 16),
            bytes[offset + 2] != UInt8(ascii: "+"), bytes[offset + 2] != UInt8(ascii: "-"),
            let scalar = Unicode.Scalar(value)
        else { throw failure("an unknown escape in a string") }
        offset += 2 + count
        return scalar
    }
}
