/// One word of a command that a message shows, written so that a shell (POSIX.1-2024, sections 2.2 and 2.3) takes it as
/// it is meant, whatever stands in it.
package struct ShellWord: Hashable, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ text: String) { description = Self.quoted(text) }

    /// A file's name, which no program takes for an option.
    package init(path: String) { description = Self.quoted(path.utf8.first == UInt8(ascii: "-") ? "./" + path : path) }

    private static func quoted(_ text: String) -> String {
        // Some shells expand a word that begins with one of these.
        if let first = text.utf8.first, !"~=".utf8.contains(first), text.utf8.allSatisfy(isPlain) { return text }
        guard text.unicodeScalars.contains(where: \.commandsDisplay) else {
            return "'" + text.replacing("'", with: #"'\''"#) + "'"
        }
        // What can't be shown is written by its bytes.
        return "$'" + text.utf8.map(escaped).joined() + "'"
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "-._/:,+@%=~".utf8.contains(byte)
        }
    }

    private static func escaped(_ byte: UInt8) -> String {
        switch byte {
        case UInt8(ascii: "'"), UInt8(ascii: "\\"): "\\" + String(UnicodeScalar(byte))
        case 0x20..<0x7F: String(UnicodeScalar(byte))
        default: "\\" + String(0o1000 + Int(byte), radix: 8).dropFirst()
        }
    }
}
