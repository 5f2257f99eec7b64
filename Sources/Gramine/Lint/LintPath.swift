internal import Notation

/// A path of the host in one spelling: `..` taken back where that is possible without looking at links.
struct LintPath: Hashable {
    /// Two files whose names look alike are two.
    private let spelling: ExactText
    var text: String { spelling.text }

    init(_ path: PurePath) {
        var parts: [String] = []
        for part in path.parts {
            if part == "..", let last = parts.last, last != ".." {
                parts.removeLast()
            } else if part != ".." || path.root.isEmpty {
                parts.append(part)
            }
        }
        spelling = ExactText(PurePath(root: path.root.isEmpty ? "" : "/", parts: parts).text)
    }

    /// Nil for a URI of another scheme.
    init?(uri: String) {
        guard let path = try? PurePath(uri: uri, at: .none) else { return nil }
        self.init(path)
    }

    var isAbsolute: Bool { text.utf8.first == UInt8(ascii: "/") }

    func isInside(_ folder: LintPath) -> Bool {
        if self == folder { return true }
        if folder.text == "." { return !text.utf8.starts(with: "/".utf8) }
        return text.utf8.starts(with: (folder.text == "/" ? "/" : folder.text + "/").utf8)
    }

    var name: ExactText { ExactText(PurePath(text).parts.last ?? "") }
    var parts: [String] { PurePath(text).parts }
}
