internal import Files
internal import Glibc
internal import Notation

/// The regular files of a folder, with relative names that are safe to make elsewhere.
public struct CodeTree: Sendable {
    public struct File: Hashable, Sendable {
        /// Relative, with `/` between components.
        public let path: String
        /// Where it is read.
        public let source: String
        public let byteCount: Int

        public init(path: String, source: String, byteCount: Int) {
            self.path = path
            self.source = source
            self.byteCount = byteCount
        }
    }

    /// Sorted component by component, by code points.
    public let files: [File]
    /// Dot files and folders that don't ship; of a folder, nothing in it.
    public let leftOut: [LeftOut]

    public struct LeftOut: Hashable, Sendable {
        /// Relative, of the folder it lies in; empty for the tree's own.
        public let folder: String
        /// A folder's ends with `/`; one that isn't UTF-8 has replacement characters.
        public let name: String
    }

    /// What becomes of names that begin with a dot, which tools and editors leave behind.
    public enum DotFiles: Hashable, Sendable {
        case kept
        /// Left out, but for these: relative paths of files, and of folders with all that they hold.
        case leftOut(but: [String])
    }

    /// Which dot files stay. Paths are looked up, so that a thousand exceptions cost no more than one.
    private struct DotFileFilter {
        private var exceptions: Set<ExactText> = []
        /// The folders that lead to them.
        private var ways: Set<ExactText> = []
        private var keepsAll = false

        init(_ dotFiles: DotFiles) {
            guard case .leftOut(let paths) = dotFiles else {
                keepsAll = true
                return
            }
            for path in paths {
                exceptions.insert(ExactText(path))
                ways.formUnion(Files.foldersAbove(path).map { ExactText($0) })
            }
        }

        func keeps(_ path: String) -> Bool {
            guard !keepsAll, Files.components(path).contains(where: { $0.utf8.first == UInt8(ascii: ".") }) else {
                return true
            }
            return ways.contains(ExactText(path))
                || (Files.foldersAbove(path) + [path]).contains { exceptions.contains(ExactText($0)) }
        }
    }

    public static let fileLimit = 200_000
    public static let depthLimit = 64

    /// Lists a folder. Links inside the tree are followed, as the original does; what they lead to must lie in the tree
    /// too. What is ignored or left out is so by its name, before anything of it is judged or opened.
    /// - Throws: `CodeError` with the path of a link that leaves the tree, a device, or a name that isn't UTF-8.
    public init(_ folder: String, ignoring ignored: IgnoreList = IgnoreList(), dotFiles: DotFiles = .kept)
        throws(CodeError)
    {
        do {
            var lister = Lister(root: try Files.resolved(folder), ignored: ignored, dotFiles: DotFileFilter(dotFiles))
            try lister.list(lister.root, "", depth: 0)
            files = lister.files
            leftOut = lister.leftOut
        } catch {
            throw .wrapping(error, path: folder)
        }
    }

    /// Checks a relative name from an archive or a tree: no empty, `.` or `..` components, not absolute, no NUL,
    /// bounded.
    public static func check(_ path: String) throws(CodeError) {
        let parts = Files.components(path)
        guard !path.isEmpty else { throw .refused(path: path, "an empty name") }
        guard path.utf8.count <= pathLimit, parts.count <= depthLimit else {
            throw .refused(
                path: path,
                "a path of \(path.utf8.count) bytes and \(parts.count) parts; at most \(pathLimit) bytes and \(depthLimit) parts are taken"
            )
        }
        guard !path.utf8.contains(0) else { throw .refused(path: path, "a name with a NUL") }
        guard !parts.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }) else {
            throw .refused(path: path, "a name that leaves the tree, or isn't in its plain form")
        }
        if let long = parts.first(where: { $0.utf8.count > nameLimit }) {
            throw .refused(path: path, "a name of \(long.utf8.count) bytes; at most \(nameLimit) are taken")
        }
    }

    /// Bytes of one name and of a whole path, in UTF-8.
    public static let nameLimit = 255
    public static let pathLimit = 1024

    /// The order of members in archives: component by component.
    public static func precedes(_ left: String, _ right: String) -> Bool {
        let left = Files.components(left), right = Files.components(right)
        for (a, b) in zip(left, right) where !a.utf8.elementsEqual(b.utf8) {
            return a.utf8.lexicographicallyPrecedes(b.utf8)
        }
        return left.count < right.count
    }

    private struct Lister {
        let root: String
        let ignored: IgnoreList
        let dotFiles: DotFileFilter
        var files: [File] = []
        var leftOut: [LeftOut] = []

        mutating func list(_ folder: String, _ prefix: String, depth: Int) throws {
            guard depth < CodeTree.depthLimit else {
                throw CodeError.refused(
                    path: prefix,
                    "folders nested deeper than \(CodeTree.depthLimit), or a loop of links"
                )
            }
            for bytes in try Files.rawNames(in: folder) {
                let text = String(decoding: bytes, as: UTF8.self)
                if ignored.matches(text) { continue }
                let path = prefix.isEmpty ? text : prefix + "/" + text
                guard dotFiles.keeps(path) else {
                    leftOut.append(
                        LeftOut(folder: prefix, name: text + (Files.isFolder(folder + "/" + text) ? "/" : ""))
                    )
                    continue
                }
                let name = try Files.name(bytes, in: folder)
                try CodeTree.check(path)
                try add(folder + "/" + name, path, depth: depth)
            }
        }

        private mutating func add(_ source: String, _ path: String, depth: Int) throws {
            var status = stat()
            guard lstat(source, &status) == 0 else { throw FileError(source, doing: "examine") }
            var target = source
            if status.st_mode & S_IFMT == S_IFLNK {
                guard let resolved = try? Files.resolved(source) else {
                    throw CodeError.refused(
                        path: path,
                        "a link that leads nowhere or in circles; remove it, or name it in \(IgnoreList.fileName)"
                    )
                }
                guard Files.isInside(resolved, root) else {
                    throw CodeError.refused(path: path, "a link that leaves the tree")
                }
                target = resolved
                guard lstat(target, &status) == 0 else { throw FileError(target, doing: "examine") }
            }
            switch status.st_mode & S_IFMT {
            case S_IFDIR: try list(target, path, depth: depth + 1)
            case S_IFREG:
                guard files.count < CodeTree.fileLimit else {
                    throw CodeError.refused(path: path, "more than \(CodeTree.fileLimit) files")
                }
                files.append(File(path: path, source: target, byteCount: Int(status.st_size)))
            default:
                throw CodeError.refused(
                    path: path,
                    "neither a file nor a folder; remove it, or name it in \(IgnoreList.fileName)"
                )
            }
        }
    }
}
