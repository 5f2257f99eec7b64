internal import Notation

/// A path of the host in one spelling: `..` taken back where that is possible without looking at links.
struct LintPath: Hashable {
    let text: String

    init(_ path: PurePath) {
        var parts: [String] = []
        for part in path.parts {
            if part == "..", let last = parts.last, last != ".." {
                parts.removeLast()
            } else if part != ".." || path.root.isEmpty {
                parts.append(part)
            }
        }
        text = PurePath(root: path.root.isEmpty ? "" : "/", parts: parts).text
    }

    /// Nil for a URI of another scheme.
    init?(uri: String) {
        guard let path = try? PurePath(uri: uri, at: .none) else { return nil }
        self.init(path)
    }

    /// This path and every folder above it.
    var withFoldersAbove: [LintPath] {
        let path = PurePath(text)
        let above = path.parts.indices.reversed().map { PurePath(root: path.root, parts: Array(path.parts[..<$0])) }
        return [self] + above.map { LintPath($0) }
    }

    func isInside(_ folder: LintPath) -> Bool {
        if self == folder { return true }
        if folder.text == "." { return !text.utf8.starts(with: "/".utf8) }
        return text.utf8.starts(with: (folder.text == "/" ? "/" : folder.text + "/").utf8)
    }

    var name: String { PurePath(text).parts.last ?? "" }
    var parts: [String] { PurePath(text).parts }
}
