internal import Notation
internal import StrictX509

/// Writes DER, right or wrong as a test wants it.
enum DER {
    static func element(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        var length: [UInt8] = []
        if content.count < 0x80 {
            length = [UInt8(content.count)]
        } else {
            var rest = content.count
            while rest > 0 {
                length.insert(UInt8(rest & 0xFF), at: 0)
                rest >>= 8
            }
            length.insert(0x80 | UInt8(length.count), at: 0)
        }
        return [tag] + length + content
    }

    static func sequence(_ parts: [UInt8]...) -> [UInt8] { element(0x30, parts.flatMap { $0 }) }
    static func set(_ parts: [UInt8]...) -> [UInt8] { element(0x31, parts.flatMap { $0 }) }
    static func explicit(_ number: UInt8, _ content: [UInt8]) -> [UInt8] { element(0xA0 | number, content) }
    static func octets(_ content: [UInt8]) -> [UInt8] { element(0x04, content) }
    static func bits(_ content: [UInt8]) -> [UInt8] { element(0x03, [0] + content) }
    static func boolean(_ value: Bool) -> [UInt8] { element(0x01, [value ? 0xFF : 0]) }
    static func identifier(_ identifier: ObjectIdentifier) -> [UInt8] { element(0x06, identifier.encoded) }
    static func text(_ text: String) -> [UInt8] { element(0x13, Array(text.utf8)) }

    /// A number that isn't negative, from its big-endian bytes.
    static func integer(_ bytes: [UInt8]) -> [UInt8] {
        let bare = Array(bytes.drop { $0 == 0 })
        return element(0x02, (bare.first.map { $0 >= 0x80 } ?? true ? [0] : []) + bare)
    }

    static func integer(_ number: Int) -> [UInt8] {
        integer(withUnsafeBytes(of: UInt64(number).bigEndian) { Array($0) })
    }

    /// A time as RFC 5280 writes it.
    static func time(_ moment: Timestamp) -> [UInt8] {
        let fields = moment.fields
        func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let rest = [fields.month, fields.day, fields.hour, fields.minute, fields.second].map(two).joined() + "Z"
        return fields.year < 2050
            ? element(0x17, Array((two(fields.year % 100) + rest).utf8))
            : element(0x18, Array(("\(fields.year)" + rest).utf8))
    }

    /// ECDSA-Sig-Value from r ‖ s.
    static func signature(_ raw: [UInt8]) -> [UInt8] {
        sequence(integer(Array(raw[..<32])), integer(Array(raw[32...])))
    }
}
