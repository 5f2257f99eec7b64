internal import Notation

/// Writes a JSON object that holds secrets straight into guarded memory.
///
/// Members stand in the order in which they are written, which a canonical text wants to be that of their names.
public struct SecretJSON: ~Copyable {
    private var text: SecretText
    private var isEmpty = true

    /// - Parameter capacity: in bytes; it grows where that doesn't do.
    public init(capacity: Int = 4096) {
        text = SecretText(capacity: capacity)
        text.append(UInt8(ascii: "{"))
    }

    /// A string that is no secret.
    public mutating func add(_ name: String, string: String) { add(name, json: JSON.canonical(Node(string))) }

    /// JSON that is no secret.
    public mutating func add(_ name: String, json: String) {
        begin(name)
        text.append(json)
    }

    /// JSON, as it stands: whoever made it knows that it is some.
    public mutating func add(_ name: String, json: borrowing SecretBytes) {
        begin(name)
        json.withBytes { text.append($0) }
    }

    /// A string of UTF-8, escaped as JSON demands.
    public mutating func add(_ name: String, string: borrowing SecretBytes) {
        begin(name)
        text.append(UInt8(ascii: "\""))
        string.withBytes {
            for byte in $0 {
                if byte < 0x80 { text.append(Unicode.Scalar(byte), escapes: .needed) } else { text.append(byte) }
            }
        }
        text.append(UInt8(ascii: "\""))
    }

    /// A string of hexadecimal digits.
    public mutating func add(_ name: String, hex key: borrowing SecretKey) {
        begin(name)
        text.append(UInt8(ascii: "\""))
        key.withBytes {
            for byte in $0 {
                text.append(Self.digit(byte >> 4))
                text.append(Self.digit(byte & 15))
            }
        }
        text.append(UInt8(ascii: "\""))
    }

    /// The whole object.
    public consuming func finish() -> SecretBytes {
        text.append(UInt8(ascii: "}"))
        return text.finish()
    }

    private mutating func begin(_ name: String) {
        if !isEmpty { text.append(UInt8(ascii: ",")) }
        isEmpty = false
        text.append(JSON.canonical(Node(name)))
        text.append(UInt8(ascii: ":"))
    }

    private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x57 + value }
}
