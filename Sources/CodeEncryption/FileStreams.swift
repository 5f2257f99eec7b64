package import Files
internal import Glibc
package import Secrets

/// Encrypts what is written to it, piece by piece, to a file's end: nonce ‖ tag ‖ ciphertext. How much comes needn't be
/// known before.
package final class EncryptingStream {
    private let output: OpenFile
    private var cipher: FileCipher
    private let start: Int
    private let buffer: PieceBuffer
    private var filled = 0

    package init(to output: consuming OpenFile, key: borrowing SecretKey) throws(FileError) {
        let nonce = FileCipher.randomNonce()
        cipher = FileCipher(key: key, nonce: nonce)
        start = Int(lseek(output.descriptor, 0, SEEK_CUR))
        buffer = PieceBuffer()
        self.output = output
        try self.output.write(nonce + [UInt8](repeating: 0, count: FileCipher.tagByteCount))
    }

    package func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
        var written = 0
        while written < bytes.count {
            let count = min(buffer.bytes.count - filled, bytes.count - written)
            UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[filled..<(filled + count)])
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[written..<(written + count)]))
            filled += count
            written += count
            if filled == buffer.bytes.count { try flush() }
        }
    }

    /// Nothing may follow; the file is on the disk then.
    package func finish() throws(FileError) {
        try flush()
        try output.write(cipher.tag(), at: start + FileCipher.nonceByteCount)
        try output.synchronise()
    }

    private func flush() throws(FileError) {
        let piece = UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[..<filled])
        cipher.encrypt(piece)
        try output.write(UnsafeRawBufferPointer(piece))
        filled = 0
    }
}

/// Decrypts a file as it is read. What was read proves nothing before `finish()` has returned.
package final class DecryptingStream {
    private let input: OpenFile
    private var cipher: FileCipher
    private let tag: [UInt8]
    /// Of the ciphertext, not yet in the buffer.
    private var left: Int
    private let buffer: PieceBuffer
    /// What of the buffer is decrypted and not yet handed out.
    private var ready = 0..<0

    /// How much can be read.
    package let byteCount: Int

    /// - Parameters:
    ///   - input: stands before the nonce.
    ///   - count: bytes of nonce, tag and ciphertext.
    /// - Throws: `CodeError.tooShort`, and what reading throws.
    package init(_ input: consuming OpenFile, count: Int, key: borrowing SecretKey) throws(CodeError) {
        guard count >= FileCipher.overhead else { throw .tooShort(path: input.path, found: count) }
        buffer = PieceBuffer()
        let head = UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[..<FileCipher.overhead])
        do throws(FileError) {
            guard try input.read(into: head) == head.count else { throw Self.cut(input.path) }
        } catch {
            throw .file(error)
        }
        cipher = FileCipher(key: key, nonce: Array(head[..<FileCipher.nonceByteCount]))
        tag = Array(head[FileCipher.nonceByteCount...])
        byteCount = count - head.count
        left = byteCount
        self.input = input
    }

    /// Reads until the buffer is full or everything is read.
    /// - Returns: how many bytes were read.
    /// - Throws: `FileError` where the file ends before it should.
    package func read(into target: UnsafeMutableRawBufferPointer) throws(FileError) -> Int {
        var filled = 0
        while filled < target.count {
            if ready.isEmpty { try refill() }
            guard !ready.isEmpty else { break }
            let count = min(ready.count, target.count - filled)
            let piece = buffer.bytes[ready.lowerBound..<(ready.lowerBound + count)]
            UnsafeMutableRawBufferPointer(rebasing: target[filled..<(filled + count)])
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: piece))
            ready = (ready.lowerBound + count)..<ready.upperBound
            filled += count
        }
        return filled
    }

    /// Passes over what is left, and judges all of it; nothing may follow.
    /// - Throws: `CodeError.notAuthentic` when key or bytes are others than they were encrypted with.
    package func finish() throws(CodeError) {
        do throws(FileError) {
            while left > 0 { try refill() }
        } catch {
            throw .file(error)
        }
        guard cipher.isAuthentic(tag) else { throw .notAuthentic(path: input.path) }
    }

    private func refill() throws(FileError) {
        let piece = UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[..<min(left, buffer.bytes.count)])
        guard try input.read(into: piece) == piece.count else { throw Self.cut(input.path) }
        cipher.decrypt(piece)
        left -= piece.count
        ready = 0..<piece.count
    }

    private static func cut(_ path: String) -> FileError {
        FileError(path, "ends early: it was cut, or changed while it was read")
    }
}

/// One piece of plaintext, wiped when it goes.
private final class PieceBuffer {
    /// Fits into the second-level cache; a multiple of the cipher's block.
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 64)

    deinit {
        explicit_bzero(bytes.baseAddress!, bytes.count)
        bytes.deallocate()
    }
}
