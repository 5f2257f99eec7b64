/// Reads DER (X.690) element by element; accepts nothing that has another encoding than the shortest.
///
/// Elements are ranges into the outermost bytes, so what was signed can be named exactly.
public struct DERReader: ~Escapable {
    public let bytes: Span<UInt8>
    public private(set) var offset: Int
    public let end: Int

    @_lifetime(copy bytes)
    public init(_ bytes: Span<UInt8>) {
        self.init(bytes, 0..<bytes.count)
    }

    @_lifetime(copy bytes)
    public init(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        self.bytes = bytes
        offset = range.lowerBound
        end = range.upperBound
    }

    public var isAtEnd: Bool { offset == end }

    /// The tag of the next element; nil at the end.
    public var nextTag: UInt8? { offset < end ? bytes[offset] : nil }

    /// The next element, whatever it is. Tags beyond one byte and indefinite lengths are refused.
    public mutating func element() throws(DERError) -> DERElement {
        let start = offset
        guard end - offset >= 2 else { throw DERError(offset: start, "a DER element expected, found the end") }
        let tag = bytes[offset]
        guard tag & 0x1F != 0x1F else { throw DERError(offset: start, "a tag of more than one byte") }
        let first = bytes[offset + 1]
        offset += 2
        var count = Int(first)
        if first >= 0x80 {
            let digits = Int(first & 0x7F)
            guard (1...4).contains(digits), digits <= end - offset else {
                throw DERError(offset: start, "an indefinite or overlong length")
            }
            count = 0
            for _ in 0..<digits {
                count = count << 8 | Int(bytes[offset])
                offset += 1
            }
            guard count >= 0x80, count >> (8 * (digits - 1)) > 0 else {
                throw DERError(offset: start, "a length that isn't in its shortest form")
            }
        }
        guard count <= end - offset else {
            throw DERError(offset: start, "an element of \(count) bytes where \(end - offset) are left")
        }
        let content = offset..<(offset + count)
        offset += count
        return DERElement(tag: tag, whole: start..<offset, content: content)
    }

    /// The next element, which must have this tag.
    public mutating func element(_ tag: DERTag, _ field: StaticString) throws(DERError) -> DERElement {
        guard nextTag == tag.rawValue else {
            throw DERError(offset: offset, "\(field): \(tag) expected, found \(found)")
        }
        return try element()
    }

    /// The next element if it has this tag, else nil.
    public mutating func optional(_ tag: DERTag) throws(DERError) -> DERElement? {
        nextTag == tag.rawValue ? try element() : nil
    }

    @_lifetime(copy self)
    public func reader(of element: DERElement) -> DERReader {
        DERReader(bytes, element.content)
    }

    /// A reader of the content of the next element, which must have this tag.
    @_lifetime(copy self)
    public mutating func enter(_ tag: DERTag, _ field: StaticString) throws(DERError) -> DERReader {
        let element = try element(tag, field)
        return DERReader(bytes, element.content)
    }

    /// Whether these bytes stand at a place.
    public func holds(_ expected: [UInt8], at place: Int) -> Bool {
        guard bytes.count - place >= expected.count else { return false }
        for index in 0..<expected.count where bytes[place + index] != expected[index] { return false }
        return true
    }

    /// Refuses what stands behind the last element.
    public func finish(_ field: StaticString) throws(DERError) {
        guard isAtEnd else { throw DERError(offset: offset, "\(field): \(end - offset) bytes behind the end") }
    }

    private var found: String { nextTag.map { "tag 0x" + String($0, radix: 16) } ?? "the end" }
}

/// One element: where it begins and ends, and where its content does.
public struct DERElement: Hashable, Sendable {
    public let tag: UInt8
    public let whole: Range<Int>
    public let content: Range<Int>
}

/// The tags that certificates and lists use.
public struct DERTag: Hashable, Sendable, CustomStringConvertible {
    public let rawValue: UInt8
    public let description: String

    public static let boolean = DERTag(rawValue: 0x01, description: "BOOLEAN")
    public static let integer = DERTag(rawValue: 0x02, description: "INTEGER")
    public static let bitString = DERTag(rawValue: 0x03, description: "BIT STRING")
    public static let octetString = DERTag(rawValue: 0x04, description: "OCTET STRING")
    public static let null = DERTag(rawValue: 0x05, description: "NULL")
    public static let objectIdentifier = DERTag(rawValue: 0x06, description: "OBJECT IDENTIFIER")
    public static let enumerated = DERTag(rawValue: 0x0A, description: "ENUMERATED")
    public static let utf8String = DERTag(rawValue: 0x0C, description: "UTF8String")
    public static let printableString = DERTag(rawValue: 0x13, description: "PrintableString")
    public static let utcTime = DERTag(rawValue: 0x17, description: "UTCTime")
    public static let generalizedTime = DERTag(rawValue: 0x18, description: "GeneralizedTime")
    public static let sequence = DERTag(rawValue: 0x30, description: "SEQUENCE")
    public static let set = DERTag(rawValue: 0x31, description: "SET")
    /// A context-specific tag around another element.
    public static func explicit(_ number: UInt8) -> DERTag {
        DERTag(rawValue: 0xA0 | number, description: "[\(number)]")
    }
    /// A context-specific tag in place of another.
    public static func implicit(_ number: UInt8) -> DERTag {
        DERTag(rawValue: 0x80 | number, description: "[\(number)]")
    }
}
