/// So many bytes, neither more nor fewer: a digest, a key, a vector of SVNs. Lies where it is declared; nothing is
/// allocated.
///
/// Inlinable throughout: unless code of other modules is specialised for a number of bytes, a warm verification takes
/// 1.7 times as long.
@frozen
public struct FixedBytes<let byteCount: Int>: Sendable, BitwiseCopyable {
    @usableFromInline var storage: InlineArray<byteCount, UInt8>

    /// All the same.
    @inlinable
    public init(repeating byte: UInt8 = 0) {
        storage = InlineArray(repeating: byte)
    }

    /// Nil unless there are exactly so many.
    @inlinable
    public init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == byteCount else { return nil }
        self.init()
        replace(at: 0, with: bytes)
    }

    /// Those of a span, which must hold enough from the offset on.
    @inlinable
    init(_ bytes: RawSpan, at offset: Int) {
        storage = bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: InlineArray<byteCount, UInt8>.self)
    }

    /// A part with a size of its own.
    @inlinable
    public func part<let count: Int>(at offset: Int) -> FixedBytes<count> {
        FixedBytes<count>(storage.span.bytes, at: offset)
    }

    /// A little-endian number.
    @inlinable
    public func integer<Value: FixedWidthInteger & BitwiseCopyable>(at offset: Int) -> Value {
        Value(littleEndian: storage.span.bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: Value.self))
    }

    @inlinable
    package mutating func replace(at offset: Int, with bytes: some Collection<UInt8>) {
        var index = offset
        for byte in bytes {
            storage[index] = byte
            index += 1
        }
    }

    @inlinable
    package mutating func replace<Value: FixedWidthInteger>(at offset: Int, with number: Value) {
        for index in 0..<(Value.bitWidth / 8) {
            storage[offset + index] = UInt8(truncatingIfNeeded: number >> (8 * index))
        }
    }

    /// Whether all bytes are zero.
    @inlinable
    public var isZero: Bool {
        for index in 0..<byteCount where storage[index] != 0 { return false }
        return true
    }

    /// A copy.
    @inlinable
    public var array: [UInt8] {
        Array(unsafeUninitializedCapacity: byteCount) { buffer, count in
            for index in 0..<byteCount { buffer.initializeElement(at: index, to: storage[index]) }
            count = byteCount
        }
    }
}

extension FixedBytes: RandomAccessCollection {
    @inlinable public var startIndex: Int { 0 }
    @inlinable public var endIndex: Int { byteCount }
    @inlinable
    public subscript(index: Int) -> UInt8 {
        get { storage[index] }
        set { storage[index] = newValue }
    }
}

extension FixedBytes: Hashable {
    @inlinable
    public static func == (left: Self, right: Self) -> Bool {
        for index in 0..<byteCount where left.storage[index] != right.storage[index] { return false }
        return true
    }

    @inlinable
    public func hash(into hasher: inout Hasher) {
        for index in 0..<byteCount { hasher.combine(storage[index]) }
    }
}

extension FixedBytes: CustomStringConvertible {
    /// Hexadecimal digits in lower case.
    public var description: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
