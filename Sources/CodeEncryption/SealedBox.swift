internal import CSodium

/// Anonymous boxes to an X25519 key, libsodium's `crypto_box_seal` (mse PROTOCOL §6): ephemeral key (32) ‖ tag (16) ‖
/// ciphertext.
public enum SealedBox {
    public static let overhead = crypto_box_sealbytes()
    public static let publicKeyByteCount = Int(crypto_box_PUBLICKEYBYTES)

    /// - Throws: `CodeError.keySize` unless the receiver's key has 32 bytes.
    public static func seal(_ message: [UInt8], to receiver: [UInt8]) throws(CodeError) -> [UInt8] {
        guard sodium_init() >= 0, receiver.count == publicKeyByteCount else { throw .keySize(found: receiver.count) }
        var box = [UInt8](repeating: 0, count: message.count + overhead)
        guard crypto_box_seal(&box, message, UInt64(message.count), receiver) == 0 else {
            throw .refused(path: "receiver", "a key that no box can be sealed to")
        }
        return box
    }

    /// Opens a box with the secret key that belongs to the receiver's public one; nil when it isn't for it, or was
    /// changed.
    public static func open(_ box: [UInt8], with key: borrowing CodeKey) -> [UInt8]? {
        guard sodium_init() >= 0, box.count >= overhead else { return nil }
        var message = [UInt8](repeating: 0, count: box.count - overhead)
        let receiver = publicKey(of: key)
        let status = key.withPointer { crypto_box_seal_open(&message, box, UInt64(box.count), receiver, $0) }
        guard status == 0 else { return nil }
        return message
    }

    /// The X25519 public key of a secret one, 32 bytes.
    public static func publicKey(of key: borrowing CodeKey) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: publicKeyByteCount)
        key.withPointer { _ = crypto_scalarmult_base(&result, $0) }
        return result
    }
}

/// Small secrets in one box under a key: nonce ‖ tag ‖ ciphertext, as one encrypted file has it.
public enum SecretBox {
    public static func seal(_ message: [UInt8], with key: borrowing CodeKey) -> [UInt8] {
        let nonce = FileCipher.randomNonce()
        var cipher = FileCipher(key: key, nonce: nonce)
        var text = message
        text.withUnsafeMutableBytes { cipher.encrypt($0) }
        return nonce + cipher.tag() + text
    }

    /// Nil when key or box are others.
    public static func open(_ box: [UInt8], with key: borrowing CodeKey) -> [UInt8]? {
        guard box.count >= FileCipher.overhead else { return nil }
        var cipher = FileCipher(key: key, nonce: Array(box[..<FileCipher.nonceByteCount]))
        var text = Array(box[FileCipher.overhead...])
        text.withUnsafeMutableBytes { cipher.decrypt($0) }
        guard cipher.isAuthentic(Array(box[FileCipher.nonceByteCount..<FileCipher.overhead])) else {
            text.wipe()
            return nil
        }
        return text
    }
}
