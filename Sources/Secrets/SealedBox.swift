internal import CSodium

/// Anonymous boxes to an X25519 key, libsodium's `crypto_box_seal`: ephemeral key (32) ‖ tag (16) ‖ ciphertext
/// (docs/formats/code-encryption.md).
public enum SealedBox {
    /// What a box has more than its message, in bytes.
    public static let overhead = crypto_box_sealbytes()
    /// Of a receiver's key.
    public static let publicKeyByteCount = Int(crypto_box_PUBLICKEYBYTES)

    /// - Throws: `SecretError` unless the receiver's key has 32 bytes.
    public static func seal(_ message: borrowing SecretBytes, to receiver: [UInt8]) throws(SecretError) -> [UInt8] {
        guard sodium_init() >= 0, receiver.count == publicKeyByteCount else { throw .keySize(found: receiver.count) }
        var box = [UInt8](repeating: 0, count: message.count + overhead)
        let status = message.withBytes { text in
            let input = text.baseAddress?.assumingMemoryBound(to: UInt8.self)
            return crypto_box_seal(&box, input, UInt64(text.count), receiver)
        }
        guard status == 0 else { throw .unusableKey }
        return box
    }

    /// Opens a box with the secret key that belongs to the receiver's public one; nil when it isn't for it, or was
    /// changed.
    public static func open(_ box: [UInt8], with key: borrowing SecretKey) -> SecretBytes? {
        guard sodium_init() >= 0, box.count >= overhead else { return nil }
        let receiver = publicKey(of: key)
        var isOpen = false
        let message = key.withPointer { secret in
            SecretBytes(capacity: box.count - overhead) { memory in
                let output = memory.baseAddress?.assumingMemoryBound(to: UInt8.self)
                isOpen = crypto_box_seal_open(output, box, UInt64(box.count), receiver, secret) == 0
                return isOpen ? box.count - overhead : 0
            }
        }
        guard isOpen else { return nil }
        return message
    }

    /// The X25519 public key of a secret one, 32 bytes.
    public static func publicKey(of key: borrowing SecretKey) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: publicKeyByteCount)
        key.withPointer { _ = crypto_scalarmult_base(&result, $0) }
        return result
    }
}
