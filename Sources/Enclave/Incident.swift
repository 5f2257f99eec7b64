/// Names one entry of the application's log in the operator's, without saying what it is.
public struct Incident: Hashable, Sendable {
    /// 8 random bytes.
    public let bytes: [UInt8]

    public init() {
        var generator = SystemRandomNumberGenerator()
        bytes = (0..<8).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }

    /// - Parameter text: 16 hex digits.
    init?(text: String) {
        guard text.utf8.count == 16, let value = UInt64(text, radix: 16) else { return nil }
        bytes = (0..<8).map { UInt8(truncatingIfNeeded: value >> (56 - 8 * $0)) }
    }

    /// 16 hex digits.
    public var text: String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
