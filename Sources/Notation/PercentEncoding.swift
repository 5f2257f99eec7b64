/// Percent-encoding of RFC 3986, in which a plus is a plus.
package enum PercentEncoding {
    /// Nil for an escape that isn't one.
    package static func decoded(_ text: String) -> [UInt8]? {
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "%") else {
                result.append(bytes[index])
                index += 1
                continue
            }
            guard index + 2 < bytes.count,
                let byte = Hex.bytes(String(decoding: bytes[(index + 1)...(index + 2)], as: UTF8.self))
            else {
                return nil
            }
            result += byte
            index += 3
        }
        return result
    }

    /// A path in an address: all but the unreserved signs of RFC 3986 and slashes as escapes.
    package static func encodedPath(_ path: String) -> String {
        path.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"), UInt8(ascii: "/"):
                String(UnicodeScalar(byte))
            default: "%" + Hex.text([byte]).uppercased()
            }
        }.joined()
    }

    /// Everything but letters and digits as escapes.
    package static func encoded(_ text: [UInt8]) -> String {
        text.map { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                String(UnicodeScalar(byte))
            default: "%" + Hex.text([byte]).uppercased()
            }
        }.joined()
    }
}
