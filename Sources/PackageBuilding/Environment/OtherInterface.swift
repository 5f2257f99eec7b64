internal import Files
internal import Notation

/// An application that isn't WSGI, as far as it can be told without running it.
struct OtherInterface {
    private enum Kind: String {
        case asgi
        /// It brings a server of its own.
        case own
        /// Something unknown around an ASGI application.
        case maybe
    }

    private let file: String
    private let line: Int
    private let name: String
    private let label: String
    private let kind: Kind
    /// Whatever the name is bound to is one.
    let isCertain: Bool

    /// Nil for null.
    init?(_ node: Node?) throws(NotationError) {
        guard let node, case .object = node.value else { return nil }
        var reader = try ObjectReader(node)
        guard let file = try reader.string("file"), let line = try reader.integer("line", in: 0...Int.max),
            let name = try reader.string("name"), let label = try reader.string("label"),
            let kind = Kind(rawValue: try reader.string("kind") ?? ""), let isCertain = try reader.boolean("certain")
        else { throw NotationError(at: node.place, "file, line, name, label, kind and certain expected") }
        (self.file, self.line, self.name, self.label) = (file, line, name, label)
        (self.kind, self.isCertain) = (kind, isCertain)
    }

    var sentence: String {
        let place = "\(file.printable(limit: nil)) line \(line)"
        let what = label == "async" ? "an async function" : "of the kind \(label.printable(limit: nil))"
        let start = "\(place): '\(name.printable(limit: nil))' \(isCertain ? "is" : "may be") \(what)"
        guard kind != .own else { return "\(start), which brings a server of its own; WSGI alone is served" }
        let mend =
            label.hasPrefix("Django")
            ? "name get_wsgi_application() instead, as Django's wsgi.py has it"
            : """
            wrap it, such as with ASGIMiddleware of a2wsgi (what it does at its start and end isn't run then), \
            or use a framework that speaks WSGI, such as Flask
            """
        return "\(start), which speaks ASGI; this version serves WSGI alone: until a later one does, \(mend)"
    }
}
