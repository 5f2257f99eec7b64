package import Glibc

/// An open file that closes itself.
package struct OpenFile: ~Copyable, Sendable {
    package let descriptor: Int32
    package let path: String

    /// - Parameters:
    ///   - flags: as `open(2)`; `O_CLOEXEC` is always added.
    ///   - mode: of a file that is made here, exactly so whatever the umask.
    package init(_ path: String, _ flags: Int32, mode: mode_t = 0o600) throws(FileError) {
        let (descriptor, isNew) = Self.open(path, flags | O_CLOEXEC)
        self.descriptor = descriptor
        self.path = path
        guard descriptor >= 0 else { throw FileError(path, doing: flags & O_CREAT == 0 ? "open" : "create") }
        if isNew, fchmod(descriptor, mode) != 0 { throw FileError(path, doing: "set the mode of") }
    }

    init(descriptor: Int32, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    /// - Returns: the descriptor, or -1, and whether the file was made by this call.
    private static func open(_ path: String, _ flags: Int32) -> (descriptor: Int32, isNew: Bool) {
        // Until its mode is set it is nobody else's.
        let mode: mode_t = 0o600
        guard flags & O_CREAT != 0, flags & O_EXCL == 0 else {
            return (Glibc.open(path, flags, mode), flags & O_CREAT != 0)
        }
        while true {
            let found = Glibc.open(path, flags & ~O_CREAT)
            guard found < 0, errno == ENOENT else { return (found, false) }
            let made = Glibc.open(path, flags | O_EXCL, mode)
            // Somebody was faster; a link that leads nowhere is no place for a file of ours.
            guard made < 0, errno == EEXIST, access(path, F_OK) == 0 else { return (made, made >= 0) }
        }
    }

    /// A file on a disk or in memory, and nothing else: no device, pipe or kernel's own file is so much as opened for
    /// reading. Links are followed.
    package init(onDisk path: String) throws(FileError) {
        descriptor = SystemCalls.openFileOnDisk(path)
        self.path = path
        guard descriptor != -EINVAL else { throw FileError(path, "is no regular file on a disk") }
        guard descriptor >= 0 else { throw FileError(path, doing: "open", -descriptor) }
    }

    /// A file that somebody less trusted may have laid there: no link is followed, and nothing is opened that could
    /// keep its reader waiting.
    /// - Parameter flags: besides those that this takes.
    package init(regular path: String, _ flags: Int32 = O_RDONLY, mode: mode_t = 0o600) throws(FileError) {
        let (descriptor, isNew) = Self.open(path, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        self.descriptor = descriptor
        self.path = path
        guard descriptor >= 0 else {
            // A pipe that nobody reads refuses a writer who doesn't wait, a link or socket everybody: better words than
            // the system's.
            let error = FileError(path, doing: flags & O_CREAT == 0 ? "open" : "create")
            let kind = try FileKind(path)
            throw kind == .file || kind == .absent ? error : FileError(path, "is \(kind), not a file")
        }
        guard try isRegular else { throw FileError(path, "is \(try FileKind(path)), not a file") }
        if isNew, fchmod(descriptor, mode) != 0 { throw FileError(path, doing: "set the mode of") }
    }

    deinit { close(descriptor) }

    package func status() throws(FileError) -> stat {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileError(path, doing: "examine") }
        return status
    }

    package func byteCount() throws(FileError) -> Int { Int(try status().st_size) }

    package var isRegular: Bool {
        get throws(FileError) { try status().st_mode & S_IFMT == S_IFREG }
    }

    /// Reads until the buffer is full or the file ends.
    /// - Returns: how many bytes were read.
    package func read(into buffer: UnsafeMutableRawBufferPointer) throws(FileError) -> Int {
        var filled = 0
        while filled < buffer.count {
            let count = Glibc.read(descriptor, buffer.baseAddress! + filled, buffer.count - filled)
            if count == 0 { break }
            guard count > 0 else {
                if errno == EINTR { continue }
                throw FileError(path, doing: "read")
            }
            filled += count
        }
        return filled
    }

    /// Reads from a place until the buffer is full or the file ends, without moving the file's own.
    /// - Returns: how many bytes were read.
    package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileError) -> Int {
        var filled = 0
        while filled < buffer.count {
            let count = pread(descriptor, buffer.baseAddress! + filled, buffer.count - filled, offset + filled)
            if count == 0 { break }
            guard count > 0 else {
                if errno == EINTR { continue }
                throw FileError(path, doing: "read")
            }
            filled += count
        }
        return filled
    }

    /// All of it.
    /// - Parameter limit: in bytes; more is refused.
    package func contents(limit: Int = 64 << 20) throws(FileError) -> [UInt8] {
        let status = try status()
        guard status.st_mode & S_IFMT != S_IFDIR else { throw FileError(path, "is a folder") }
        guard Int(status.st_size) <= limit else {
            throw FileError(path, "holds \(status.st_size) bytes; at most \(limit) are read")
        }
        var bytes: [UInt8] = []
        let chunk = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(4096, min(Int(status.st_size) + 1, 1 << 20)),
            alignment: 16
        )
        defer { chunk.deallocate() }
        while true {
            let count = try read(into: chunk)
            bytes += chunk[..<count]
            guard bytes.count <= limit else { throw FileError(path, "holds more than \(limit) bytes") }
            if count < chunk.count { return bytes }
        }
    }

    package func write(_ buffer: UnsafeRawBufferPointer) throws(FileError) {
        var written = 0
        while written < buffer.count {
            let count = Glibc.write(descriptor, buffer.baseAddress! + written, buffer.count - written)
            guard count > 0 else {
                if errno == EINTR { continue }
                throw FileError(path, doing: "write")
            }
            written += count
        }
    }

    package func write(_ bytes: [UInt8]) throws(FileError) {
        try bytes.span.bytes.withUnsafeBytes { (buffer) throws(FileError) in try write(buffer) }
    }

    /// Writes at a place without moving the file's own.
    package func write(_ bytes: [UInt8], at offset: Int) throws(FileError) {
        let count = bytes.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, offset) }
        guard count == bytes.count else { throw FileError(path, doing: "write") }
    }

    package func synchronise() throws(FileError) {
        guard fsync(descriptor) == 0 else { throw FileError(path, doing: "sync") }
    }
}
