public import Glibc

/// An open file that closes itself.
public struct OpenFile: ~Copyable, Sendable {
    public let descriptor: Int32
    public let path: String

    /// - Parameters:
    ///   - flags: as `open(2)`; `O_CLOEXEC` is always added.
    ///   - mode: of a file that is made here (`O_EXCL`), exactly so whatever the umask; otherwise as `open(2)`.
    public init(_ path: String, _ flags: Int32, mode: mode_t = 0o600) throws(FileError) {
        descriptor = Glibc.open(path, flags | O_CLOEXEC, mode)
        self.path = path
        guard descriptor >= 0 else { throw FileError(path, doing: flags & O_CREAT == 0 ? "open" : "create") }
        if flags & O_EXCL != 0, fchmod(descriptor, mode) != 0 { throw FileError(path, doing: "set the mode of") }
    }

    deinit { close(descriptor) }

    public func status() throws(FileError) -> stat {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileError(path, doing: "examine") }
        return status
    }

    public func byteCount() throws(FileError) -> Int { Int(try status().st_size) }

    public var isRegular: Bool {
        get throws(FileError) { try status().st_mode & S_IFMT == S_IFREG }
    }

    /// Reads until the buffer is full or the file ends.
    /// - Returns: how many bytes were read.
    public func read(into buffer: UnsafeMutableRawBufferPointer) throws(FileError) -> Int {
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

    public func write(_ buffer: UnsafeRawBufferPointer) throws(FileError) {
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

    public func write(_ bytes: [UInt8]) throws(FileError) {
        try bytes.span.bytes.withUnsafeBytes { (buffer) throws(FileError) in try write(buffer) }
    }

    /// Writes at a place without moving the file's own.
    public func write(_ bytes: [UInt8], at offset: Int) throws(FileError) {
        let count = bytes.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, offset) }
        guard count == bytes.count else { throw FileError(path, doing: "write") }
    }

    public func synchronise() throws(FileError) {
        guard fsync(descriptor) == 0 else { throw FileError(path, doing: "sync") }
    }
}
