internal import Crypto

extension P256.Signing.PrivateKey {
    /// r ‖ s over SHA-256 of the bytes.
    func rawSignature(over bytes: [UInt8]) -> [UInt8] {
        guard let signature = try? signature(for: bytes) else { preconditionFailure("a key in memory signs") }
        return Array(signature.rawRepresentation)
    }
}
