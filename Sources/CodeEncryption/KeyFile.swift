internal import Files
internal import Glibc
public import Secrets

/// Key files: 32 raw bytes.
extension SecretKey {
    /// Reads a key file straight into guarded memory.
    public init(file path: String) throws(CodeError) {
        do throws(FileError) {
            let file = try OpenFile(path, O_RDONLY)
            let size = try file.status().st_size
            let key = try SecretKey { (memory: UnsafeMutableRawBufferPointer) throws(FileError) in
                try file.read(into: memory) == Self.byteCount && (size == 0 || size == Self.byteCount)
            }
            guard let key else { throw FileError(path, "a key of \(Self.byteCount) bytes expected, found \(size)") }
            self = key
        } catch {
            throw .file(error)
        }
    }

    /// Writes the key file: mode 0600 from its creation, whole or not at all; an existing file is never overwritten.
    public borrowing func write(to path: String) throws(CodeError) {
        do throws(FileError) {
            try withBytes { (bytes: UnsafeRawBufferPointer) throws(FileError) in
                try Files.writeNew(bytes, to: path, mode: 0o600)
            }
        } catch {
            throw .file(error)
        }
    }
}
