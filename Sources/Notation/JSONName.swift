/// The name of a member: up to 24 bytes lie in the value itself, so that names of documents are read and compared
/// without allocating.
package struct JSONName: Sendable, Equatable, ExpressibleByStringLiteral {
    /// Where it stands in the text, without the quotes.
    let range: Range<Int>
    let isEscaped: Bool
    /// UTF-8 after unescaping, zero behind the end; all zero when `count` is beyond the limit.
    private var words: (UInt64, UInt64, UInt64)
    private var count: Int

    static let byteLimit = 24
    /// Too long to lie here: the text has it.
    var isLong: Bool { count > Self.byteLimit }

    /// A name as it stands in a text.
    init(in text: Span<UInt8>, _ range: Range<Int>) {
        self.range = range
        isEscaped = false
        count = range.count
        words = range.count > Self.byteLimit ? (0, 0, 0) : Self.pack(text.bytes, range)
    }

    /// A name that was written with escapes, whose bytes are still to come.
    /// - Parameter range: where it stands in its text.
    init(escapedAt range: Range<Int>) {
        self.range = range
        isEscaped = true
        (count, words) = (0, (0, 0, 0))
    }

    mutating func append(_ byte: UInt8) {
        let shifted = UInt64(byte) << UInt64(8 * (count & 7))
        switch count {
        case 0..<8: words.0 |= shifted
        case 8..<16: words.1 |= shifted
        case 16..<Self.byteLimit: words.2 |= shifted
        default: words = (0, 0, 0)
        }
        count += 1
    }

    /// A name to compare with.
    /// - Precondition: at most 24 bytes.
    package init(stringLiteral value: StaticString) {
        precondition(value.utf8CodeUnitCount <= Self.byteLimit, "a name of more than 24 bytes")
        range = 0..<0
        isEscaped = false
        count = value.utf8CodeUnitCount
        words = value.withUTF8Buffer { Self.pack($0.span.bytes, 0..<$0.count) }
    }

    private static func pack(_ bytes: RawSpan, _ content: Range<Int>) -> (UInt64, UInt64, UInt64) {
        /// Eight bytes of the name, what stands behind its end masked away.
        func word(_ start: Int) -> UInt64 {
            let count = min(content.upperBound - start, 8)
            guard count > 0 else { return 0 }
            let mask = UInt64.max >> UInt64(64 - 8 * count)
            if start + 8 <= bytes.byteCount {
                return UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: start, as: UInt64.self)) & mask
            }
            var word: UInt64 = 0
            for index in 0..<count {
                word |= UInt64(bytes.unsafeLoad(fromByteOffset: start + index, as: UInt8.self)) << UInt64(8 * index)
            }
            return word
        }
        let start = content.lowerBound
        return content.count <= 8 ? (word(start), 0, 0) : (word(start), word(start + 8), word(start + 16))
    }

    /// Two long names are never equal here.
    package static func == (left: JSONName, right: JSONName) -> Bool {
        left.count == right.count && !left.isLong && left.words.0 == right.words.0 && left.words.1 == right.words.1
            && left.words.2 == right.words.2
    }
}

extension JSONName: Hashable {
    package func hash(into hasher: inout Hasher) {
        hasher.combine(count)
        hasher.combine(words.0)
        hasher.combine(words.1)
        hasher.combine(words.2)
    }
}

/// The names that one object has shown so far: the first few lie here, more go into sets, so that a large object costs
/// no more than its size.
struct JSONNameList {
    private static let fewLimit = 4
    private var few: InlineArray<4, JSONName> = InlineArray(repeating: "")
    private var count = 0
    private var more: Set<JSONName> = []
    /// Where they stand, by what is as good as never the same of two.
    private var long: [Int: [JSONName]] = [:]

    /// - Parameter scanner: of the text that has the name.
    /// - Returns: false when it was there before.
    mutating func insert(_ name: JSONName, of scanner: borrowing JSONScanner) throws(NotationError) -> Bool {
        if name.isLong { return try insertLong(name, of: scanner) }
        for index in 0..<min(count, Self.fewLimit) where few[index] == name { return false }
        count += 1
        if count <= Self.fewLimit {
            few[count - 1] = name
            return true
        }
        return more.insert(name).inserted
    }

    private mutating func insertLong(_ name: JSONName, of scanner: borrowing JSONScanner) throws(NotationError) -> Bool
    {
        var hasher = Hasher()
        try scanner.read(JSONScanner.StringToken(name)) { hasher.combine($0) }
        let hash = hasher.finalize()
        let known = long[hash] ?? []
        for other in known where try ExactText(scanner.text(of: other)) == ExactText(scanner.text(of: name)) {
            return false
        }
        long[hash] = known + [name]
        return true
    }
}
