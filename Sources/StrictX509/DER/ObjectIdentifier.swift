/// An object identifier by its encoded content. Those of up to 16 bytes lie in the value itself.
public struct ObjectIdentifier: Hashable, Sendable, CustomStringConvertible {
    public static let byteLimit = 64
    private let words: SIMD2<UInt64>
    private let count: Int
    /// All of it when it is longer.
    private let long: [UInt8]

    /// - Throws: `DERError` unless every arc is complete and in its shortest form.
    init(_ content: Range<Int>, of bytes: Span<UInt8>) throws(DERError) {
        guard !content.isEmpty, content.count <= Self.byteLimit, bytes[content.upperBound - 1] < 0x80 else {
            throw DERError(offset: content.lowerBound, "an incomplete OBJECT IDENTIFIER")
        }
        var starts = true
        for index in content {
            guard !(starts && bytes[index] == 0x80) else {
                throw DERError(offset: content.lowerBound, "an arc that isn't in its shortest form")
            }
            starts = bytes[index] < 0x80
        }
        self.init(trusted: bytes.extracting(content))
    }

    private init(trusted bytes: Span<UInt8>) {
        count = bytes.count
        var words = SIMD2<UInt64>()
        var long: [UInt8] = []
        if bytes.count <= 16 {
            for index in 0..<bytes.count { words[index >> 3] |= UInt64(bytes[index]) << UInt64(8 * (index & 7)) }
        } else {
            for index in 0..<bytes.count { long.append(bytes[index]) }
        }
        self.words = words
        self.long = long
    }

    /// An identifier of our own source text; the arcs must be right.
    public init(arcs: UInt64...) {
        var encoded: [UInt8] = []
        for arc in [arcs[0] * 40 + arcs[1]] + arcs.dropFirst(2) {
            var groups = [UInt8(arc & 0x7F)]
            var rest = arc >> 7
            while rest > 0 {
                groups.insert(UInt8(rest & 0x7F) | 0x80, at: 0)
                rest >>= 7
            }
            encoded += groups
        }
        self.init(trusted: encoded.span)
    }

    public var encoded: [UInt8] {
        count > 16 ? long : (0..<count).map { UInt8(truncatingIfNeeded: words[$0 >> 3] >> UInt64(8 * ($0 & 7))) }
    }

    /// The last arc when all before it are the parent's, and it has one byte.
    /// - Precondition: the parent has at most 15 bytes.
    public func arc(below parent: ObjectIdentifier) -> UInt8? {
        guard count == parent.count + 1, count <= 16 else { return nil }
        let last = count - 1
        var rest = words
        rest[last >> 3] &= ~(0xFF << UInt64(8 * (last & 7)))
        return rest == parent.words ? UInt8(truncatingIfNeeded: words[last >> 3] >> UInt64(8 * (last & 7))) : nil
    }

    public var description: String {
        var arcs: [String] = []
        var value: UInt64 = 0
        for byte in encoded {
            guard value < 1 << 56 else { return "an arc beyond 64 bits" }
            value = value << 7 | UInt64(byte & 0x7F)
            guard byte < 0x80 else { continue }
            if arcs.isEmpty {
                let first = min(value / 40, 2)
                arcs = ["\(first)", "\(value - first * 40)"]
            } else {
                arcs.append("\(value)")
            }
            value = 0
        }
        return arcs.joined(separator: ".")
    }
}
