/// Reads little-endian fields one after the other from bytes that somebody else wrote.
///
/// Every read checks its bound first and says which field it was about, so a parser is a list of fields and nothing
/// else.
struct ByteReader: ~Escapable {
    private let bytes: RawSpan
    private(set) var offset = 0

    @_lifetime(copy bytes)
    init(_ bytes: RawSpan) {
        self.bytes = bytes
    }

    var remaining: Int { bytes.byteCount - offset }

    /// The place of the next `count` bytes.
    mutating func take(_ count: Int, _ field: StaticString) throws(QuoteError) -> Range<Int> {
        guard count <= remaining else {
            throw .truncated(field: field, offset: offset, needed: count, remaining: remaining)
        }
        offset += count
        return (offset - count)..<offset
    }

    mutating func integer<Value: FixedWidthInteger & BitwiseCopyable>(_ field: StaticString) throws(QuoteError) -> Value
    {
        let range = try take(MemoryLayout<Value>.size, field)
        return Value(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: range.lowerBound, as: Value.self))
    }
}
