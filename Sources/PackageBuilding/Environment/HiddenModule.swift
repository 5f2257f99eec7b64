internal import Files
internal import Notation

/// A module of the code that has the name of another, which comes first or is hidden by it.
struct HiddenModule {
    private enum Kind: String {
        /// Python's, and found before any file.
        case builtin
        /// Of the standard library.
        case library
        /// Of the installed environment.
        case site
    }

    private let file: String
    private let module: String
    private let kind: Kind

    static func list(_ node: Node) throws(NotationError) -> [HiddenModule] {
        guard case .array(let items) = node.value else { throw NotationError(at: node.place, "an array expected") }
        var list: [HiddenModule] = []
        for item in items {
            var reader = try ObjectReader(item)
            guard let file = try reader.string("file"), let module = try reader.string("module"),
                let kind = Kind(rawValue: try reader.string("kind") ?? "")
            else { throw NotationError(at: item.place, "file, module and kind expected") }
            list.append(HiddenModule(file: file, module: module, kind: kind))
        }
        return list
    }

    var sentence: String {
        let name = module.printable(limit: nil), file = file.printable(limit: nil)
        return switch kind {
        case .builtin: "\(file) is never imported: Python's own '\(name)' comes first"
        case .library:
            "\(file) hides Python's own '\(name)' from the code and from every package; rename it unless that is meant"
        case .site:
            "\(file) hides the installed '\(name)' from the code and from every package; rename it unless that is meant"
        }
    }
}
