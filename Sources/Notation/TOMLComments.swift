extension TOML {
    /// A text that was read without error, with its comments gone and its lines where they were.
    package static func withoutComments(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        /// What ends the string that is open: one quote, or three.
        var end: [UInt8] = []
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            let three = bytes[index...].prefix(3)
            if end.isEmpty {
                switch byte {
                case UInt8(ascii: "#"):
                    while index < bytes.count, bytes[index] != 0x0A { index += 1 }
                    continue
                case UInt8(ascii: "\""), UInt8(ascii: "'"):
                    end = three.elementsEqual([byte, byte, byte]) ? [byte, byte, byte] : [byte]
                    result += end
                    index += end.count
                    continue
                default: break
                }
            } else if byte == UInt8(ascii: "\\"), end[0] == UInt8(ascii: "\"") {
                result += bytes[index...].prefix(2)
                index += 2
                continue
            } else if bytes[index...].starts(with: end) {
                // Up to two quotes may stand before the three that end a string.
                if end.count == 3, index + 3 < bytes.count, bytes[index + 3] == end[0] {
                    result.append(byte)
                    index += 1
                    continue
                }
                result += end
                index += end.count
                end = []
                continue
            }
            result.append(byte)
            index += 1
        }
        return result
    }
}
