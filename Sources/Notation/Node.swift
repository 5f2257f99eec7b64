/// A value of a JSON or TOML text that knows where it stood.
package struct Node: Hashable, Sendable {
    package enum Value: Hashable, Sendable {
        case object([Member])
        case array([Node])
        case string(String)
        /// The digits as they stand in the text, sign, fraction and exponent included.
        case number(String)
        case boolean(Bool)
        case null
        /// What TOML has and JSON has not, as it stands in the text: a date, a time, `inf`, `nan`. Nothing of ours
        /// takes one.
        case foreign(String)
    }

    package var value: Value
    package var place: Place

    package init(_ value: Value, at place: Place = .none) {
        self.value = value
        self.place = place
    }

    /// What the value is, for messages.
    package var kind: String {
        switch value {
        case .object: "an object"
        case .array: "an array"
        case .string: "a string"
        case .number: "a number"
        case .boolean: "a boolean"
        case .null: "null"
        case .foreign(let text): text.contains(where: \.isNumber) ? "a date or time" : "a number that isn't finite"
        }
    }

    /// The member of an object; nil for another kind of value and for an object without it.
    package subscript(name: String) -> Node? {
        guard case .object(let members) = value else { return nil }
        return members.first { $0.name.utf8.elementsEqual(name.utf8) }?.node
    }
}

/// A named value of an object.
package struct Member: Hashable, Sendable {
    package var name: String
    package var node: Node
    /// Where the name stands.
    package var place: Place

    package init(_ name: String, _ node: Node, at place: Place = .none) {
        self.name = name
        self.node = node
        self.place = place
    }
}

/// Line and column, both from 1; columns count bytes. Line 0 is the place of a value that was in no text.
public struct Place: Hashable, Sendable, CustomStringConvertible {
    public var line: Int
    public var column: Int

    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    /// Of the byte that follows these, which begin their text.
    public init(after bytes: ArraySlice<UInt8>) {
        line = bytes.count { $0 == 0x0A } + 1
        column =
            bytes.distance(from: bytes.lastIndex(of: 0x0A).map { $0 + 1 } ?? bytes.startIndex, to: bytes.endIndex) + 1
    }

    public static let none = Place(line: 0, column: 0)
    public var description: String { line == 0 ? "in no text" : "line \(line), column \(column)" }
}

extension Node: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral
{
    package init(stringLiteral value: String) { self.init(.string(value)) }
    package init(integerLiteral value: Int) { self.init(.number(String(value))) }
    package init(booleanLiteral value: Bool) { self.init(.boolean(value)) }
    package init(arrayLiteral elements: Node...) { self.init(.array(elements)) }
    /// An object with these members, in this order; nil values are left out.
    package static func object(_ members: KeyValuePairs<String, Node?>) -> Node {
        Node(.object(members.compactMap { name, node in node.map { Member(name, $0) } }))
    }
    package init(_ text: String) { self.init(.string(text)) }
    package init(_ number: Int) { self.init(.number(String(number))) }
}
