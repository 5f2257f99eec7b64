package import CodeEncryption
package import Files
package import Glibc

/// Writes a deterministic tar: ustar, with a PAX header where a name doesn't fit; no times, owners or modes of this
/// machine.
package struct TarWriter: ~Copyable {
    private let file: OpenFile
    private static let blockByteCount = 512

    package init(_ path: String, mode: mode_t = 0o600) throws(FileError) {
        file = try OpenFile(path, O_RDWR | O_CREAT | O_EXCL, mode: mode)
    }

    /// Adds a member whose content the closure writes to the file.
    /// - Throws: what the closure throws, and `CodeError` when it wrote another number of bytes.
    package func add(_ name: String, byteCount: Int, _ write: (borrowing OpenFile) throws(CodeError) -> Void)
        throws(CodeError)
    {
        do throws(FileError) {
            try writeHeader(name, byteCount)
        } catch {
            throw .file(error)
        }
        let start = Int(lseek(file.descriptor, 0, SEEK_CUR))
        try write(file)
        let written = Int(lseek(file.descriptor, 0, SEEK_CUR)) - start
        guard written == byteCount else { throw .file(FileError(name, "changed while it was packaged")) }
        do throws(FileError) {
            try file.write([UInt8](repeating: 0, count: Self.padding(byteCount)))
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

    /// Adds a file that others may write to meanwhile: no more of it than it has now, and less where it was cut.
    /// - Returns: why it could not be read; then nothing was added.
    /// - Throws: `FileError` of the archive.
    package func add(_ name: String, asItIs input: borrowing OpenFile) throws(FileError) -> FileError? {
        let count: Int
        do throws(FileError) {
            count = try input.byteCount()
        } catch {
            return error
        }
        let start = lseek(file.descriptor, 0, SEEK_CUR)
        try writeHeader(name, count)
        var left = count
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { buffer.deallocate() }
        while left > 0 {
            let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(left, buffer.count)])
            let read: Int
            do throws(FileError) {
                read = try input.read(into: piece)
            } catch {
                guard ftruncate(file.descriptor, start) == 0, lseek(file.descriptor, start, SEEK_SET) == start else {
                    throw FileError(file.path, doing: "write")
                }
                return error
            }
            if read == 0 { break }
            try file.write(UnsafeRawBufferPointer(rebasing: piece[..<read]))
            left -= read
        }
        let end = lseek(file.descriptor, 0, SEEK_CUR)
        if left > 0 {
            // Its header has the same blocks for a smaller number.
            guard lseek(file.descriptor, start, SEEK_SET) == start else { throw FileError(file.path, doing: "write") }
            try writeHeader(name, count - left)
            guard lseek(file.descriptor, end, SEEK_SET) == end else { throw FileError(file.path, doing: "write") }
        }
        try file.write([UInt8](repeating: 0, count: Self.padding(count - left)))
        return nil
    }

    /// Two empty blocks, then the file is on disk.
    package consuming func finish() throws(FileError) {
        try file.write([UInt8](repeating: 0, count: 2 * Self.blockByteCount))
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

    private static func padding(_ count: Int) -> Int { (blockByteCount - count % blockByteCount) % blockByteCount }

    private func writeHeader(_ name: String, _ byteCount: Int) throws(FileError) {
        let fits = name.utf8.count <= 100 && name.utf8.allSatisfy { $0 < 0x80 } && byteCount < 1 << 33
        if !fits {
            let records = Self.record("path", name) + (byteCount < 1 << 33 ? [] : Self.record("size", "\(byteCount)"))
            try file.write(Self.header("@PaxHeader", records.count, kind: UInt8(ascii: "x")))
            try file.write(records + [UInt8](repeating: 0, count: Self.padding(records.count)))
        }
        try file.write(
            Self.header(fits ? name : "@LongName", byteCount < 1 << 33 ? byteCount : 0, kind: UInt8(ascii: "0"))
        )
    }

    /// `<length of all> <key>=<value>\n`
    private static func record(_ key: String, _ value: String) -> [UInt8] {
        let rest = " \(key)=\(value)\n"
        var count = rest.utf8.count + 1
        while String(count).utf8.count + rest.utf8.count != count { count = String(count).utf8.count + rest.utf8.count }
        return Array("\(count)\(rest)".utf8)
    }

    private static func header(_ name: String, _ byteCount: Int, kind: UInt8) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: blockByteCount)
        func put(_ text: String, at offset: Int) {
            block.replaceSubrange(offset..<(offset + text.utf8.count), with: text.utf8)
        }
        func octal(_ value: Int, _ digits: Int) -> String {
            let text = String(value, radix: 8)
            return String(repeating: "0", count: digits - text.count) + text
        }
        put(name, at: 0)
        put(octal(0o644, 7), at: 100)
        put(octal(0, 7), at: 108)
        put(octal(0, 7), at: 116)
        put(octal(byteCount, 11), at: 124)
        put(octal(0, 11), at: 136)
        put("        ", at: 148)
        block[156] = kind
        put("ustar\u{0}00", at: 257)
        put(octal(0, 7), at: 329)
        put(octal(0, 7), at: 337)
        put(octal(block.reduce(0) { $0 + Int($1) }, 6) + "\u{0} ", at: 148)
        return block
    }
}
