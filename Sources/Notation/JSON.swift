/// JSON texts as trees, read strictly and written in two forms.
package enum JSON {
    /// Reads one value.
    /// - Throws: `NotationError` with line and column for anything that isn't strict JSON (see `JSONScanner`).
    package static func read(_ bytes: Span<UInt8>, depthLimit: Int = 32) throws(NotationError) -> Node {
        var scanner = try JSONScanner(bytes, depthLimit: depthLimit)
        let node = try read(&scanner)
        try scanner.finish()
        return node
    }

    package static func read(_ bytes: [UInt8], depthLimit: Int = 32) throws(NotationError) -> Node {
        try read(bytes.span, depthLimit: depthLimit)
    }

    private static func read(_ scanner: inout JSONScanner) throws(NotationError) -> Node {
        let kind = try scanner.peek()
        let place = scanner.nextPlace()
        switch kind {
        case .object:
            var members: [Member] = []
            var object = try scanner.beginObject()
            while let name = try scanner.nextMember(&object) {
                let place = scanner.nextPlace()
                members.append(Member(try scanner.text(of: name), try read(&scanner), at: place))
            }
            return Node(.object(members), at: place)
        case .array:
            var elements: [Node] = []
            var array = try scanner.beginArray()
            while try scanner.nextElement(&array) { elements.append(try read(&scanner)) }
            return Node(.array(elements), at: place)
        case .string: return Node(.string(try scanner.string()), at: place)
        case .number: return Node(.number(try scanner.number()), at: place)
        case .boolean: return Node(.boolean(try scanner.boolean()), at: place)
        case .null:
            try scanner.null()
            return Node(.null, at: place)
        }
    }

    /// The one form a value has: members sorted by the bytes of their names, no blanks, only the escapes that must be.
    package static func canonical(_ node: Node) -> String {
        var text = ""
        write(node, to: &text, indent: nil, sorted: true, escapes: .needed, separators: (",", ":"))
        return text
    }

    /// Indented by two, members in their order; what commands a terminal is escaped, so that it can be shown as it is.
    package static func pretty(_ node: Node) -> String {
        var text = ""
        write(node, to: &text, indent: 0, sorted: false, escapes: .commands, separators: (",", ": "))
        return text + "\n"
    }

    /// The same in one line, without its end.
    package static func line(_ node: Node) -> String {
        var text = ""
        write(node, to: &text, indent: nil, sorted: false, escapes: .commands, separators: (",", ":"))
        return text
    }

    /// As Python's `json.dumps` writes it: `", "` and `": "`, everything beyond ASCII escaped, order kept.
    package static func pythonic(_ node: Node) -> String {
        var text = ""
        write(node, to: &text, indent: nil, sorted: false, escapes: .beyondASCII, separators: (", ", ": "))
        return text
    }

    private static func write(
        _ node: Node,
        to text: inout String,
        indent: Int?,
        sorted: Bool,
        escapes: JSONEscapes,
        separators: (element: String, member: String)
    ) {
        func list<Element>(_ elements: [Element], open: String, close: String, _ one: (Element, Int?) -> Void) {
            guard !elements.isEmpty else { return text += open + close }
            text += open
            for (index, element) in elements.enumerated() {
                if index > 0 { text += separators.element }
                if let indent { text += "\n" + String(repeating: " ", count: indent + 2) }
                one(element, indent.map { $0 + 2 })
            }
            if let indent { text += "\n" + String(repeating: " ", count: indent) }
            text += close
        }
        switch node.value {
        case .object(let members):
            let ordered = sorted ? members.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) } : members
            list(ordered, open: "{", close: "}") { member, indent in
                write(string: member.name, to: &text, escapes: escapes)
                text += separators.member
                write(member.node, to: &text, indent: indent, sorted: sorted, escapes: escapes, separators: separators)
            }
        case .array(let elements):
            list(elements, open: "[", close: "]") { element, indent in
                write(element, to: &text, indent: indent, sorted: sorted, escapes: escapes, separators: separators)
            }
        case .string(let string): write(string: string, to: &text, escapes: escapes)
        case .number(let digits): text += escapes == .beyondASCII ? pythonNumber(digits) : digits
        case .boolean(let value): text += value ? "true" : "false"
        case .null: text += "null"
        case .foreign(let literal):
            write(Node(literal), to: &text, indent: indent, sorted: sorted, escapes: escapes, separators: separators)
        }
    }

    /// Python reads `1.50` as a double and writes the shortest text that reads back the same; whole numbers keep their
    /// digits.
    package static func pythonNumber(_ digits: String) -> String {
        if digits == "-0" { return "0" }
        guard digits.utf8.contains(where: { $0 == UInt8(ascii: ".") || $0 | 0x20 == UInt8(ascii: "e") }),
            let value = Double(digits)
        else {
            return digits
        }
        return value.isFinite ? value.description : (value < 0 ? "-Infinity" : "Infinity")
    }

    private static func write(string: String, to text: inout String, escapes: JSONEscapes) {
        text += "\""
        guard !JSONEscapes.leavesAsItIs(string) else { return text += string + "\"" }
        for scalar in string.unicodeScalars {
            if let escape = escapes.text(for: scalar) { text += escape } else { text.unicodeScalars.append(scalar) }
        }
        text += "\""
    }
}
