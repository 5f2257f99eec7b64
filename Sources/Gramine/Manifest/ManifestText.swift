internal import Notation

/// The text of a manifest, byte for byte as Gramine's tools write it (they use the Python library tomli-w).
struct ManifestText {
    private(set) var bytes: [UInt8] = []

    /// - Parameter root: a table.
    init(_ root: Node) { print(root.members, name: "", isElement: false) }

    /// The longest line on which an element that is a table may stand, in Unicode scalars.
    private static let lineLimit = 100

    /// A table's values first, then the tables in it.
    private mutating func print(_ members: [Member], name: String, isElement: Bool) {
        var values: [Member] = []
        var tables: [(name: String, members: [Member], isElement: Bool)] = []
        for member in members {
            let path = (name.isEmpty ? "" : name + ".") + Self.key(member.name)
            switch member.node.value {
            case .object(let inner): tables.append((path, inner, false))
            case .array(let elements) where Self.areLongTables(elements):
                tables += elements.map { (path, $0.members, true) }
            default: values.append(member)
            }
        }
        let start = bytes.count
        if isElement {
            append("[[\(name)]]\n")
        } else if !name.isEmpty, !values.isEmpty || tables.isEmpty {
            append("[\(name)]\n")
        }
        for member in values {
            append(Self.key(member.name))
            append(" = ")
            append(Self.value(member.node, depth: 0))
            append("\n")
        }
        for table in tables {
            if bytes.count > start { append("\n") }
            print(table.members, name: table.name, isElement: table.isElement)
        }
    }

    private mutating func append(_ text: String) { bytes += text.utf8 }

    private static func areLongTables(_ elements: [Node]) -> Bool {
        guard !elements.isEmpty else { return false }
        var areShort = true
        for element in elements {
            guard case .object = element.value else { return false }
            guard areShort else { continue }
            let text = value(element, depth: 0)
            areShort = text.unicodeScalars.count + 5 <= lineLimit && !text.utf8.contains(0x0A)
        }
        return !areShort
    }

    private static func value(_ node: Node, depth: Int) -> String {
        switch node.value {
        case .object(let members):
            return members.isEmpty
                ? "{}"
                : "{ " + members.map { "\(key($0.name)) = \(value($0.node, depth: 0))" }.joined(separator: ", ") + " }"
        case .array(let elements):
            guard !elements.isEmpty else { return "[]" }
            let indent = String(repeating: "    ", count: depth)
            return "[\n" + elements.map { "\(indent)    \(value($0, depth: depth + 1)),\n" }.joined() + indent + "]"
        case .string(let text): return string(text)
        case .number(let digits): return PythonNumber.text(digits)
        case .boolean(let isTrue): return isTrue ? "true" : "false"
        case .foreign(let text): return PythonMoment.text(text)
        // TOML has none.
        case .null: return "null"
        }
    }

    private static func key(_ name: String) -> String {
        let isBare =
            !name.isEmpty
            && name.utf8.allSatisfy {
                switch $0 {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
        return isBare ? name : string(name)
    }

    private static func string(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\u{8}": result += "\\b"
            case "\n": result += "\\n"
            case "\u{C}": result += "\\f"
            case "\r": result += "\\r"
            case "\t": result += "\t"
            case "\0"..."\u{1F}", "\u{7F}": result += "\\u00" + Hex.text([UInt8(scalar.value)])
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}

extension Node {
    /// Of a table; none for what is no table.
    var members: [Member] {
        guard case .object(let members) = value else { return [] }
        return members
    }

    /// Of an array; none for what is no array.
    var elements: [Node] {
        guard case .array(let elements) = value else { return [] }
        return elements
    }
}
