internal import Files
internal import Glibc
internal import Notation

/// The regular files of a folder, with relative names that are safe to make elsewhere.
package struct CodeTree: Sendable {
    package struct File: Hashable, Sendable {
        /// Relative, with `/` between components.
        package let path: String
        /// Where it is read.
        package let source: String
        package let byteCount: Int

        package init(path: String, source: String, byteCount: Int) {
            self.path = path
            self.source = source
            self.byteCount = byteCount
        }
    }

    /// Sorted component by component, by code points.
    package let files: [File]
    /// Dot files and folders that don't ship; of a folder, nothing in it.
    package let leftOut: [LeftOut]
    /// Folders of which nothing ships, since no file is in them; of such folders in one another, the outermost.
    package let emptyFolders: [String]

    package struct LeftOut: Hashable, Sendable {
        /// Relative, of the folder it lies in; empty for the tree's own.
        package let folder: String
        /// A folder's ends with `/`; one that isn't UTF-8 has replacement characters.
        package let name: String
    }

    /// What becomes of names that begin with a dot, which tools and editors leave behind.
    package enum DotFiles: Hashable, Sendable {
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

    package static let fileLimit = 200_000
    /// Of files, folders and links together.
    package static let entryLimit = 400_000
    package static let depthLimit = 64
    /// How often one folder is entered: in its own place, and where links lead to it. So a tree has at most so many
    /// times the entries that lie on the disk, however its links are laid.
    package static let entranceLimit = 8
    /// Of what links to files lead to, together.
    package static let linkedByteLimit = 1 << 30

    /// Lists a folder. Links inside the tree are followed, as the original does; what they lead to must lie in the tree
    /// too. What is ignored or left out is so by its name, before anything of it is judged or opened.
    /// - Throws: `CodeError` with the path of a link that leaves the tree or multiplies what lies in it, a device, or a
    ///   name that isn't UTF-8.
    package init(_ folder: String, ignoring ignored: IgnoreList = IgnoreList(), dotFiles: DotFiles = .kept)
        throws(CodeError)
    {
        do {
            var lister = Lister(root: try Files.resolved(folder), ignored: ignored, dotFiles: DotFileFilter(dotFiles))
            try lister.list(lister.root, "", depth: 0)
            files = lister.files
            leftOut = lister.leftOut
            emptyFolders = lister.emptyFolders
        } catch {
            throw .wrapping(error, path: folder)
        }
    }

    /// Checks a relative name from an archive or a tree: no empty, `.` or `..` components, not absolute, no NUL,
    /// bounded.
    package static func check(_ path: String) throws(CodeError) {
        let parts = Files.components(path)
        guard !path.isEmpty else { throw .refused(path: path, "an empty name") }
        guard path.utf8.count <= pathLimit, parts.count <= depthLimit else {
            throw .refused(
                path: path,
                """
                a path of \(path.utf8.count) bytes and \(parts.count) parts; at most \(pathLimit) bytes and \
                \(depthLimit) parts are taken
                """
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
    package static let nameLimit = 255
    package static let pathLimit = 1024

    /// The order of members in archives: component by component.
    package static func precedes(_ left: String, _ right: String) -> Bool {
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
        var emptyFolders: [String] = []
        private var entryCount = 0
        private var linkedByteCount = 0
        /// Of each folder that was entered, without links in its path.
        private var entrances: [ExactText: Int] = [:]

        init(root: String, ignored: IgnoreList, dotFiles: DotFileFilter) {
            self.root = root
            self.ignored = ignored
            self.dotFiles = dotFiles
        }

        /// - Parameter folder: without links in its path.
        mutating func list(_ folder: String, _ prefix: String, depth: Int) throws {
            guard depth < CodeTree.depthLimit else {
                throw CodeError.refused(path: prefix, "folders nested deeper than \(CodeTree.depthLimit)")
            }
            let entrance = entrances[ExactText(folder), default: 0] + 1
            guard entrance <= CodeTree.entranceLimit else {
                throw CodeError.refused(
                    path: prefix,
                    "links lead to this folder in more than \(CodeTree.entranceLimit - 1) ways; \(Self.mend)"
                )
            }
            entrances[ExactText(folder)] = entrance
            for bytes in try Files.rawNames(in: folder) {
                let text = String(decoding: bytes, as: UTF8.self)
                if ignored.matches(text) { continue }
                let path = prefix.isEmpty ? text : prefix + "/" + text
                entryCount += 1
                guard entryCount <= CodeTree.entryLimit else {
                    throw CodeError.refused(path: path, "more than \(CodeTree.entryLimit) files, folders and links")
                }
                guard dotFiles.keeps(path) else {
                    leftOut.append(
                        LeftOut(folder: prefix, name: text + (Files.isFolder(folder + "/" + text) ? "/" : ""))
                    )
                    continue
                }
                let name = try Files.name(bytes, in: folder)
                try CodeTree.check(path)
                try add(name, in: folder, path, depth: depth)
            }
        }

        private static let mend = "remove it, or name it in \(IgnoreList.fileName)"

        private mutating func add(_ name: String, in folder: String, _ path: String, depth: Int) throws {
            var target = folder + "/" + name
            var status = stat()
            guard lstat(target, &status) == 0 else { throw FileError(target, doing: "examine") }
            let isLink = status.st_mode & S_IFMT == S_IFLNK
            if isLink {
                guard let resolved = try? Files.resolved(target) else {
                    throw CodeError.refused(path: path, "a link that leads nowhere or in circles; \(Self.mend)")
                }
                guard Files.isInside(resolved, root) else {
                    throw CodeError.refused(
                        path: path,
                        """
                        a link that leaves the tree; put a copy of what it leads to in its place, \
                        or name it in \(IgnoreList.fileName)
                        """
                    )
                }
                guard !Files.isInside(folder, resolved) else {
                    throw CodeError.refused(path: path, "a link to a folder that it lies in; \(Self.mend)")
                }
                target = resolved
                guard lstat(target, &status) == 0 else { throw FileError(target, doing: "examine") }
            }
            switch status.st_mode & S_IFMT {
            case S_IFDIR:
                let fileCount = files.count, leftOutCount = leftOut.count, emptyCount = emptyFolders.count
                try list(target, path, depth: depth + 1)
                // What was left out of it is told anyway.
                if files.count == fileCount, leftOut.count == leftOutCount {
                    emptyFolders.removeLast(emptyFolders.count - emptyCount)
                    emptyFolders.append(path)
                }
            case S_IFREG:
                let byteCount = Int(status.st_size)
                guard files.count < CodeTree.fileLimit else {
                    throw CodeError.refused(path: path, "more than \(CodeTree.fileLimit) files")
                }
                guard !isLink || byteCount <= CodeTree.linkedByteLimit - linkedByteCount else {
                    throw CodeError.refused(
                        path: path,
                        "links lead to more than \(CodeTree.linkedByteLimit) bytes; \(Self.mend)"
                    )
                }
                if isLink { linkedByteCount += byteCount }
                files.append(File(path: path, source: target, byteCount: byteCount))
            default: throw CodeError.refused(path: path, "neither a file nor a folder; \(Self.mend)")
            }
        }
    }
}
