public import CodeEncryption
internal import Files
internal import Glibc
internal import Notation
public import PackageFormat

/// What a project says about its own files.
public enum ProjectFiles {
    /// The patterns of a code folder's `.mseignore`.
    /// - Parameter notes: gets a line for each pattern that can't mean what it says.
    public static func ignoreList(_ folder: String, _ notes: inout [String]) throws(PackageError) -> IgnoreList {
        let path = folder + "/" + IgnoreList.fileName
        // A link that leads nowhere is a list that can't be read, and not an empty one.
        guard Files.isTaken(path) else { return IgnoreList() }
        do {
            let patterns = IgnoreList.lines(try PlainText.read(try Files.read(onDisk: path, limit: 1 << 20)))
            guard patterns.count <= IgnoreList.patternLimit else {
                throw FileError(path, "has \(patterns.count) patterns; at most \(IgnoreList.patternLimit) are taken")
            }
            let list = IgnoreList(patterns: patterns)
            guard list.partCount <= IgnoreList.partLimit else {
                throw FileError(
                    path,
                    """
                    its patterns with '*', '?' and '[' have \(list.partCount) parts; at most \(IgnoreList.partLimit) \
                    are taken
                    """
                )
            }
            notes += list.idlePatterns.prefix(20).map {
                """
                \(IgnoreList.fileName): '\($0.printable())' can match nothing that is meant, so that SHIPS: a pattern \
                is a base name such as build or *.log, for files and folders, and no path; blanks, quotes, '!' and \
                '#' are signs as any other
                """
            }
            return list
        } catch {
            throw .wrapping(error, path: path)
        }
    }

    /// A warning for each private key that ships.
    /// - Parameter way: where it ships, and who gets it there.
    static func warnings(of files: [CodeTree.File], _ way: String) throws(FileError) -> [String] {
        let keys = try PrivateKeyFiles.among(files)
        let lines = keys.prefix(20).map {
            """
            WARNING: \($0.printable(limit: nil)) is a PRIVATE KEY and ships \(way); if it shouldn't, name it in \
            \(IgnoreList.fileName) or move it away, and package again
            """
        }
        return lines + (keys.count > 20 ? ["WARNING: \(keys.count - 20) more private keys ship \(way)"] : [])
    }

    /// - Throws: unless it is a folder with settings.
    public static func checkFolder(_ project: String) throws(PackageError) {
        guard Files.isFolder(project) else {
            let isThere = Files.exists(project)
            throw .file(
                FileError(
                    project,
                    isThere ? "a project's folder expected, found a file" : "there is no such folder",
                    number: isThere ? ENOTDIR : ENOENT
                )
            )
        }
        let settings = project + "/" + ProjectConfiguration.fileName
        guard !Files.exists(settings) else { return }
        throw .file(
            FileError(
                settings,
                "there is no such file, which says what a project is; 'mse scaffold' makes a whole project",
                number: ENOENT
            )
        )
    }

    /// - Throws: when a file that stays readable says more than which packages are asked for.
    package static func checkReadable(_ tree: CodeTree, in folder: String) throws(PackageError) {
        do {
            for file in tree.files where TreeEncryption.isPlain(file.path) {
                let text = try PlainText.read(
                    try Files.read(onDisk: file.source, limit: ReadableRequirements.byteLimit)
                )
                for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
                    .enumerated()
                where ReadableRequirements.hasUsers(String(line)) {
                    throw FileError(
                        folder + "/" + file.path,
                        """
                        line \(index + 1) holds a user or password, and this file isn't encrypted; move it to pip's \
                        own settings, or name the file in \(IgnoreList.fileName)
                        """
                    )
                }
            }
        } catch {
            throw .wrapping(error, path: folder)
        }
    }

    /// A line for the folders that nobody finds in the enclave.
    static func notes(emptyFolders: [String]) -> [String] {
        guard !emptyFolders.isEmpty else { return [] }
        let names = emptyFolders.prefix(5).map { $0.printable(limit: nil) + "/" }.joined(separator: ", ")
        let more = emptyFolders.count > 5 ? " and \(emptyFolders.count - 5) more" : ""
        return ["left out: \(names)\(more), in which no file ships; make them in the application, or put a file there"]
    }

    /// A line for each folder in which something was left out.
    static func notes(leftOut: [CodeTree.LeftOut]) -> [String] {
        let meant = leftOut.filter { !($0.folder.isEmpty && $0.name == IgnoreList.fileName) }
        let folders = Dictionary(grouping: meant, by: \.folder).sorted { $0.key < $1.key }
        let lines = folders.prefix(20).map { folder, entries in
            let names = entries.prefix(5).map { $0.name.printable(limit: nil) }.joined(separator: ", ")
            let more = entries.count > 5 ? " and \(entries.count - 5) more" : ""
            let place = folder.isEmpty ? "" : " in \(folder.printable(limit: nil))"
            return
                "left out\(place): \(names)\(more), which begin with a dot; name in [package] include what shall ship"
        }
        return lines
            + (folders.count > 20 ? ["left out in \(folders.count - 20) more folders: what begins with a dot"] : [])
    }
}
