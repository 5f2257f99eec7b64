/// Reads the members of one object by name and then refuses those that nobody asked for, naming the known ones, the
/// nearest first.
package struct ObjectReader {
    package let path: String
    package let place: Place
    private let members: [Member]
    private let byName: [ExactText: Node]
    private var known: [String] = []

    /// - Throws: `NotationError` when the node isn't an object.
    package init(_ node: Node, path: String = "") throws(NotationError) {
        guard case .object(let members) = node.value else {
            throw NotationError(at: node.place, member: path, "a table expected, found \(node.kind)")
        }
        self.members = members
        // Readers let no name stand twice; where a tree was made otherwise, the first one counts.
        byName = Dictionary(members.map { (ExactText($0.name), $0.node) }, uniquingKeysWith: { first, _ in first })
        self.path = path
        place = node.place
    }

    package func path(to name: String) -> String { path.isEmpty ? name : path + "." + name }

    /// The member's value; nil when it is absent.
    package mutating func optional(_ name: String) -> Node? {
        known.append(name)
        return byName[ExactText(name)]
    }

    package mutating func required(_ name: String) throws(NotationError) -> Node {
        guard let node = optional(name) else { throw NotationError(at: place, member: path(to: name), "is missing") }
        return node
    }

    package mutating func table(_ name: String) throws(NotationError) -> ObjectReader? {
        guard let node = optional(name) else { return nil }
        return try ObjectReader(node, path: path(to: name))
    }

    package mutating func string(_ name: String) throws(NotationError) -> String? {
        guard let node = optional(name) else { return nil }
        guard case .string(let text) = node.value else { throw mismatch(node, member: name, "a string") }
        return text
    }

    package mutating func boolean(_ name: String) throws(NotationError) -> Bool? {
        guard let node = optional(name) else { return nil }
        guard case .boolean(let value) = node.value else { throw mismatch(node, member: name, "true or false") }
        return value
    }

    package mutating func integer(_ name: String, in range: ClosedRange<Int>) throws(NotationError) -> Int? {
        guard let node = optional(name) else { return nil }
        guard case .number(let digits) = node.value, let value = Int(digits), range.contains(value) else {
            throw mismatch(node, member: name, "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// An array of strings, each with its place.
    package mutating func strings(_ name: String, limit: Int = 1024) throws(NotationError) -> [(
        text: String, place: Place
    )]? {
        guard let node = optional(name) else { return nil }
        guard case .array(let elements) = node.value else { throw mismatch(node, member: name, "an array of strings") }
        guard elements.count <= limit else {
            throw NotationError(at: node.place, member: path(to: name), "more than \(limit) entries")
        }
        var result: [(text: String, place: Place)] = []
        for element in elements {
            guard case .string(let text) = element.value else { throw mismatch(element, member: name, "a string") }
            result.append((text, element.place))
        }
        return result
    }

    package func mismatch(_ node: Node, member name: String, _ expected: String) -> NotationError {
        let found =
            switch node.value {
            case .string(let text): "\"\(text.printable())\""
            case .number(let digits): digits.printable()
            case .boolean(let value): "\(value)"
            default: node.kind
            }
        return NotationError(at: node.place, member: path(to: name), "\(expected) expected, found \(found)")
    }

    /// Refuses members that were never asked for.
    package func finish() throws(NotationError) {
        let asked = Set(known.map { ExactText($0) })
        guard let unknown = members.first(where: { !asked.contains(ExactText($0.name)) }) else { return }
        throw NotationError(at: unknown.place, member: path(to: unknown.name), "is unknown here" + hint(unknown.name))
    }

    /// Of what is known here, in a message.
    private static let shownLimit = 24

    /// What may stand here instead, the nearest first.
    private func hint(_ name: String) -> String {
        let (ranked, isMeant) = NearestName.ranked(known, to: name)
        guard let nearest = ranked.first else { return "; nothing may stand here" }
        let listed = ranked.prefix(Self.shownLimit).joined(separator: ", ")
        let place = path.isEmpty ? "here" : "in \(path.printable())"
        return (isMeant ? "; did you mean '\(nearest)'?" : "")
            + "; known \(place): \(listed)\(ranked.count > Self.shownLimit ? ", …" : "")"
    }
}
