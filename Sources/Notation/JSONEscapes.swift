/// What is escaped in JSON's strings.
package enum JSONEscapes: Sendable {
    /// What JSON demands.
    case needed
    /// And what commands a terminal.
    case commands
    /// And everything beyond ASCII.
    case beyondASCII

    /// Whether a text of none but ASCII's letters, digits and signs, which most are, holds nothing to escape.
    package static func leavesAsItIs(_ text: String) -> Bool {
        text.utf8.allSatisfy { (0x20..<0x7F).contains($0) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
    }

    /// How a character is written; nil when it stands as it is.
    package func text(for scalar: Unicode.Scalar) -> String? {
        switch scalar {
        case "\"": "\\\""
        case "\\": "\\\\"
        case "\n": "\\n"
        case "\r": "\\r"
        case "\t": "\\t"
        case "\u{8}": "\\b"
        case "\u{C}": "\\f"
        case _ where scalar.value < 0x20,
            _ where self == .beyondASCII && scalar.value > 0x7E,
            _ where self == .commands && scalar.commandsDisplay:
            String(scalar).utf16.map(Self.escape).joined()
        default: nil
        }
    }

    private static func escape(_ unit: UInt16) -> String {
        let digits = String(unit, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
}
