internal import Notation

/// Writes a JSON object that holds secrets straight into guarded memory.
///
/// Members stand in the order in which they are written, which a canonical text wants to be that of their names.
public struct SecretJSON: ~Copyable {
    private var memory: GuardedMemory
    private var count = 0

    /// - Parameter capacity: in bytes; it grows where that doesn't do.
    public init(capacity: Int = 4096) {
        memory = GuardedMemory(byteCount: max(capacity, 64))
        append(UInt8(ascii: "{"))
    }

    /// A string that is no secret.
    public mutating func add(_ name: String, string: String) { add(name, json: JSON.canonical(Node(string))) }

    /// JSON that is no secret.
    public mutating func add(_ name: String, json: String) {
        begin(name)
        for byte in json.utf8 { append(byte) }
    }

    /// JSON, as it stands: whoever made it knows that it is some.
    public mutating func add(_ name: String, json: borrowing SecretBytes) {
        begin(name)
        json.withBytes { append($0) }
    }

    /// A string of UTF-8, escaped as JSON demands.
    public mutating func add(_ name: String, string: borrowing SecretBytes) {
        begin(name)
        append(UInt8(ascii: "\""))
        string.withBytes { for byte in $0 { appendEscaped(byte) } }
        append(UInt8(ascii: "\""))
    }

    /// A string of hexadecimal digits.
    public mutating func add(_ name: String, hex key: borrowing SecretKey) {
        begin(name)
        append(UInt8(ascii: "\""))
        key.withBytes {
            for byte in $0 {
                append(Self.digit(byte >> 4))
                append(Self.digit(byte & 15))
            }
        }
        append(UInt8(ascii: "\""))
    }

    /// The whole object.
    public consuming func finish() -> SecretBytes {
        append(UInt8(ascii: "}"))
        return SecretBytes(memory, count: count)
    }

    private mutating func begin(_ name: String) {
        if count > 1 { append(UInt8(ascii: ",")) }
        for byte in JSON.canonical(Node(name)).utf8 { append(byte) }
        append(UInt8(ascii: ":"))
    }

    private mutating func appendEscaped(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
            append(UInt8(ascii: "\\"))
            append(byte)
        case 0..<0x20:
            for digit in [UInt8(ascii: "\\"), UInt8(ascii: "u"), 0x30, 0x30] { append(digit) }
            append(Self.digit(byte >> 4))
            append(Self.digit(byte & 15))
        default: append(byte)
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x57 + value }

    private mutating func append(_ bytes: UnsafeRawBufferPointer) {
        reserve(bytes.count)
        UnsafeMutableRawBufferPointer(rebasing: memory.bytes[count...]).copyMemory(from: bytes)
        count += bytes.count
    }

    private mutating func append(_ byte: UInt8) {
        reserve(1)
        memory.bytes[count] = byte
        count += 1
    }

    private mutating func reserve(_ more: Int) {
        guard count + more > memory.bytes.count else { return }
        let larger = GuardedMemory(byteCount: max(2 * memory.bytes.count, count + more))
        larger.bytes.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory.bytes[..<count]))
        memory = larger
    }
}
