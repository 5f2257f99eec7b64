internal import Glibc

/// A folder in which somebody less trusted may have laid what he likes: names of any bytes, folders in folders beyond
/// the longest path, links, folders that nobody may enter. Everything in it is reached from its own descriptor by one
/// name, and no call of this nests.
struct FolderTree: ~Copyable {
    private let root: OpenFile
    private let path: String

    /// - Throws: `FileError` when it can't be entered; a link isn't followed.
    init(_ path: String) throws(FileError) {
        self.path = path
        root = try Self.folder(AT_FDCWD, Array(path.utf8), at: path)
    }

    // MARK: Removing

    /// Removes all that it holds. A folder in a folder is moved up before it is emptied, so that the way to it is never
    /// longer than two names.
    /// - Throws: `FileError` with the first that can't be removed; all else is gone then.
    borrowing func empty() throws(FileError) {
        Self.openUp(root)
        var problem: FileError?
        let mark = ".removed-" + String(UInt64.random(in: .min ... .max), radix: 36) + "-"
        var moved = 0
        // What can't be removed is passed over from then on.
        var left: Set<[UInt8]> = []
        while case let names = try Self.names(root, but: left), !names.isEmpty {
            for name in names {
                do throws(FileError) {
                    try remove(name) {
                        moved += 1
                        return Array((mark + String(moved)).utf8)
                    }
                } catch {
                    problem = problem ?? error
                    left.insert(name)
                }
            }
        }
        if let problem { throw problem }
    }

    /// - Parameter newName: for each folder in this one that is moved up.
    private borrowing func remove(_ name: [UInt8], _ newName: () -> [UInt8]) throws(FileError) {
        let place = path + "/" + String(decoding: name, as: UTF8.self)
        if Self.unlink(root.descriptor, name, flags: 0) { return }
        guard errno == EISDIR else { throw FileError(place, doing: "remove") }
        do {
            let folder = try Self.folder(root.descriptor, name, at: place)
            Self.openUp(folder)
            while case let names = try Self.names(folder, but: []), !names.isEmpty {
                for inner in names where !Self.unlink(folder.descriptor, inner, flags: 0) {
                    guard errno == EISDIR else { throw FileError(place, doing: "remove what lies in") }
                    if Self.unlink(folder.descriptor, inner, flags: AT_REMOVEDIR) { continue }
                    // To be moved, a folder's own entry for the one above it is written.
                    Self.open(up: inner, in: folder.descriptor)
                    let target = newName()
                    guard Self.move(folder.descriptor, inner, to: root.descriptor, as: target) else {
                        throw FileError(place, doing: "remove what lies in")
                    }
                }
            }
        }
        guard Self.unlink(root.descriptor, name, flags: AT_REMOVEDIR) else { throw FileError(place, doing: "remove") }
    }

    // MARK: Handing over

    /// Of the files that are handed over, how deep they may lie.
    private static let depth = 4

    /// Gives the folder and what lies in it to a user and the group of the same number. What lies deeper than anything
    /// of ours isn't ours.
    borrowing func give(to user: uid_t) throws(FileError) {
        let group = user == getuid() ? getgid() : user
        let status = try root.status()
        if status.st_uid != user {
            guard fchown(root.descriptor, user, group) == 0 else { throw FileError(path, doing: "hand over") }
        }
        try Self.give(root, at: path, to: user, group: group, depth: 1)
    }

    private static func give(_ folder: borrowing OpenFile, at path: String, to user: uid_t, group: gid_t, depth: Int)
        throws(FileError)
    {
        for name in try names(folder, but: [], limit: .max) {
            let place = path + "/" + String(decoding: name, as: UTF8.self)
            var status = stat()
            guard withCString(name, { fstatat(folder.descriptor, $0, &status, AT_SYMLINK_NOFOLLOW) }) == 0 else {
                continue
            }  // gone
            if status.st_uid != user {
                guard withCString(name, { fchownat(folder.descriptor, $0, user, group, AT_SYMLINK_NOFOLLOW) }) == 0
                else {
                    throw FileError(place, doing: "hand over")
                }
            }
            if status.st_mode & S_IFMT == S_IFDIR, depth < Self.depth {
                try give(
                    self.folder(folder.descriptor, name, at: place),
                    at: place,
                    to: user,
                    group: group,
                    depth: depth + 1
                )
            }
        }
    }

    // MARK: One name

    private static let batch = 10_000

    /// Some of the names in a folder as their bytes; none when it is empty.
    private static func names(_ folder: borrowing OpenFile, but left: Set<[UInt8]>, limit: Int = batch)
        throws(FileError) -> [[UInt8]]
    {
        // The stream closes its descriptor; the place in the folder is shared with it.
        let copy = fcntl(folder.descriptor, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0, let stream = fdopendir(copy) else {
            let error = FileError(folder.path, doing: "list")
            if copy >= 0 { close(copy) }
            throw error
        }
        defer { closedir(stream) }
        rewinddir(stream)
        var names: [[UInt8]] = []
        errno = 0
        while names.count < limit, let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if name != [0x2E], name != [0x2E, 0x2E], !left.contains(name) { names.append(name) }
            errno = 0
        }
        guard names.count == limit || errno == 0 else { throw FileError(folder.path, doing: "list") }
        return names
    }

    /// Opens a folder that is no link. One of this user's own that nobody may enter is opened up first.
    private static func folder(_ parent: Int32, _ name: [UInt8], at place: String) throws(FileError) -> OpenFile {
        let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
        var descriptor = withCString(name) { openat(parent, $0, flags) }
        if descriptor < 0, errno == EACCES {
            open(up: name, in: parent)
            descriptor = withCString(name) { openat(parent, $0, flags) }
        }
        guard descriptor >= 0 else { throw FileError(place, doing: "open") }
        return OpenFile(descriptor: descriptor, path: place)
    }

    /// What it is for fails by itself when this does.
    private static func open(up name: [UInt8], in parent: Int32) {
        let descriptor = withCString(name) { SystemCalls.openPlace(parent, $0) }
        if descriptor >= 0 { openUp(OpenFile(descriptor: descriptor, path: "")) }
    }

    private static func openUp(_ folder: borrowing OpenFile) {
        guard let status = try? folder.status(), status.st_uid == geteuid(), status.st_mode & 0o700 != 0o700 else {
            return
        }
        chmod("/proc/self/fd/\(folder.descriptor)", 0o700)
    }

    private static func unlink(_ parent: Int32, _ name: [UInt8], flags: Int32) -> Bool {
        withCString(name) { unlinkat(parent, $0, flags) } == 0 || errno == ENOENT
    }

    private static func move(_ from: Int32, _ name: [UInt8], to: Int32, as newName: [UInt8]) -> Bool {
        withCString(name) { name in withCString(newName) { renameat(from, name, to, $0) } } == 0
    }

    private static func withCString<Value>(_ name: [UInt8], _ body: (UnsafePointer<CChar>) -> Value) -> Value {
        (name + [0]).withUnsafeBufferPointer { buffer in
            buffer.withMemoryRebound(to: CChar.self) { body($0.baseAddress!) }
        }
    }
}
