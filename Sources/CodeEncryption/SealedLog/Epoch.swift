internal import Notation

/// 32 random bytes that name a period of sealed state: that of a configuration, its identity and log; or that of a
/// HOME.
public struct Epoch: Hashable, Sendable {
    /// Of each.
    public static let byteCount = 32
    /// 32 of them.
    public let bytes: [UInt8]

    /// A new one, which nobody has had before.
    public init() {
        var generator = SystemRandomNumberGenerator()
        bytes = (0..<Self.byteCount).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }

    /// - Parameter bytes: 32; nil for any other number.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        self.bytes = bytes
    }

    /// - Parameter digits: 64 hex digits; nil for anything else.
    public init?(hex digits: String) {
        guard let bytes = Hex.bytes(digits), bytes.count == Self.byteCount else { return nil }
        self.bytes = bytes
    }

    /// Lower case.
    public var hex: String { Hex.text(bytes) }
}
