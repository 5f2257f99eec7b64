internal import CSodium

/// Small secrets in one box under a key, libsodium's `crypto_secretbox`: nonce (24) ‖ tag (16) ‖ ciphertext, as one
/// encrypted file has it.
public enum SecretBox {
    private static let nonceByteCount = Int(crypto_secretbox_NONCEBYTES)
    private static let overhead = nonceByteCount + Int(crypto_secretbox_MACBYTES)

    /// Nonce ‖ tag ‖ ciphertext, with a random nonce.
    public static func seal(_ message: borrowing SecretBytes, with key: borrowing SecretKey) -> [UInt8] {
        // As where keys are made: without randomness nothing may be sealed, and no caller could go on.
        guard sodium_init() >= 0 else { fatalError("libsodium has no randomness") }
        var nonce = [UInt8](repeating: 0, count: nonceByteCount)
        randombytes_buf(&nonce, nonce.count)
        var sealed = [UInt8](repeating: 0, count: message.count + overhead - nonceByteCount)
        message.withBytes { text in
            let input = text.baseAddress?.assumingMemoryBound(to: UInt8.self)
            key.withPointer { _ = crypto_secretbox_easy(&sealed, input, UInt64(text.count), nonce, $0) }
        }
        return nonce + sealed
    }

    /// Nil when key or box are others.
    public static func open(_ box: [UInt8], with key: borrowing SecretKey) -> SecretBytes? {
        guard sodium_init() >= 0, box.count >= overhead else { return nil }
        let (nonce, sealed) = (Array(box[..<nonceByteCount]), Array(box[nonceByteCount...]))
        var isOpen = false
        let message = key.withPointer { secret in
            SecretBytes(capacity: box.count - overhead) { memory in
                let output = memory.baseAddress?.assumingMemoryBound(to: UInt8.self)
                isOpen = crypto_secretbox_open_easy(output, sealed, UInt64(sealed.count), nonce, secret) == 0
                return isOpen ? box.count - overhead : 0
            }
        }
        guard isOpen else { return nil }
        return message
    }
}
