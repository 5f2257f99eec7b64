internal import Files
internal import Glibc

/// A file's content under a further name, for this user alone.
enum FileCopy {
    static func copy(_ source: String, to target: String) throws {
        let input = try OpenFile(source, O_RDONLY)
        let output = try OpenFile(target, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { buffer.deallocate() }
        while case let count = try input.read(into: buffer), count > 0 {
            try output.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }
}
