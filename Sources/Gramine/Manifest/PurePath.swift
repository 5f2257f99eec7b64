internal import Notation

/// A path in the form that Python's pathlib gives it without looking at any file: one slash between parts, no `.`, no
/// slash at the end, `..` kept, and two slashes at the beginning kept as well.
struct PurePath: Hashable, Sendable {
    /// `/`, `//` or nothing.
    let root: String
    let parts: [String]

    init(_ text: String) {
        let slashes = text.utf8.prefix { $0 == UInt8(ascii: "/") }.count
        root = slashes == 0 ? "" : slashes == 2 ? "//" : "/"
        parts = text.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }.filter { $0 != "." }
    }

    init(root: String, parts: [String]) {
        self.root = root
        self.parts = parts
    }

    /// Of a URI of the scheme `file`, whose rest is a path as it stands.
    /// - Throws: `.uri`.
    init(uri: String, at place: Place) throws(GramineError) {
        let uri = ExactText(uri)
        guard uri.hasPrefix("file:") else {
            throw GramineError(
                .uri,
                "the URI '\(uri.text.printable())' doesn't begin with 'file:'",
                at: place,
                mend: "name a file as \"file:path\""
            )
        }
        let path = String(decoding: uri.text.utf8.dropFirst(5), as: UTF8.self)
        guard !path.utf8.contains(0) else {
            throw GramineError(.uri, "the URI '\(uri.text.printable())' holds a NUL", at: place)
        }
        self.init(path)
    }

    var text: String { parts.isEmpty ? root.isEmpty ? "." : root : root + parts.joined(separator: "/") }
    var isAbsolute: Bool { !root.isEmpty }

    func appending(_ name: String) -> PurePath { PurePath(root: root, parts: parts + [name]) }
}
