internal import Crypto

/// A P-256 public key that was proven to be a point of the curve.
public struct P256Key: Sendable, Hashable {
    /// 04 ‖ x ‖ y, 65 bytes.
    public let point: [UInt8]
    private let key: P256.Signing.PublicKey

    /// Nil unless the bytes are an uncompressed point of the curve.
    public init?(point: [UInt8]) {
        guard point.count == 65, point[0] == 4, let key = try? P256.Signing.PublicKey(x963Representation: point) else {
            return nil
        }
        self.point = point
        self.key = key
    }

    /// Whether the key made this ECDSA signature with SHA-256; r and s outside 1 … n−1 are no signature.
    /// - Parameter signature: r ‖ s, 64 bytes, big-endian.
    public func verifies(_ signature: [UInt8], over message: ArraySlice<UInt8>) -> Bool {
        guard signature.count == 64, let signature = try? P256.Signing.ECDSASignature(rawRepresentation: signature)
        else { return false }
        return key.isValidSignature(signature, for: SHA256.hash(data: message))
    }

    public static func == (left: P256Key, right: P256Key) -> Bool { left.point == right.point }
    public func hash(into hasher: inout Hasher) { hasher.combine(point) }
}
