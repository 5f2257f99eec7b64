internal import Notation

/// JSON as Intel's library takes it: with comments of both kinds, and with commas before closing brackets.
struct LooseJSON {
    /// Blanks stand where comments were: what remains keeps its place.
    private var plain: [UInt8]
    /// Where a comment begins that never ends.
    private var openComment: Place?

    init(_ bytes: [UInt8]) {
        plain = bytes
        var index = 0
        var isInString = false
        func follows(_ text: StaticString) -> Bool {
            index + 1 < bytes.count && bytes[index] == text.utf8Start[0] && bytes[index + 1] == text.utf8Start[1]
        }
        while index < bytes.count {
            let start = index
            if isInString {
                if bytes[index] == UInt8(ascii: "\\") {
                    index += 1
                } else if bytes[index] == UInt8(ascii: "\"") {
                    isInString = false
                }
                index += 1
            } else if follows("//") {
                while index < bytes.count, bytes[index] != 0x0A { index += 1 }
                blank(start..<index)
            } else if follows("/*") {
                // Its end begins behind both: the asterisk of the one isn't that of the other.
                index += 2
                while index < bytes.count, !follows("*/") { index += 1 }
                if index == bytes.count { openComment = Place(after: bytes[..<start]) }
                index = min(index + 2, bytes.count)
                blank(start..<index)
            } else {
                isInString = bytes[index] == UInt8(ascii: "\"")
                index += 1
            }
        }
    }

    private mutating func blank(_ range: Range<Int>) {
        for place in range where plain[place] != 0x0A { plain[place] = 0x20 }
    }

    /// Whether an object is what the text begins with, or would be but for a comment that never ends.
    var isObject: Bool {
        guard let first = plain.first(where: { !Self.isBlank($0) }) else { return openComment != nil }
        return first == UInt8(ascii: "{")
    }

    func members() throws(NotationError) -> [(name: String, node: Node, place: Place)] {
        if let openComment { throw NotationError(at: openComment, "a comment begins here and never ends") }
        guard case .object(let members) = try JSON.read(withoutLooseCommas).value else { return [] }
        return members.map { ($0.name, $0.node, $0.node.place.line == 0 ? $0.place : $0.node.place) }
    }

    private var withoutLooseCommas: [UInt8] {
        var result = plain
        var isInString = false
        var comma: Int?
        var index = 0
        while index < plain.count {
            let byte = plain[index]
            if isInString {
                if byte == UInt8(ascii: "\\") { index += 1 } else if byte == UInt8(ascii: "\"") { isInString = false }
            } else if byte == UInt8(ascii: ",") {
                comma = index
            } else if !Self.isBlank(byte) {
                if let comma, byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") { result[comma] = 0x20 }
                comma = nil
                isInString = byte == UInt8(ascii: "\"")
            }
            index += 1
        }
        return result
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}
