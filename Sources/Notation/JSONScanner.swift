/// Reads JSON (RFC 8259) value by value from bytes that somebody else wrote, without building a tree.
///
/// Stricter than the RFC: UTF-8 valid throughout, no byte order mark, no member name twice in an object (compared after
/// unescaping), no lone surrogates, depth bounded. The scanner that reads the values is the one that
/// tells where an object begins and ends.
package struct JSONScanner: ~Escapable {
    private let bytes: Span<UInt8>
    /// The offset of the next byte.
    package private(set) var offset = 0
    private var depth = 0
    private let depthLimit: Int
    private var counted = (offset: 0, place: Place(line: 1, column: 1))

    @_lifetime(copy bytes)
    package init(_ bytes: Span<UInt8>, depthLimit: Int = 32) throws(NotationError) {
        self.bytes = bytes
        self.depthLimit = depthLimit
        if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF {
            throw NotationError(at: Place(line: 1, column: 1), "a byte order mark stands before the text")
        }
        do {
            _ = try UTF8Span(validating: bytes)
        } catch {
            throw failure("bytes that are no UTF-8", at: error.byteOffsets.lowerBound)
        }
    }

    // MARK: Objects and arrays

    /// The members of one object that were seen so far.
    package struct ObjectCursor {
        fileprivate var names = JSONNameList()
        fileprivate var first = true
    }

    package mutating func beginObject() throws(NotationError) -> ObjectCursor {
        try open(UInt8(ascii: "{"), "an object")
        return ObjectCursor()
    }

    /// The next member's name, after which its value must be read or skipped; nil behind the last one.
    package mutating func nextMember(_ object: inout ObjectCursor) throws(NotationError) -> JSONName? {
        skipBlanks()
        if take(UInt8(ascii: "}")) {
            depth -= 1
            return nil
        }
        if object.first {
            object.first = false
        } else {
            guard take(UInt8(ascii: ",")) else { throw failure("',' or '}' expected after a member") }
            skipBlanks()
        }
        let place = offset
        guard offset < bytes.count, bytes[offset] == UInt8(ascii: "\"") else {
            throw failure("a member name in quotes expected")
        }
        let token = try stringToken()
        let name = try name(token)
        guard try object.names.insert(name, of: self) else {
            throw failure("member '\(try text(token).printable())' stands twice in one object", at: place)
        }
        skipBlanks()
        guard take(UInt8(ascii: ":")) else { throw failure("':' expected after a member name") }
        return name
    }

    /// A member's name, by which it is compared.
    package func name(_ token: StringToken) throws(NotationError) -> JSONName {
        guard token.isEscaped else { return JSONName(in: bytes, token.range) }
        var name = JSONName(escapedAt: token.range)
        try read(token) { name.append($0) }
        return name
    }

    /// A member's name as text.
    package func text(of name: JSONName) throws(NotationError) -> String { try text(StringToken(name)) }

    package mutating func beginArray() throws(NotationError) -> ArrayCursor {
        try open(UInt8(ascii: "["), "an array")
        return ArrayCursor()
    }

    package struct ArrayCursor {
        fileprivate var first = true
    }

    /// Whether another element follows, which must then be read or skipped.
    package mutating func nextElement(_ array: inout ArrayCursor) throws(NotationError) -> Bool {
        skipBlanks()
        if take(UInt8(ascii: "]")) {
            depth -= 1
            return false
        }
        if array.first {
            array.first = false
        } else {
            guard take(UInt8(ascii: ",")) else { throw failure("',' or ']' expected after an element") }
            skipBlanks()
            guard !follows(UInt8(ascii: "]")) else { throw failure("a value expected after ','") }
        }
        return true
    }

    private mutating func open(_ bracket: UInt8, _ what: StaticString) throws(NotationError) {
        skipBlanks()
        guard take(bracket) else { throw failure("\(what) expected") }
        depth += 1
        guard depth <= depthLimit else { throw failure("nested deeper than \(depthLimit)") }
    }

    // MARK: Values

    /// What kind of value comes next.
    package enum Kind: Sendable { case object, array, string, number, boolean, null }

    package mutating func peek() throws(NotationError) -> Kind {
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

    package mutating func string() throws(NotationError) -> String {
        try text(stringToken())
    }

    /// Passes on a string's UTF-8 for as long as the body runs; copied only when it was written with escapes.
    package mutating func string(_ body: (borrowing Span<UInt8>) -> Void) throws(NotationError) {
        let token = try stringToken()
        if token.isEscaped { body(try text(token).utf8.span) } else { body(bytes.extracting(token.range)) }
    }

    /// A whole number without sign, fraction, exponent or leading zero.
    package mutating func integer(in range: ClosedRange<Int>) throws(NotationError) -> Int {
        skipBlanks()
        let start = offset
        let count = skipDigits()
        // What is more than digits is no whole number, and read only to be named.
        guard count > 0, count <= 18, count == 1 || bytes[start] != UInt8(ascii: "0"), !continuesNumber else {
            offset = start
            throw failure(
                """
                a whole number from \(range.lowerBound) to \(range.upperBound) expected, found \
                \(try number().printable())
                """,
                at: start
            )
        }
        var value = 0
        for index in start..<offset { value = value * 10 + Int(bytes[index] - UInt8(ascii: "0")) }
        guard range.contains(value) else {
            throw failure(
                "a whole number from \(range.lowerBound) to \(range.upperBound) expected, found \(value)",
                at: start
            )
        }
        return value
    }

    private var continuesNumber: Bool {
        guard offset < bytes.count else { return false }
        return bytes[offset] == UInt8(ascii: ".") || bytes[offset] | 0x20 == UInt8(ascii: "e")
    }

    /// A number as its text.
    package mutating func number() throws(NotationError) -> String { try plain(try numberRange()) }

    /// Where a number stands.
    package mutating func numberRange() throws(NotationError) -> Range<Int> {
        let range = try skipNumber()
        guard range.count <= 400 else { throw failure("a number of more than 400 characters", at: range.lowerBound) }
        return range
    }

    private mutating func skipNumber() throws(NotationError) -> Range<Int> {
        skipBlanks()
        let start = offset
        _ = take(UInt8(ascii: "-"))
        let whole = skipDigits()
        guard whole > 0, whole == 1 || bytes[offset - whole] != UInt8(ascii: "0") else {
            throw failure("a number expected", at: start)
        }
        if take(UInt8(ascii: ".")), skipDigits() == 0 { throw failure("a digit expected after '.'") }
        if offset < bytes.count, bytes[offset] | 0x20 == UInt8(ascii: "e") {
            offset += 1
            if offset < bytes.count, bytes[offset] == UInt8(ascii: "+") || bytes[offset] == UInt8(ascii: "-") {
                offset += 1
            }
            if skipDigits() == 0 { throw failure("a digit expected in the exponent") }
        }
        return start..<offset
    }

    package mutating func boolean() throws(NotationError) -> Bool {
        skipBlanks()
        if takeWord("true") { return true }
        if takeWord("false") { return false }
        throw failure("true or false expected")
    }

    package mutating func null() throws(NotationError) {
        skipBlanks()
        guard takeWord("null") else { throw failure("null expected") }
    }

    /// Passes over one value of any kind, checking it like any other.
    package mutating func skip() throws(NotationError) {
        switch try peek() {
        case .object:
            var object = try beginObject()
            while try nextMember(&object) != nil { try skip() }
        case .array:
            var array = try beginArray()
            while try nextElement(&array) { try skip() }
        case .string: try read(try stringToken()) { _ in }
        case .number: _ = try skipNumber()
        case .boolean: _ = try boolean()
        case .null: try null()
        }
    }

    /// Goes back to a value that was begun, to pass over it or read it otherwise.
    package mutating func rewind(to point: Point) {
        offset = point.offset
        depth = point.depth
    }

    /// A place that can be gone back to.
    package struct Point: Sendable {
        fileprivate var offset: Int
        fileprivate var depth: Int
    }

    package var point: Point { Point(offset: offset, depth: depth) }

    /// Passes over white space.
    @inline(__always)
    package mutating func skipBlanks() {
        // Documents have few.
        if offset < bytes.count, bytes[offset] > 0x20 { return }
        while offset < bytes.count {
            switch bytes[offset] {
            case 0x20, 0x09, 0x0A, 0x0D: offset += 1
            default: return
            }
        }
    }

    /// Refuses what stands after the value, white space excepted.
    package mutating func finish() throws(NotationError) {
        skipBlanks()
        guard offset == bytes.count else { throw failure("something stands after the end of the value") }
    }

    // MARK: Places and failures

    package func failure(_ problem: String, at offset: Int? = nil) -> NotationError {
        NotationError(at: place(of: offset ?? self.offset), problem)
    }

    /// Where the next byte stands; counts on from the last time it was asked, so that asking often costs nothing.
    package mutating func nextPlace() -> Place {
        if offset < counted.offset { counted = (0, Place(line: 1, column: 1)) }
        for index in counted.offset..<min(offset, bytes.count) {
            if bytes[index] == 0x0A {
                counted.place = Place(line: counted.place.line + 1, column: 1)
            } else {
                counted.place.column += 1
            }
        }
        counted.offset = offset
        return counted.place
    }

    package func place(of offset: Int) -> Place {
        var place = Place(line: 1, column: 1)
        for index in 0..<min(offset, bytes.count) {
            if bytes[index] == 0x0A { place = Place(line: place.line + 1, column: 1) } else { place.column += 1 }
        }
        return place
    }

    // MARK: Bytes

    private func follows(_ byte: UInt8) -> Bool { offset < bytes.count && bytes[offset] == byte }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard offset < bytes.count, bytes[offset] == byte else { return false }
        offset += 1
        return true
    }

    private mutating func takeWord(_ word: StaticString) -> Bool {
        guard word.utf8CodeUnitCount <= bytes.count - offset else { return false }
        for index in 0..<word.utf8CodeUnitCount where bytes[offset + index] != word.utf8Start[index] { return false }
        offset += word.utf8CodeUnitCount
        return true
    }

    private mutating func skipDigits() -> Int {
        let start = offset
        while offset < bytes.count, bytes[offset] >= UInt8(ascii: "0"), bytes[offset] <= UInt8(ascii: "9") {
            offset += 1
        }
        return offset - start
    }

    // MARK: Strings

    /// Where a string stands, without its quotes.
    package struct StringToken: Sendable {
        package let range: Range<Int>
        package let isEscaped: Bool

        init(_ range: Range<Int>, isEscaped: Bool) {
            self.range = range
            self.isEscaped = isEscaped
        }

        package init(_ name: JSONName) { self.init(name.range, isEscaped: name.isEscaped) }
    }

    package mutating func stringToken() throws(NotationError) -> StringToken {
        skipBlanks()
        guard take(UInt8(ascii: "\"")) else { throw failure("a string expected") }
        let start = offset
        var isEscaped = false
        while offset < bytes.count {
            switch bytes[offset] {
            case UInt8(ascii: "\""):
                offset += 1
                return StringToken(start..<(offset - 1), isEscaped: isEscaped)
            case UInt8(ascii: "\\"):
                isEscaped = true
                offset += 2
            case 0..<0x20: throw failure("a control character in a string")
            default: offset += 1
            }
        }
        offset = bytes.count
        throw failure("the text ends in a string")
    }

    /// The whole text was proven to be UTF-8; quotes and backslashes are no part of longer sequences, so parts between
    /// them are as well.
    private func text(_ token: StringToken) throws(NotationError) -> String {
        token.isEscaped ? try unescaped(token) : try plain(token.range)
    }

    private func plain(_ range: Range<Int>) throws(NotationError) -> String {
        guard let utf8 = try? UTF8Span(validating: bytes.extracting(range)) else {
            throw failure("bytes that are no UTF-8", at: range.lowerBound)
        }
        return String(copying: utf8)
    }

    private func unescaped(_ token: StringToken) throws(NotationError) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(token.range.count)
        try read(token) { bytes.append($0) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Passes on a string's UTF-8, byte by byte: no copy of it is made.
    package func read(_ token: StringToken, _ body: (UInt8) -> Void) throws(NotationError) {
        var index = token.range.lowerBound
        while index < token.range.upperBound {
            if bytes[index] == UInt8(ascii: "\\") {
                UTF8.encode(try escape(&index, token.range.upperBound))?.forEach(body)
            } else {
                body(bytes[index])
                index += 1
            }
        }
    }

    /// The scalar of the escape that begins at an index, which is left behind it.
    private func escape(_ index: inout Int, _ end: Int) throws(NotationError) -> Unicode.Scalar {
        let start = index
        let kind = bytes[index + 1]
        index += 2
        switch kind {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(kind)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            let first = try hexDigits(&index, end)
            if let scalar = Unicode.Scalar(first) { return scalar }
            guard first < 0xDC00, end - index >= 2, bytes[index] == UInt8(ascii: "\\"),
                bytes[index + 1] == UInt8(ascii: "u")
            else {
                throw failure("a lone surrogate", at: start)
            }
            index += 2
            let second = try hexDigits(&index, end)
            guard (0xDC00...0xDFFF).contains(second),
                let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
            else {
                throw failure("a lone surrogate", at: start)
            }
            return scalar
        default: throw failure("an unknown escape", at: start)
        }
    }

    private func hexDigits(_ index: inout Int, _ end: Int) throws(NotationError) -> UInt32 {
        guard end - index >= 4 else { throw failure("four hex digits expected", at: index) }
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = Hex.value(of: bytes[index]) else { throw failure("a hex digit expected", at: index) }
            value = value << 4 | UInt32(digit)
            index += 1
        }
        return value
    }
}
