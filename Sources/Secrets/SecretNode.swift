package import Notation

/// A value of a JSON text that lies in guarded memory. Of what the text says nothing is copied but what is asked for;
/// the text is wiped when the last of its values goes.
package struct SecretNode {
    private let text: GuardedMemory
    private let byteCount: Int
    private let value: Value

    /// What stands where.
    private enum Value {
        case object([Member])
        case array([Value])
        case string(JSONScanner.StringToken)
        case number(Range<Int>)
        case boolean(Bool)
        case null
    }

    private struct Member {
        let name: JSONScanner.StringToken
        let value: Value
    }

    /// Reads one value.
    /// - Throws: `NotationError` with line and column for anything that isn't strict JSON (see `JSONScanner`).
    package init(_ text: borrowing SecretBytes, depthLimit: Int = 32) throws(NotationError) {
        value = try text.withBytes { (bytes) throws(NotationError) in
            let bytes = bytes.assumingMemoryBound(to: UInt8.self)
            var scanner = try JSONScanner(bytes.span, depthLimit: depthLimit)
            let value = try Self.read(&scanner)
            try scanner.finish()
            return value
        }
        self.text = text.memory
        byteCount = text.count
    }

    private init(_ value: Value, of other: SecretNode) {
        (text, byteCount, self.value) = (other.text, other.byteCount, value)
    }

    private static func read(_ scanner: inout JSONScanner) throws(NotationError) -> Value {
        switch try scanner.peek() {
        case .object:
            var members: [Member] = []
            var object = try scanner.beginObject()
            while let name = try scanner.nextMember(&object) {
                members.append(Member(name: .init(name), value: try read(&scanner)))
            }
            return .object(members)
        case .array:
            var elements: [Value] = []
            var array = try scanner.beginArray()
            while try scanner.nextElement(&array) { elements.append(try read(&scanner)) }
            return .array(elements)
        case .string:
            let token = try scanner.stringToken()
            try scanner.read(token) { _ in }
            return .string(token)
        case .number: return .number(try scanner.numberRange())
        case .boolean: return .boolean(try scanner.boolean())
        case .null:
            try scanner.null()
            return .null
        }
    }

    // MARK: What it is

    package var isObject: Bool { if case .object = value { true } else { false } }
    package var isNull: Bool { if case .null = value { true } else { false } }

    /// Whether Python holds it for false: null, false, zero, and what is empty.
    package var isFalse: Bool {
        switch value {
        case .object(let members): members.isEmpty
        case .array(let elements): elements.isEmpty
        case .string(let token): token.range.isEmpty
        case .number(let range):
            isWhole(range)
                ? text.bytes[range].allSatisfy { $0 == UInt8(ascii: "0") } : Double(digits(range)) == 0
        case .boolean(let value): !value
        case .null: true
        }
    }

    // MARK: Members

    /// The member of an object; nil for another kind of value and for an object without it.
    package subscript(name: JSONName) -> SecretNode? {
        guard case .object(let members) = value else { return nil }
        return withScanner { scanner in
            members.first { Self.name($0, scanner) == name }.map { SecretNode($0.value, of: self) }
        }
    }

    /// Whether it is an object that has none but these members.
    package func hasNothing(but names: [JSONName]) -> Bool {
        guard case .object(let members) = value else { return false }
        return withScanner { scanner in members.allSatisfy { names.contains(Self.name($0, scanner)) } }
    }

    /// An object without these members; another kind of value as it is.
    package func without(_ names: [JSONName]) -> SecretNode {
        guard case .object(let members) = value else { return self }
        let left = withScanner { scanner in members.filter { !names.contains(Self.name($0, scanner)) } }
        return SecretNode(.object(left), of: self)
    }

    private static func name(_ member: Member, _ scanner: borrowing JSONScanner) -> JSONName {
        do {
            return try scanner.name(member.name)
        } catch {
            refuse(error)
        }
    }

    // MARK: What it says

    /// A string's UTF-8; nil for another kind of value.
    package func string() -> SecretBytes? {
        guard case .string(let token) = value else { return nil }
        return withScanner { scanner in
            // Escapes are longer than what they stand for.
            SecretBytes(capacity: token.range.count) { memory in
                var count = 0
                Self.read(token, by: scanner) {
                    memory[count] = $0
                    count += 1
                }
                return count
            }
        }
    }

    /// A string of 64 hexadecimal digits; nil for anything else.
    package func key() -> SecretKey? {
        switch string() {
        case .some(let digits):
            digits.withBytes { bytes in
                let digits = bytes.assumingMemoryBound(to: UInt8.self)
                return SecretKey(hex: digits.span)
            }
        case .none: nil
        }
    }

    /// A string that is no secret; nil for another kind of value.
    package func plainText() -> String? {
        switch string() {
        case .some(let text): text.withBytes { String(decoding: $0, as: UTF8.self) }
        case .none: nil
        }
    }

    /// The one form that it has, as `JSON.canonical`.
    package func canonical() -> SecretBytes {
        written(Form(escapes: .needed, element: ",", member: ":", isSorted: true))
    }

    /// As Python's `json.dumps` writes it, as `JSON.pythonic`.
    package func pythonic() -> SecretBytes {
        written(Form(escapes: .beyondASCII, element: ", ", member: ": ", isSorted: false))
    }

    private struct Form {
        let escapes: JSONEscapes
        let element: String
        let member: String
        let isSorted: Bool
    }

    private func written(_ form: Form) -> SecretBytes {
        var written = SecretText(capacity: byteCount)
        var names = SecretText(capacity: 64)
        withScanner { write(value, form, by: $0, to: &written, names: &names) }
        return written.finish()
    }

    /// - Parameter names: room for names that are to be sorted.
    private func write(
        _ value: Value,
        _ form: Form,
        by scanner: borrowing JSONScanner,
        to text: inout SecretText,
        names: inout SecretText
    ) {
        switch value {
        case .object(let members):
            text.append("{")
            for (index, member) in (form.isSorted ? Self.sorted(members, by: scanner, &names) : members).enumerated() {
                if index > 0 { text.append(form.element) }
                Self.write(member.name, form.escapes, by: scanner, to: &text)
                text.append(form.member)
                write(member.value, form, by: scanner, to: &text, names: &names)
            }
            text.append("}")
        case .array(let elements):
            text.append("[")
            for (index, element) in elements.enumerated() {
                if index > 0 { text.append(form.element) }
                write(element, form, by: scanner, to: &text, names: &names)
            }
            text.append("]")
        case .string(let token): Self.write(token, form.escapes, by: scanner, to: &text)
        case .number(let range) where form.escapes == .beyondASCII && !isWhole(range):
            text.append(JSON.pythonNumber(digits(range)))
        case .number(let range): text.append(UnsafeRawBufferPointer(rebasing: self.text.bytes[range]))
        case .boolean(let value): text.append(value ? "true" : "false")
        case .null: text.append("null")
        }
    }

    /// By the bytes of their names.
    private static func sorted(
        _ members: [Member],
        by scanner: borrowing JSONScanner,
        _ names: inout SecretText
    ) -> [Member] {
        var ranges: [Range<Int>] = []
        for member in members {
            let start = names.count
            read(member.name, by: scanner) { names.append($0) }
            ranges.append(start..<names.count)
        }
        let bytes = names.memory.bytes
        return members.indices.sorted { bytes[ranges[$0]].lexicographicallyPrecedes(bytes[ranges[$1]]) }
            .map { members[$0] }
    }

    private static func write(
        _ token: JSONScanner.StringToken,
        _ escapes: JSONEscapes,
        by scanner: borrowing JSONScanner,
        to text: inout SecretText
    ) {
        text.append(UInt8(ascii: "\""))
        var (scalar, left): (UInt32, Int) = (0, 0)
        read(token, by: scanner) { byte in
            // The text was proven to be UTF-8: a sequence's first byte tells how many follow.
            switch byte {
            case 0x80..<0xC0: (scalar, left) = (scalar << 6 | UInt32(byte & 0x3F), left - 1)
            case 0xF0...: (scalar, left) = (UInt32(byte & 0x07), 3)
            case 0xE0...: (scalar, left) = (UInt32(byte & 0x0F), 2)
            case 0xC0...: (scalar, left) = (UInt32(byte & 0x1F), 1)
            default: (scalar, left) = (UInt32(byte), 0)
            }
            if left == 0, let scalar = Unicode.Scalar(scalar) { text.append(scalar, escapes: escapes) }
        }
        text.append(UInt8(ascii: "\""))
    }

    // MARK: Numbers

    /// Swift reads and writes numbers with a fraction or an exponent as text of its own alone; so they, and no others,
    /// are in it while they are judged or written.
    private func digits(_ range: Range<Int>) -> String { String(decoding: text.bytes[range], as: UTF8.self) }

    /// "-0" isn't, to Python.
    private func isWhole(_ range: Range<Int>) -> Bool {
        let digits = text.bytes[range]
        return digits.allSatisfy { $0 != UInt8(ascii: ".") && $0 | 0x20 != UInt8(ascii: "e") }
            && !digits.elementsEqual("-0".utf8)
    }

    // MARK: The text

    private func withScanner<Result: ~Copyable>(_ body: (borrowing JSONScanner) -> Result) -> Result {
        let bytes = UnsafeRawBufferPointer(rebasing: text.bytes[..<byteCount]).assumingMemoryBound(to: UInt8.self)
        do {
            return body(try JSONScanner(bytes.span))
        } catch {
            Self.refuse(error)
        }
    }

    private static func read(
        _ token: JSONScanner.StringToken,
        by scanner: borrowing JSONScanner,
        _ body: (UInt8) -> Void
    ) {
        do {
            try scanner.read(token, body)
        } catch {
            refuse(error)
        }
    }

    /// What was read once is read again without fail: nobody else can write where it lies.
    private static func refuse(_ error: NotationError) -> Never { fatalError("a text changed after it was read") }
}
