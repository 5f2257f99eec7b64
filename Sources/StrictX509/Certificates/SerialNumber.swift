internal import Notation

/// A certificate's serial number: above zero, at most 20 octets of value, compared as a number (RFC 5280, section
/// 4.1.2.2).
public struct SerialNumber: Hashable, Sendable, CustomStringConvertible {
    public static let byteLimit = 20
    /// The most significant first.
    private let high: UInt64
    private let middle: UInt64
    private let low: UInt64

    public init(_ reader: inout DERReader, _ field: StaticString) throws(DERError) {
        let content = try reader.positive(field, limit: Self.byteLimit)
        var words: (UInt64, UInt64, UInt64) = (0, 0, 0)
        for index in content {
            words.0 = words.0 << 8 | words.1 >> 56
            words.1 = words.1 << 8 | words.2 >> 56
            words.2 = words.2 << 8 | UInt64(reader.bytes[index])
        }
        (high, middle, low) = words
    }

    /// Without leading zeros.
    public var bytes: [UInt8] {
        let all = [high, middle, low].flatMap { word in
            (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * $0)) }
        }
        return Array(all.drop { $0 == 0 })
    }

    /// Hexadecimal digits, two for each octet.
    public var description: String { Hex.text(bytes) }
}
