package import Glibc

/// Whole files: read up to a limit, written under a temporary name, synced and renamed.
package enum Files {
    /// Reads a regular file or a pseudo file, whose size isn't told.
    /// - Throws: `FileError` when it isn't there, can't be read, or holds more than `limit` bytes.
    package static func read(_ path: String, limit: Int = 64 << 20) throws(FileError) -> [UInt8] {
        try OpenFile(path, O_RDONLY).contents(limit: limit)
    }

    /// Reads what can be nothing but a regular file, as the files of a project: a pipe or device in its place would
    /// keep its reader waiting. Links are followed.
    package static func read(onDisk path: String, limit: Int = 64 << 20) throws(FileError) -> [UInt8] {
        try OpenFile(onDisk: path).contents(limit: limit)
    }

    /// Replaces a file in one step; whoever reads sees the old one or the new one whole. A link in its place is
    /// replaced, not followed.
    /// - Parameter mode: what the file gets, whatever the umask.
    package static func write(_ bytes: [UInt8], to path: String, mode: mode_t = 0o644) throws(FileError) {
        try write([(bytes, path)], mode: mode)
    }

    /// Replaces several files, in this order; all are on the disk before the first takes its name, so that only a
    /// rename can still fail.
    package static func write(_ contents: [(bytes: [UInt8], path: String)], mode: mode_t = 0o644) throws(FileError) {
        let staged = contents.map { (temporary: temporaryName(beside: $0.path), bytes: $0.bytes, path: $0.path) }
        // Those that have their name already aren't there under the temporary one.
        defer {
            for file in staged {
                unlink(file.temporary)
                Unfinished.end(file.temporary)
            }
        }
        for file in staged {
            Unfinished.begin(file.temporary)
            try stage(file.bytes.span.bytes, as: file.temporary, for: file.path, mode: mode)
        }
        for file in staged {
            guard rename(file.temporary, file.path) == 0 else { throw FileError(file.path, doing: "replace") }
        }
    }

    /// Replaces a file in one step, by bytes of which no copy is made.
    public static func write(_ bytes: UnsafeRawBufferPointer, to path: String, mode: mode_t) throws(FileError) {
        let temporary = temporaryName(beside: path)
        Unfinished.begin(temporary)
        defer {
            unlink(temporary)
            Unfinished.end(temporary)
        }
        try stage(bytes.bytes, as: temporary, for: path, mode: mode)
        guard rename(temporary, path) == 0 else { throw FileError(path, doing: "replace") }
    }

    private static func stage(
        _ bytes: RawSpan,
        as temporary: String,
        for path: String,
        mode: mode_t
    ) throws(FileError) {
        do throws(FileError) {
            let file = try OpenFile(temporary, O_WRONLY | O_CREAT | O_EXCL, mode: mode)
            Unfinished.made(temporary)
            try bytes.withUnsafeBytes { (bytes) throws(FileError) in try file.write(bytes) }
            try file.synchronise()
        } catch {
            throw FileError(path, error.problem)
        }
    }

    /// Makes a file whole, or not at all; one that is there is never overwritten.
    package static func writeNew(_ bytes: UnsafeRawBufferPointer, to path: String, mode: mode_t) throws(FileError) {
        let temporary = temporaryName(beside: path)
        Unfinished.begin(temporary)
        defer {
            unlink(temporary)
            Unfinished.end(temporary)
        }
        do throws(FileError) {
            let file = try OpenFile(temporary, O_WRONLY | O_CREAT | O_EXCL, mode: mode)
            Unfinished.made(temporary)
            try file.write(bytes)
            try file.synchronise()
            // A name for what is whole; where a file system has no second names, a move that replaces nothing.
            if link(temporary, path) == 0 { return }
            guard errno == EPERM || errno == EOPNOTSUPP || errno == EMLINK,
                SystemCalls.renameToNew(temporary, path) == 0
            else {
                throw FileError(path, doing: "create")
            }
        } catch {
            throw FileError(path, error.problem)
        }
    }

    package static func write(_ text: String, to path: String, mode: mode_t = 0o644) throws(FileError) {
        try write(Array(text.utf8), to: path, mode: mode)
    }

    /// A name in the same folder that nobody uses; as long a name as a folder takes has one. What a killed program left
    /// there is removed first: who makes something under it tells so with `Unfinished.made(_:)`.
    package static func temporaryName(beside path: String) -> String { TemporaryName.beside(path) }

    /// Whether this process may read what a name leads to.
    package static func isReadable(_ path: String) -> Bool { access(path, R_OK) == 0 }

    package static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Whether the name is anything's, a link's that leads nowhere included: nothing can be made under it.
    package static func isTaken(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    package static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Makes a folder and those above it, with exactly this mode whatever the umask; those that are there keep theirs.
    package static func makeFolder(_ path: String, mode: mode_t = 0o755) throws(FileError) {
        if isFolder(path) { return }
        let parent = split(path).folder
        if parent != path, !exists(parent) { try makeFolder(parent, mode: mode) }
        guard mkdir(path, mode) == 0 else {
            guard errno == EEXIST, isFolder(path) else { throw FileError(path, doing: "make the folder") }
            return
        }
        guard chmod(path, mode) == 0 else { throw FileError(path, doing: "set the mode of") }
    }

    /// Removes a file or a folder with all it holds; links are not followed. What isn't there is no error.
    package static func remove(_ path: String) throws(FileError) {
        try removeAll(path)
        Unfinished.end(path)
    }

    static func removeAll(_ path: String) throws(FileError) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        if status.st_mode & S_IFMT == S_IFDIR {
            try FolderTree(path).empty()
            guard rmdir(path) == 0 || errno == ENOENT else { throw FileError(path, doing: "remove") }
        } else {
            guard unlink(path) == 0 || errno == ENOENT else { throw FileError(path, doing: "remove") }
        }
    }

    /// Gives a folder, with what lies in it to a depth of four, to a user and the group of the same number; links are
    /// not followed.
    package static func give(_ path: String, to user: uid_t) throws(FileError) { try FolderTree(path).give(to: user) }

    /// The names in a folder, sorted by their bytes, `.` and `..` left out.
    /// - Throws: `FileError` for a name that isn't UTF-8.
    package static func names(in path: String) throws(FileError) -> [String] {
        var names: [String] = []
        for bytes in try rawNames(in: path) { names.append(try name(bytes, in: path)) }
        return names
    }

    /// The names in a folder as their bytes, sorted, `.` and `..` left out: whoever leaves some out does so before they
    /// are judged.
    package static func rawNames(in path: String) throws(FileError) -> [[UInt8]] {
        guard let folder = opendir(path) else { throw FileError(path, doing: "list") }
        defer { closedir(folder) }
        var names: [[UInt8]] = []
        errno = 0
        while let entry = readdir(folder) {
            let bytes = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if bytes != [0x2E], bytes != [0x2E, 0x2E] { names.append(bytes) }
            errno = 0
        }
        guard errno == 0 else { throw FileError(path, doing: "list") }
        return names.sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// - Throws: `FileError` when it isn't UTF-8.
    package static func name(_ bytes: [UInt8], in folder: String) throws(FileError) -> String {
        guard let name = String(validating: bytes, as: UTF8.self) else {
            throw FileError(folder + "/" + String(decoding: bytes, as: UTF8.self), "has a name that isn't UTF-8")
        }
        return name
    }

    /// Folder and name of a path; the folder of a bare name is `.`.
    package static func split(_ path: String) -> (folder: String, name: String) {
        let trimmed = path.utf8.count > 1 && path.utf8.last == slash ? path.utf8.dropLast() : path.utf8[...]
        guard let place = trimmed.lastIndex(of: slash) else { return (".", String(Substring(trimmed))) }
        let folder = place == trimmed.startIndex ? "/" : String(Substring(trimmed[..<place]))
        return (folder, String(Substring(trimmed[trimmed.index(after: place)...])))
    }

    /// Between names in a path stands this byte: the kernel goes by bytes, while to a `String` a slash with an accent
    /// behind it is no slash.
    private static let slash = UInt8(ascii: "/")

    /// The names in a path, in their order; empty ones where two slashes meet, before the first and behind the last.
    package static func components(_ path: String) -> [Substring] {
        path.utf8.split(separator: slash, omittingEmptySubsequences: false).map { Substring($0) }
    }

    /// The folders that a relative path leads through, from the outermost.
    package static func foldersAbove(_ path: String) -> [String] {
        path.utf8.indices.filter { path.utf8[$0] == slash }.map { String(path[..<$0]) }
    }

    /// Whether a path is a folder's, or that of something in it; both without links, `.` and `..`.
    package static func isInside(_ path: String, _ folder: String) -> Bool {
        path.utf8.elementsEqual(folder.utf8) || path.utf8.starts(with: (folder + "/").utf8)
    }

    /// A path that still means the same when the working folder is another.
    package static func absolute(_ path: String) throws(FileError) -> String {
        guard path.utf8.first != slash else { return path }
        guard let folder = getcwd(nil, 0) else { throw FileError(path, doing: "find the working folder of") }
        defer { free(folder) }
        return String(cString: folder) + "/" + path
    }

    /// The text of a link, which is where it leads to.
    /// - Throws: `FileError` when it isn't UTF-8.
    package static func linkTarget(_ path: String) throws(FileError) -> String {
        let buffer = UnsafeMutableBufferPointer<CChar>.allocate(capacity: Int(PATH_MAX))
        defer { buffer.deallocate() }
        let count = readlink(path, buffer.baseAddress!, buffer.count)
        guard count >= 0 else { throw FileError(path, doing: "read the link") }
        guard let text = String(validating: buffer[..<count].lazy.map { UInt8(bitPattern: $0) }, as: UTF8.self) else {
            throw FileError(path, "leads to what isn't UTF-8")
        }
        return text
    }

    /// The path with links, `.` and `..` resolved.
    package static func resolved(_ path: String) throws(FileError) -> String {
        guard let result = realpath(path, nil) else { throw FileError(path, doing: "find") }
        defer { free(result) }
        return String(cString: result)
    }

    /// The path that something will have which needn't be there yet: links, `.` and `..` are resolved as far as there
    /// is anything, the rest is followed by its names.
    package static func resolvedPlace(_ path: String) throws(FileError) -> String {
        var place = try absolute(path)
        var rest: [Substring] = []
        while true {
            if let real = try? resolved(place) {
                return rest.reversed().reduce(real) { place, name in
                    if name.isEmpty || name == "." { return place }
                    if name == ".." { return split(place).folder }
                    return place == "/" ? "/" + name : place + "/" + name
                }
            }
            guard let last = place.utf8.lastIndex(of: slash) else { throw FileError(path, doing: "find", ENOENT) }
            rest.append(place[place.index(after: last)...])
            place = last == place.startIndex ? "/" : String(place[..<last])
        }
    }

    /// A new folder that only this user may enter, in `parent`; it is unfinished until it is removed, or completed
    /// under another name. What a killed program left there is removed first.
    package static func makeTemporaryFolder(in parent: String, prefix: String) throws(FileError) -> String {
        var template = Array(TemporaryName.template(in: parent, prefix).utf8CString)
        guard mkdtemp(&template) != nil else { throw FileError(parent, doing: "make a temporary folder in it") }
        // A mask may have taken it from its own user.
        guard chmod(template, 0o700) == 0 else { throw FileError(parent, doing: "make a temporary folder in it") }
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        Unfinished.begin(path)
        Unfinished.made(path)
        return path
    }
}
