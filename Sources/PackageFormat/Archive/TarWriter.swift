package import CodeEncryption
package import Files
package import Glibc

/// Writes a deterministic tar: ustar, with a PAX header where a name doesn't fit; no times, owners or modes of this
/// machine.
package struct TarWriter: ~Copyable {
    private let file: OpenFile

    package init(_ path: String, mode: mode_t = 0o600) throws(FileError) {
        file = try OpenFile(path, O_RDWR | O_CREAT | O_EXCL, mode: mode)
    }

    /// Adds a member whose content the closure writes to the file.
    /// - Throws: what the closure throws, and `CodeError` when it wrote another number of bytes.
    package func add(_ name: String, byteCount: Int, _ write: (borrowing OpenFile) throws(CodeError) -> Void)
        throws(CodeError)
    {
        do throws(FileError) {
            try file.write(TarHeader.bytes(name, byteCount: byteCount))
        } catch {
            throw .file(error)
        }
        let start = Int(lseek(file.descriptor, 0, SEEK_CUR))
        try write(file)
        let written = Int(lseek(file.descriptor, 0, SEEK_CUR)) - start
        guard written == byteCount else { throw .file(FileError(name, "changed while it was packaged")) }
        do throws(FileError) {
            try file.write(TarHeader.padding(byteCount))
        } catch {
            throw .file(error)
        }
    }

    package func add(_ name: String, _ bytes: [UInt8]) throws(CodeError) {
        try add(name, byteCount: bytes.count) { (file) throws(CodeError) in
            do throws(FileError) {
                try file.write(bytes)
            } catch {
                throw .file(error)
            }
        }
    }

    /// Adds a file as it stands on disk.
    package func add(_ name: String, file source: String) throws(CodeError) {
        do {
            let input = try OpenFile(source, O_RDONLY)
            let count = Int(try input.status().st_size)
            try add(name, byteCount: count) { (output) throws(CodeError) in try Self.copy(input, count, to: output) }
        } catch {
            throw .wrapping(error, path: source)
        }
    }

    /// Two empty blocks, then the file is on disk.
    package consuming func finish() throws(FileError) {
        try file.write(TarHeader.end)
        try file.synchronise()
    }

    private static func copy(_ input: borrowing OpenFile, _ count: Int, to output: borrowing OpenFile) throws(CodeError)
    {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { buffer.deallocate() }
        do throws(FileError) {
            var left = count
            while left > 0 {
                let read = try input.read(
                    into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(left, buffer.count)])
                )
                guard read > 0 else { return }
                try output.write(UnsafeRawBufferPointer(rebasing: buffer[..<read]))
                left -= read
            }
        } catch {
            throw .file(error)
        }
    }
}
