/// Reads JSON (RFC 8259) value by value from bytes that somebody else wrote, without building a tree.
///
/// Stricter than the RFC: UTF-8 valid throughout, no byte order mark, no member name twice in an object (compared after unescaping), no lone
/// surrogates, depth bounded (DCAP SPEC §4.1). The scanner that reads the values is the one that tells where an object begins and ends.
public struct JSONScanner: ~Escapable {
    private let bytes: Span<UInt8>
    /// The offset of the next byte.
    public private(set) var offset = 0
    private var depth = 0
    private let depthLimit: Int
    private var counted = (offset: 0, place: Place(line: 1, column: 1))

    @_lifetime(copy bytes)
    public init(_ bytes: Span<UInt8>, depthLimit: Int = 32) throws(NotationError) {
        self.bytes = bytes
        self.depthLimit = depthLimit
        if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF {
            throw NotationError(at: Place(line: 1, column: 1), "a byte order mark stands before the text")
        }
    }

    // MARK: Objects and arrays

    /// The members of one object that were seen so far.
    public struct ObjectCursor {
        fileprivate var names: [String] = []
        fileprivate var first = true
    }

    public mutating func beginObject() throws(NotationError) -> ObjectCursor {
        try open(UInt8(ascii: "{"), "an object")
        return ObjectCursor()
    }

    /// The next member's name, after which its value must be read or skipped; nil behind the last one.
    public mutating func nextMember(_ object: inout ObjectCursor) throws(NotationError) -> String? {
        skipBlanks()
        if object.first {
            object.first = false
            if try take(UInt8(ascii: "}")) { return leave() }
        } else {
            if try take(UInt8(ascii: "}")) { return leave() }
            guard try take(UInt8(ascii: ",")) else { throw failure("',' or '}' expected after a member") }
            skipBlanks()
        }
        let place = self.offset
        guard offset < bytes.count, bytes[offset] == UInt8(ascii: "\"") else { throw failure("a member name in quotes expected") }
        let name = try string()
        if object.names.contains(name) { throw failure("member '\(NotationError.printable(name))' stands twice in one object", at: place) }
        object.names.append(name)
        skipBlanks()
        guard try take(UInt8(ascii: ":")) else { throw failure("':' expected after a member name") }
        return name
    }

    public mutating func beginArray() throws(NotationError) -> ArrayCursor {
        try open(UInt8(ascii: "["), "an array")
        return ArrayCursor()
    }

    public struct ArrayCursor {
        fileprivate var first = true
    }

    /// Whether another element follows, which must then be read or skipped.
    public mutating func nextElement(_ array: inout ArrayCursor) throws(NotationError) -> Bool {
        skipBlanks()
        if array.first {
            array.first = false
            if try take(UInt8(ascii: "]")) { return leave() != nil }
            return true
        }
        if try take(UInt8(ascii: "]")) { return leave() != nil }
        guard try take(UInt8(ascii: ",")) else { throw failure("',' or ']' expected after an element") }
        return true
    }

    private mutating func open(_ bracket: UInt8, _ what: StaticString) throws(NotationError) {
        skipBlanks()
        guard try take(bracket) else { throw failure("\(what) expected") }
        depth += 1
        guard depth <= depthLimit else { throw failure("nested deeper than \(depthLimit)") }
    }

    private mutating func leave() -> String? {
        depth -= 1
        return nil
    }

    // MARK: Values

    /// What kind of value comes next.
    public enum Kind: Sendable { case object, array, string, number, boolean, null }

    public mutating func peek() throws(NotationError) -> Kind {
        skipBlanks()
        guard offset < bytes.count else { throw failure("the text ends where a value is expected") }
        switch bytes[offset] {
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .boolean
        case UInt8(ascii: "n"): return .null
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
        default: throw failure("a value expected")
        }
    }

    public mutating func string() throws(NotationError) -> String {
        skipBlanks()
        guard try take(UInt8(ascii: "\"")) else { throw failure("a string expected") }
        let start = offset
        while offset < bytes.count {
            switch bytes[offset] {
            case UInt8(ascii: "\""):
                let text = try text(start..<offset)
                offset += 1
                return text
            case UInt8(ascii: "\\"): return try escapedString(from: start)
            case 0..<0x20: throw failure("a control character in a string")
            default: offset += 1
            }
        }
        throw failure("the text ends in a string")
    }

    /// A whole number without sign, fraction, exponent or leading zero.
    public mutating func integer(in range: ClosedRange<Int>) throws(NotationError) -> Int {
        let start = offset
        let digits = try number()
        guard digits.utf8.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }), let value = Int(digits), range.contains(value)
        else {
            throw failure("a whole number from \(range.lowerBound) to \(range.upperBound) expected, found \(digits)", at: start)
        }
        return value
    }

    /// A number as its text.
    public mutating func number() throws(NotationError) -> String {
        skipBlanks()
        let start = offset
        _ = try take(UInt8(ascii: "-"))
        let whole = skipDigits()
        guard whole > 0, whole == 1 || bytes[offset - whole] != UInt8(ascii: "0") else { throw failure("a number expected", at: start) }
        if try take(UInt8(ascii: ".")), skipDigits() == 0 { throw failure("a digit expected after '.'") }
        if offset < bytes.count, bytes[offset] | 0x20 == UInt8(ascii: "e") {
            offset += 1
            if offset < bytes.count, bytes[offset] == UInt8(ascii: "+") || bytes[offset] == UInt8(ascii: "-") { offset += 1 }
            if skipDigits() == 0 { throw failure("a digit expected in the exponent") }
        }
        guard offset - start <= 400 else { throw failure("a number of more than 400 characters", at: start) }
        return try text(start..<offset)
    }

    public mutating func boolean() throws(NotationError) -> Bool {
        skipBlanks()
        if takeWord("true") { return true }
        if takeWord("false") { return false }
        throw failure("true or false expected")
    }

    public mutating func null() throws(NotationError) {
        skipBlanks()
        guard takeWord("null") else { throw failure("null expected") }
    }

    /// Passes over one value of any kind, checking it like any other.
    public mutating func skip() throws(NotationError) {
        switch try peek() {
        case .object:
            var object = try beginObject()
            while try nextMember(&object) != nil { try skip() }
        case .array:
            var array = try beginArray()
            while try nextElement(&array) { try skip() }
        case .string: _ = try string()
        case .number: _ = try number()
        case .boolean: _ = try boolean()
        case .null: try null()
        }
    }

    /// Goes back to a value that was passed over, to read it now. Nothing that stands behind it may be read afterwards.
    public mutating func rewind(to offset: Int) {
        self.offset = offset
    }

    /// Passes over white space.
    public mutating func skipBlanks() {
        while offset < bytes.count {
            switch bytes[offset] {
            case 0x20, 0x09, 0x0A, 0x0D: offset += 1
            default: return
            }
        }
    }

    /// Refuses what stands after the value, white space excepted.
    public mutating func finish() throws(NotationError) {
        skipBlanks()
        guard offset == bytes.count else { throw failure("something stands after the end of the value") }
    }

    // MARK: Places and failures

    public func failure(_ problem: String, at offset: Int? = nil) -> NotationError {
        NotationError(at: place(of: offset ?? self.offset), problem)
    }

    /// Where the next byte stands; counts on from the last time it was asked, so that asking often costs nothing.
    public mutating func nextPlace() -> Place {
        if offset < counted.offset { counted = (0, Place(line: 1, column: 1)) }
        for index in counted.offset..<min(offset, bytes.count) {
            if bytes[index] == 0x0A { counted.place = Place(line: counted.place.line + 1, column: 1) } else { counted.place.column += 1 }
        }
        counted.offset = offset
        return counted.place
    }

    public func place(of offset: Int) -> Place {
        var place = Place(line: 1, column: 1)
        for index in 0..<min(offset, bytes.count) {
            if bytes[index] == 0x0A { place = Place(line: place.line + 1, column: 1) } else { place.column += 1 }
        }
        return place
    }

    // MARK: Bytes

    private mutating func take(_ byte: UInt8) throws(NotationError) -> Bool {
        guard offset < bytes.count, bytes[offset] == byte else { return false }
        offset += 1
        return true
    }

    private mutating func takeWord(_ word: String) -> Bool {
        guard word.utf8.count <= bytes.count - offset else { return false }
        var index = offset
        for byte in word.utf8 {
            guard bytes[index] == byte else { return false }
            index += 1
        }
        offset = index
        return true
    }

    private mutating func skipDigits() -> Int {
        let start = offset
        while offset < bytes.count, bytes[offset] >= UInt8(ascii: "0"), bytes[offset] <= UInt8(ascii: "9") { offset += 1 }
        return offset - start
    }

    private func text(_ range: Range<Int>) throws(NotationError) -> String {
        guard let utf8 = try? UTF8Span(validating: bytes.extracting(range)) else {
            throw failure("bytes that are no UTF-8", at: range.lowerBound)
        }
        return String(copying: utf8)
    }

    /// The string again from its start, now with its escapes resolved.
    private mutating func escapedString(from start: Int) throws(NotationError) -> String {
        var result = try text(start..<offset)
        var plain = offset
        while offset < bytes.count {
            switch bytes[offset] {
            case UInt8(ascii: "\""):
                result += try text(plain..<offset)
                offset += 1
                return result
            case UInt8(ascii: "\\"):
                result += try text(plain..<offset)
                result.unicodeScalars.append(try escape())
                plain = offset
            case 0..<0x20: throw failure("a control character in a string")
            default: offset += 1
            }
        }
        throw failure("the text ends in a string")
    }

    private mutating func escape() throws(NotationError) -> Unicode.Scalar {
        let start = offset
        offset += 1
        guard offset < bytes.count else { throw failure("the text ends in a string") }
        let kind = bytes[offset]
        offset += 1
        switch kind {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(kind)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            let first = try hexDigits()
            if let scalar = Unicode.Scalar(first) { return scalar }
            guard first < 0xDC00, try take(UInt8(ascii: "\\")), try take(UInt8(ascii: "u")) else {
                throw failure("a lone surrogate", at: start)
            }
            let second = try hexDigits()
            guard (0xDC00...0xDFFF).contains(second), let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
            else {
                throw failure("a lone surrogate", at: start)
            }
            return scalar
        default: throw failure("an unknown escape", at: start)
        }
    }

    private mutating func hexDigits() throws(NotationError) -> UInt32 {
        guard bytes.count - offset >= 4 else { throw failure("four hex digits expected") }
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = Hex.value(of: bytes[offset]) else { throw failure("a hex digit expected") }
            value = value << 4 | UInt32(digit)
            offset += 1
        }
        return value
    }
}
