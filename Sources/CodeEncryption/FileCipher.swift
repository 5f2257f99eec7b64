internal import CSodium
package import Secrets

/// One file's encryption, XSalsa20-Poly1305 as libsodium's `crypto_secretbox`: nonce (24) ‖ tag (16) ‖ ciphertext
/// (docs/formats/code-encryption.md).
///
/// Works on pieces, so that a file of any size needs one buffer. A decrypted piece proves nothing before `isAuthentic`
/// was asked after the last one.
package struct FileCipher: ~Copyable {
    package static let nonceByteCount = Int(crypto_secretbox_NONCEBYTES)
    package static let tagByteCount = Int(crypto_secretbox_MACBYTES)
    /// What an encrypted file has more than the plain one.
    package static let overhead = nonceByteCount + tagByteCount
    /// Every piece but the last must have a multiple of this.
    package static let blockByteCount = 64

    package static func randomNonce() -> [UInt8] {
        guard sodium_init() >= 0 else { fatalError("libsodium has no randomness") }
        var nonce = [UInt8](repeating: 0, count: nonceByteCount)
        randombytes_buf(&nonce, nonce.count)
        return nonce
    }

    private let key: SecretKey
    private let nonce: [UInt8]
    private var state = crypto_onetimeauth_state()
    /// The second half of the first block of key stream; the first half is the key of the tag.
    private var firstHalf: [UInt8]
    private var block: UInt64 = 0

    package init(key: borrowing SecretKey, nonce: [UInt8]) {
        precondition(nonce.count == Self.nonceByteCount)
        self.key = key.copy()
        self.nonce = nonce
        var stream = [UInt8](repeating: 0, count: Self.blockByteCount)
        key.withPointer { _ = crypto_stream_xsalsa20(&stream, UInt64(Self.blockByteCount), nonce, $0) }
        _ = crypto_onetimeauth_init(&state, stream)
        firstHalf = Array(stream[32...])
        stream.wipe()
    }

    deinit {
        var half = firstHalf
        half.wipe()
    }

    /// Encrypts the next piece in place.
    package mutating func encrypt(_ piece: UnsafeMutableRawBufferPointer) {
        apply(piece)
        authenticate(UnsafeRawBufferPointer(piece))
    }

    /// Decrypts the next piece in place; the tag counts the very bytes that are decrypted here.
    package mutating func decrypt(_ piece: UnsafeMutableRawBufferPointer) {
        authenticate(UnsafeRawBufferPointer(piece))
        apply(piece)
    }

    /// The tag over all pieces; nothing may follow.
    package mutating func tag() -> [UInt8] {
        var tag = [UInt8](repeating: 0, count: Self.tagByteCount)
        _ = crypto_onetimeauth_final(&state, &tag)
        return tag
    }

    /// Whether all pieces together are what the key's owner encrypted; nothing may follow.
    package mutating func isAuthentic(_ expected: [UInt8]) -> Bool {
        let tag = tag()
        return expected.count == tag.count && crypto_verify_16(expected, tag) == 0
    }

    private mutating func authenticate(_ piece: UnsafeRawBufferPointer) {
        guard let start = piece.baseAddress, piece.count > 0 else { return }
        _ = crypto_onetimeauth_update(&state, start.assumingMemoryBound(to: UInt8.self), UInt64(piece.count))
    }

    /// The key stream begins 32 bytes into its first block, so pieces are shifted against blocks by half a block.
    private mutating func apply(_ piece: UnsafeMutableRawBufferPointer) {
        guard let start = piece.baseAddress?.assumingMemoryBound(to: UInt8.self), piece.count > 0 else { return }
        let head = min(firstHalf.count, piece.count)
        for index in 0..<head { start[index] ^= firstHalf[index] }
        let rest = piece.count - head
        guard rest > 0 else { return }
        block += 1
        key.withPointer { key in
            guard rest % Self.blockByteCount == 32 else {
                // The last piece: nothing of the key stream is needed any more.
                _ = crypto_stream_xsalsa20_xor_ic(start + head, start + head, UInt64(rest), nonce, block, key)
                return
            }
            let whole = rest - 32
            _ = crypto_stream_xsalsa20_xor_ic(start + head, start + head, UInt64(whole), nonce, block, key)
            // The piece ends in the middle of a block, whose other half begins the next piece.
            block += UInt64(whole / Self.blockByteCount)
            var stream = [UInt8](repeating: 0, count: Self.blockByteCount)
            _ = crypto_stream_xsalsa20_xor_ic(&stream, stream, UInt64(Self.blockByteCount), nonce, block, key)
            for index in 0..<32 { start[head + whole + index] ^= stream[index] }
            firstHalf = Array(stream[32...])
            stream.wipe()
        }
    }
}
