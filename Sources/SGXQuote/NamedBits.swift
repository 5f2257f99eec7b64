/// A word of flags whose bits have names.
public protocol NamedBits: OptionSet, Hashable, Sendable, CustomStringConvertible
where RawValue: FixedWidthInteger, Element == Self {
    /// By position; what has no name is reserved or newer than this list.
    static var names: [Int: String] { get }
}

extension NamedBits {
    /// The names of the bits that are set, `bit 17` for one without a name.
    public var description: String {
        let bits = (0..<RawValue.bitWidth).filter { rawValue >> RawValue($0) & 1 == 1 }
        return bits.isEmpty ? "none" : bits.map { Self.names[$0] ?? "bit \($0)" }.joined(separator: " ")
    }
}
