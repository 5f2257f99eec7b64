extension DERReader {
    /// An INTEGER's content in two's complement, proven to be in its shortest form.
    public mutating func integerBytes(_ field: StaticString, tag: DERTag = .integer) throws(DERError) -> Range<Int> {
        let element = try element(tag, field)
        let content = element.content
        guard !content.isEmpty else { throw DERError(offset: content.lowerBound, "\(field): an empty INTEGER") }
        if content.count > 1 {
            let first = bytes[content.lowerBound], second = bytes[content.lowerBound + 1]
            guard !(first == 0 && second < 0x80), !(first == 0xFF && second >= 0x80) else {
                throw DERError(offset: content.lowerBound, "\(field): an INTEGER that isn't in its shortest form")
            }
        }
        return content
    }

    /// A whole number in the range given.
    public mutating func integer(_ field: StaticString, in range: ClosedRange<Int>, tag: DERTag = .integer) throws(DERError) -> Int {
        let content = try integerBytes(field, tag: tag)
        guard content.count <= 8 else { throw DERError(offset: content.lowerBound, "\(field): a number beyond \(range.upperBound)") }
        var value = bytes[content.lowerBound] >= 0x80 ? -1 : 0
        for index in content { value = value << 8 | Int(bytes[index]) }
        guard range.contains(value) else {
            throw DERError(offset: content.lowerBound, "\(field): \(value) where \(range.lowerBound) to \(range.upperBound) is allowed")
        }
        return value
    }

    /// A number above zero as its bytes without a leading zero, at most `limit` of them.
    public mutating func positive(_ field: StaticString, limit: Int) throws(DERError) -> [UInt8] {
        var content = try integerBytes(field)
        guard bytes[content.lowerBound] < 0x80 else { throw DERError(offset: content.lowerBound, "\(field): a negative number") }
        if bytes[content.lowerBound] == 0 { content = (content.lowerBound + 1)..<content.upperBound }
        guard !content.isEmpty, content.count <= limit else {
            throw DERError(offset: content.lowerBound, "\(field): 1 to \(limit) octets expected, found \(content.count)")
        }
        return array(content)
    }

    public mutating func boolean(_ field: StaticString) throws(DERError) -> Bool {
        let element = try element(.boolean, field)
        guard element.content.count == 1, case let byte = bytes[element.content.lowerBound], byte == 0 || byte == 0xFF else {
            throw DERError(offset: element.whole.lowerBound, "\(field): a BOOLEAN of 00 or ff expected")
        }
        return byte == 0xFF
    }

    /// A BIT STRING of whole bytes.
    public mutating func bitString(_ field: StaticString) throws(DERError) -> Range<Int> {
        let element = try element(.bitString, field)
        guard let first = element.content.first, bytes[first] == 0 else {
            throw DERError(offset: element.whole.lowerBound, "\(field): a BIT STRING of whole bytes expected")
        }
        return (first + 1)..<element.content.upperBound
    }

    public mutating func objectIdentifier(_ field: StaticString) throws(DERError) -> ObjectIdentifier {
        let element = try element(.objectIdentifier, field)
        return try ObjectIdentifier(array(element.content), offset: element.whole.lowerBound)
    }

    /// A UTCTime or GeneralizedTime in the form of RFC 5280 §4.1.2.5, as seconds since 1970.
    public mutating func time(_ field: StaticString) throws(DERError) -> Int64 {
        let tag: DERTag = nextTag == DERTag.generalizedTime.rawValue ? .generalizedTime : .utcTime
        let element = try element(tag, field)
        let yearDigits = tag == .utcTime ? 2 : 4
        let text = array(element.content)
        guard text.count == yearDigits + 11, text.last == UInt8(ascii: "Z"), text.dropLast().allSatisfy({ (0x30...0x39).contains($0) })
        else {
            throw DERError(offset: element.whole.lowerBound, "\(field): a time of RFC 5280's form expected")
        }
        func number(_ start: Int, _ count: Int) -> Int { text[start..<(start + count)].reduce(0) { $0 * 10 + Int($1 - 0x30) } }
        var year = number(0, yearDigits)
        if tag == .utcTime { year += year < 50 ? 2000 : 1900 }
        guard tag == .utcTime || year >= 2050,
            let seconds = CalendarTime.seconds(
                year: year, month: number(yearDigits, 2), day: number(yearDigits + 2, 2), hour: number(yearDigits + 4, 2),
                minute: number(yearDigits + 6, 2), second: number(yearDigits + 8, 2))
        else { throw DERError(offset: element.whole.lowerBound, "\(field): no such time, or in the wrong form") }
        return seconds
    }

    public func array(_ range: Range<Int>) -> [UInt8] {
        let part = bytes.extracting(range)
        return Array(unsafeUninitializedCapacity: range.count) { buffer, count in
            for index in 0..<part.count { buffer.initializeElement(at: index, to: part[index]) }
            count = part.count
        }
    }
}

/// An object identifier by its encoded content.
public struct ObjectIdentifier: Hashable, Sendable, CustomStringConvertible {
    public let encoded: [UInt8]

    /// - Throws: `DERError` unless every arc is complete and in its shortest form.
    public init(_ encoded: [UInt8], offset: Int = 0) throws(DERError) {
        guard let last = encoded.last, last < 0x80, encoded.count <= 64 else {
            throw DERError(offset: offset, "an incomplete OBJECT IDENTIFIER")
        }
        var starts = true
        for byte in encoded {
            guard !(starts && byte == 0x80) else { throw DERError(offset: offset, "an arc that isn't in its shortest form") }
            starts = byte < 0x80
        }
        self.encoded = encoded
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
        self.encoded = encoded
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
