public import Notation

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
    public mutating func integer(_ field: StaticString, in range: ClosedRange<Int>, tag: DERTag = .integer)
        throws(DERError) -> Int
    {
        let content = try integerBytes(field, tag: tag)
        guard content.count <= 8 else {
            throw DERError(offset: content.lowerBound, "\(field): a number beyond \(range.upperBound)")
        }
        var value = bytes[content.lowerBound] >= 0x80 ? -1 : 0
        for index in content { value = value << 8 | Int(bytes[index]) }
        guard range.contains(value) else {
            throw DERError(
                offset: content.lowerBound,
                "\(field): \(value) where \(range.lowerBound) to \(range.upperBound) is allowed"
            )
        }
        return value
    }

    /// The place of a number above zero without its leading zero, at most `limit` bytes.
    public mutating func positive(_ field: StaticString, limit: Int) throws(DERError) -> Range<Int> {
        var content = try integerBytes(field)
        guard bytes[content.lowerBound] < 0x80 else {
            throw DERError(offset: content.lowerBound, "\(field): a negative number")
        }
        if bytes[content.lowerBound] == 0 { content = (content.lowerBound + 1)..<content.upperBound }
        guard !content.isEmpty, content.count <= limit else {
            throw DERError(
                offset: content.lowerBound,
                "\(field): 1 to \(limit) octets expected, found \(content.count)"
            )
        }
        return content
    }

    public mutating func boolean(_ field: StaticString) throws(DERError) -> Bool {
        let element = try element(.boolean, field)
        guard element.content.count == 1, case let byte = bytes[element.content.lowerBound], byte == 0 || byte == 0xFF
        else {
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
        try ObjectIdentifier(element(.objectIdentifier, field).content, of: bytes)
    }

    /// A UTCTime or GeneralizedTime in the form of RFC 5280 §4.1.2.5, in UTC.
    public mutating func time(_ field: StaticString) throws(DERError) -> Timestamp {
        let isShort = nextTag != DERTag.generalizedTime.rawValue
        let content = try element(isShort ? .utcTime : .generalizedTime, field).content
        let start = content.lowerBound, yearDigits = isShort ? 2 : 4
        var isText = content.count == yearDigits + 11 && bytes[content.upperBound - 1] == UInt8(ascii: "Z")
        func two(_ offset: Int) -> Int {
            let (high, low) = (bytes[start + offset] &- 0x30, bytes[start + offset + 1] &- 0x30)
            isText = isText && high < 10 && low < 10
            return Int(high) * 10 + Int(low)
        }
        guard isText else { throw DERError(offset: start, "\(field): a time of RFC 5280's form expected") }
        var year = two(0)
        year = isShort ? year + (year < 50 ? 2000 : 1900) : year * 100 + two(2)
        let time = Timestamp(
            year: year,
            month: two(yearDigits),
            day: two(yearDigits + 2),
            hour: two(yearDigits + 4),
            minute: two(yearDigits + 6),
            second: two(yearDigits + 8)
        )
        guard isText else { throw DERError(offset: start, "\(field): a time of RFC 5280's form expected") }
        guard let time, isShort || year >= 2050 else {
            throw DERError(offset: start, "\(field): no such time, or in the wrong form")
        }
        return time
    }

    public func array(_ range: Range<Int>) -> [UInt8] {
        let part = bytes.extracting(range)
        return Array(unsafeUninitializedCapacity: range.count) { buffer, count in
            for index in 0..<part.count { buffer.initializeElement(at: index, to: part[index]) }
            count = part.count
        }
    }
}
