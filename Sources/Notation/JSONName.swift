/// The name of a member: up to 24 bytes lie in the value itself, so that names of documents are read and compared without allocating.
public struct JSONName: Sendable, Equatable, ExpressibleByStringLiteral {
    /// Where it stands in the text, without the quotes.
    let range: Range<Int>
    let isEscaped: Bool
    /// UTF-8 after unescaping, zero behind the end; all zero when `count` is beyond the limit.
    private let words: (UInt64, UInt64, UInt64)
    private let count: Int

    static let byteLimit = 24
    /// Too long to lie here: the text has it.
    var isLong: Bool { count > Self.byteLimit }

    init(_ bytes: borrowing Span<UInt8>, range: Range<Int>, isEscaped: Bool) {
        self.range = range
        self.isEscaped = isEscaped
        count = bytes.count
        words = bytes.count > Self.byteLimit ? (0, 0, 0) : Self.pack(bytes)
    }

    /// A name to compare with.
    /// - Precondition: at most 24 bytes.
    public init(stringLiteral value: StaticString) {
        precondition(value.utf8CodeUnitCount <= Self.byteLimit, "a name of more than 24 bytes")
        range = 0..<0
        isEscaped = false
        count = value.utf8CodeUnitCount
        words = value.withUTF8Buffer { Self.pack($0.span) }
    }

    private static func pack(_ bytes: borrowing Span<UInt8>) -> (UInt64, UInt64, UInt64) {
        let raw = bytes.bytes
        func word(_ start: Int) -> UInt64 {
            if start + 8 <= raw.byteCount { return UInt64(littleEndian: raw.unsafeLoadUnaligned(fromByteOffset: start, as: UInt64.self)) }
            var word: UInt64 = 0
            for index in start..<max(start, raw.byteCount) { word |= UInt64(bytes[index]) << UInt64(8 * (index - start)) }
            return word
        }
        return (word(0), word(8), word(16))
    }

    /// Two long names are never equal here.
    public static func == (left: JSONName, right: JSONName) -> Bool {
        left.count == right.count && !left.isLong && left.words.0 == right.words.0 && left.words.1 == right.words.1
            && left.words.2 == right.words.2
    }
}

extension JSONName: Hashable {
    public func hash(into hasher: inout Hasher) {
        hasher.combine(count)
        hasher.combine(words.0)
        hasher.combine(words.1)
        hasher.combine(words.2)
    }
}

/// The names that one object has shown so far: the first few lie here, more go into sets, so that a large object costs no more than its size.
struct JSONNameList {
    private static let fewLimit = 4
    private var few: InlineArray<4, JSONName> = InlineArray(repeating: "")
    private var count = 0
    private var more: Set<JSONName> = []
    private var long: Set<String> = []

    /// - Parameter text: the name as text, asked for only when it is long.
    /// - Returns: false when it was there before.
    mutating func insert(_ name: JSONName, _ text: () throws(NotationError) -> String) throws(NotationError) -> Bool {
        if name.isLong { return long.insert(try text()).inserted }
        for index in 0..<min(count, Self.fewLimit) where few[index] == name { return false }
        count += 1
        if count <= Self.fewLimit {
            few[count - 1] = name
            return true
        }
        return more.insert(name).inserted
    }
}
