public import Files
internal import Glibc
public import Secrets

/// Files of secrets.
extension SecretBytes {
    /// Reads a file, or a pipe, straight into guarded memory.
    /// - Throws: `FileError` when it isn't there, can't be read, or holds more than `limit` bytes.
    public init(file path: String, limit: Int) throws(FileError) {
        let file = try OpenFile(path, O_RDONLY)
        guard try FileKind(path) != .folder else { throw FileError(path, "is a folder") }
        let size = try file.byteCount()
        guard size <= limit else { throw FileError(path, "holds \(size) bytes; at most \(limit) are read") }
        var bytes = SecretBytes(capacity: 0) { _ in 0 }
        var capacity = max(4096, size + 1)
        while true {
            let start = bytes
            bytes = try SecretBytes(capacity: capacity) { (memory) throws(FileError) in
                start.withBytes { memory.copyMemory(from: $0) }
                let rest = UnsafeMutableRawBufferPointer(rebasing: memory[start.count...])
                return start.count + (try file.read(into: rest))
            }
            guard bytes.count <= limit else { throw FileError(path, "holds more than \(limit) bytes") }
            if bytes.count < capacity { break }
            capacity *= 2
        }
        self = bytes
    }
}
