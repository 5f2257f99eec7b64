package import Files
internal import Glibc
package import Secrets

/// Encrypts and decrypts open files, piece by piece in one buffer that is wiped when it goes.
package struct FileEncryption: ~Copyable {
    /// Fits into the second-level cache; a multiple of the cipher's block.
    private static let pieceByteCount = 256 << 10
    private let buffer: UnsafeMutableRawBufferPointer
    private let key: SecretKey

    package init(key: borrowing SecretKey) {
        self.key = key.copy()
        buffer = .allocate(byteCount: Self.pieceByteCount, alignment: 64)
    }

    deinit {
        explicit_bzero(buffer.baseAddress!, buffer.count)
        buffer.deallocate()
    }

    /// Encrypts all of a file to the output's end: nonce ‖ tag ‖ ciphertext.
    /// - Parameter count: how many bytes the file must have.
    /// - Throws: `CodeError` when reading or writing fails, or the file grew or shrank meanwhile.
    package func encrypt(
        _ input: borrowing OpenFile,
        count: Int,
        to output: borrowing OpenFile,
        nonce: [UInt8],
        path: String
    )
        throws(CodeError)
    {
        var cipher = FileCipher(key: key, nonce: nonce)
        do throws(FileError) {
            var total = 0
            // A small file is written with its head in one call.
            let head = FileCipher.overhead
            if count <= Self.pieceByteCount - head {
                let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[head...])
                total = try input.read(into: piece)
                let content = UnsafeMutableRawBufferPointer(rebasing: piece[..<min(total, count)])
                cipher.encrypt(content)
                buffer.copyBytes(from: nonce + cipher.tag())
                if total == count { try output.write(UnsafeRawBufferPointer(rebasing: buffer[..<(head + count)])) }
            } else {
                let start = Int(lseek(output.descriptor, 0, SEEK_CUR))
                try output.write(nonce + [UInt8](repeating: 0, count: FileCipher.tagByteCount))
                while true {
                    let read = try input.read(into: buffer)
                    let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[..<read])
                    cipher.encrypt(piece)
                    try output.write(UnsafeRawBufferPointer(piece))
                    total += read
                    if read < buffer.count || total > count { break }
                }
                try output.write(cipher.tag(), at: start + FileCipher.nonceByteCount)
            }
            guard total == count else { throw FileError(path, "changed while it was read") }
        } catch {
            throw .file(FileError(path, error.problem, number: error.number))
        }
    }

    /// Decrypts `count` bytes of the input, from where it stands, to a file that nobody else may see before this
    /// returns.
    /// - Throws: `CodeError.notAuthentic` when key or bytes are others; the output then holds nothing of worth and must
    ///   be removed.
    package func decrypt(_ input: borrowing OpenFile, count: Int, to output: borrowing OpenFile, path: String)
        throws(CodeError)
    {
        try decrypt(count: count, path: path, read: { (buffer) throws(FileError) in try input.read(into: buffer) }) {
            (piece) throws(FileError) in
            try output.write(piece)
        }
    }

    /// Reads an encrypted file without keeping its plaintext: whether the key opens it.
    package func prove(count: Int, path: String, read: (UnsafeMutableRawBufferPointer) throws(FileError) -> Int)
        throws(CodeError)
    {
        try decrypt(count: count, path: path, read: read) { (_) throws(FileError) in }
    }

    /// - Parameter read: fills the buffer as far as it can.
    package func decrypt(
        count: Int,
        path: String,
        read: (UnsafeMutableRawBufferPointer) throws(FileError) -> Int,
        write: (UnsafeRawBufferPointer) throws(FileError) -> Void
    ) throws(CodeError) {
        guard count >= FileCipher.overhead else { throw .tooShort(path: path, found: count) }
        do {
            var left = count
            func next(_ limit: Int) throws(FileError) -> UnsafeMutableRawBufferPointer {
                let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(limit, left, buffer.count)])
                guard try read(piece) == piece.count else {
                    throw FileError(path, "ends early: it was cut, or changed while it was read")
                }
                left -= piece.count
                return piece
            }
            let head = Array(try next(FileCipher.overhead))
            var cipher = FileCipher(key: key, nonce: Array(head[..<FileCipher.nonceByteCount]))
            // One piece at a time is decrypted; when there is but one, it is written only once its tag is proven.
            while left > 0 {
                let piece = try next(buffer.count)
                cipher.decrypt(piece)
                if left == 0, count <= buffer.count {
                    guard cipher.isAuthentic(Array(head[FileCipher.nonceByteCount...])) else {
                        throw CodeError.notAuthentic(path: path)
                    }
                    return try write(UnsafeRawBufferPointer(piece))
                }
                try write(UnsafeRawBufferPointer(piece))
            }
            guard cipher.isAuthentic(Array(head[FileCipher.nonceByteCount...])) else {
                throw CodeError.notAuthentic(path: path)
            }
        } catch {
            throw .wrapping(error, path: path)
        }
    }
}
