/// Names as text, `CN=service,O=Company` (RFC 4514); the certificate has their attributes in reverse order.
enum RFC4514 {
    /// Types and values in the text's order; nil when it is no such text. Escapes by backslash are read, multi-valued
    /// RDNs are not.
    static func attributes(_ text: String) -> [(type: String, value: String)]? {
        var result: [(type: String, value: String)] = []
        var rest = Array(text.utf8)[...]
        guard !rest.isEmpty, rest.count <= 1024 else { return nil }
        while true {
            guard let equals = rest.firstIndex(of: UInt8(ascii: "=")) else { return nil }
            let type = String(decoding: rest[..<equals], as: UTF8.self).trimmingBlanks.uppercased()
            // Other letters than those of ASCII can become these in upper case.
            guard rest[..<equals].allSatisfy({ $0 < 0x80 }), types.contains(type),
                let (value, end) = value(rest[(equals + 1)...]),
                !value.isEmpty, value.utf8.count <= 64
            else {
                return nil
            }
            if type == "C", value.utf8.count != 2 { return nil }
            result.append((type, value))
            guard end < rest.endIndex else { return result }
            rest = rest[(end + 1)...]
            guard result.count < 16 else { return nil }
        }
    }

    static let types: Set<String> = ["CN", "O", "OU", "L", "ST", "C"]

    /// The value up to a comma that isn't escaped, and where it ended.
    private static func value(_ bytes: ArraySlice<UInt8>) -> (String, Int)? {
        var value: [UInt8] = []
        var index = bytes.startIndex
        while index < bytes.endIndex, bytes[index] != UInt8(ascii: ",") {
            switch bytes[index] {
            case UInt8(ascii: "\\"):
                guard index + 1 < bytes.endIndex else { return nil }
                value.append(bytes[index + 1])
                index += 2
            case UInt8(ascii: "+"), UInt8(ascii: "\""), UInt8(ascii: ";"), UInt8(ascii: "<"), UInt8(ascii: ">"),
                0..<0x20:
                return nil
            default:
                value.append(bytes[index])
                index += 1
            }
        }
        guard let text = String(validating: value, as: UTF8.self) else { return nil }
        return (text.trimmingBlanks, index)
    }
}

extension String {
    fileprivate var trimmingBlanks: String {
        let blank = UInt8(ascii: " ")
        var text = utf8[...]
        while text.first == blank { text = text.dropFirst() }
        while text.last == blank { text = text.dropLast() }
        return String(Substring(text))
    }
}
