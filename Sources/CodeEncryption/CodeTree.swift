internal import Files
internal import Glibc

/// The regular files of a folder, with relative names that are safe to make elsewhere.
public struct CodeTree: Sendable {
    public struct File: Hashable, Sendable {
        /// Relative, with `/` between components.
        public let path: String
        /// Where it is read.
        public let source: String
        public let byteCount: Int
    }

    /// Sorted component by component, by code points.
    public let files: [File]

    public static let fileLimit = 200_000
    public static let depthLimit = 64

    /// Lists a folder. Links inside the tree are followed, as the original does; what they lead to must lie in the tree too.
    /// - Throws: `CodeError` with the path of a link that leaves the tree, a device, a name that isn't UTF-8, or a name collision.
    public init(_ folder: String, ignoring ignored: IgnoreList = IgnoreList()) throws(CodeError) {
        do {
            var lister = Lister(root: try Files.resolved(folder), ignored: ignored)
            try lister.list(lister.root, "", depth: 0)
            files = lister.files
        } catch let error as FileError {
            throw .file(error.path, error.problem)
        } catch let error as CodeError {
            throw error
        } catch {
            throw .file(folder, "\(error)")
        }
    }

    /// Checks a relative name from an archive or a tree: no empty, `.` or `..` components, not absolute, no NUL, bounded.
    public static func check(_ path: String) throws(CodeError) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard !path.isEmpty, path.utf8.count <= 1024, parts.count <= depthLimit else {
            throw .refused(path: path, "an empty or overlong name")
        }
        guard !path.utf8.contains(0) else { throw .refused(path: path, "a name with a NUL") }
        guard !parts.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." || $0.utf8.count > 255 }) else {
            throw .refused(path: path, "a name that leaves the tree, or isn't in its plain form")
        }
    }

    /// The order of members in archives: component by component.
    public static func precedes(_ left: String, _ right: String) -> Bool {
        let left = left.split(separator: "/"), right = right.split(separator: "/")
        for (a, b) in zip(left, right) where !a.utf8.elementsEqual(b.utf8) { return a.utf8.lexicographicallyPrecedes(b.utf8) }
        return left.count < right.count
    }

    private struct Lister {
        let root: String
        let ignored: IgnoreList
        var files: [File] = []

        mutating func list(_ folder: String, _ prefix: String, depth: Int) throws {
            guard depth < CodeTree.depthLimit else {
                throw CodeError.refused(path: prefix, "folders nested deeper than \(CodeTree.depthLimit), or a loop of links")
            }
            var seen: Set<String> = []
            for name in try Files.names(in: folder) where !ignored.matches(name) {
                let path = prefix.isEmpty ? name : prefix + "/" + name
                // String's equality is canonical equivalence, which is what a folder on other systems compares by.
                guard seen.insert(name).inserted else {
                    throw CodeError.refused(path: path, "two names that differ only in how their characters are composed")
                }
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
                    throw CodeError.refused(path: path, "a link that leads nowhere or in circles")
                }
                guard resolved == root || resolved.hasPrefix(root + "/") else {
                    throw CodeError.refused(path: path, "a link that leaves the tree")
                }
                target = resolved
                guard lstat(target, &status) == 0 else { throw FileError(target, doing: "examine") }
            }
            switch status.st_mode & S_IFMT {
            case S_IFDIR: try list(target, path, depth: depth + 1)
            case S_IFREG:
                guard files.count < CodeTree.fileLimit else { throw CodeError.refused(path: path, "more than \(CodeTree.fileLimit) files") }
                files.append(File(path: path, source: target, byteCount: Int(status.st_size)))
            default: throw CodeError.refused(path: path, "neither a file nor a folder")
            }
        }
    }
}
