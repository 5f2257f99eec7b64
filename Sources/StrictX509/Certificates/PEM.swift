internal import Notation

/// PEM texts as Intel's services write them, read strictly (DCAP SPEC §2).
public enum PEM {
    public static let certificateLimit = 8
    public static let certificateByteLimit = 8192

    /// The blocks of one label; nothing but white space between, before and behind.
    /// - Parameter allowsNUL: one NUL at the very end, as C programs leave it in quotes.
    /// - Throws: `PEMError` with what stands in the way.
    public static func blocks(
        _ text: ArraySlice<UInt8>, label: String, limit: Int = certificateLimit, byteLimit: Int = certificateByteLimit,
        allowsNUL: Bool = false
    ) throws(PEMError) -> [[UInt8]] {
        let begin = Array("-----BEGIN \(label)-----".utf8), end = Array("-----END \(label)-----".utf8)
        var rest = text
        if allowsNUL, rest.last == 0 { rest = rest.dropLast() }
        var blocks: [[UInt8]] = []
        while true {
            rest = rest.drop(while: isBlank)
            guard !rest.isEmpty else { return blocks }
            guard rest.starts(with: begin) else {
                throw PEMError("something other than a \(label) block at offset \(rest.startIndex - text.startIndex)")
            }
            guard blocks.count < limit else { throw PEMError("more than \(limit) blocks") }
            rest = rest.dropFirst(begin.count)
            guard let dash = rest.firstIndex(of: UInt8(ascii: "-")), rest[dash...].starts(with: end) else {
                throw PEMError("a \(label) block without an end")
            }
            guard let bytes = base64(rest[..<dash]) else { throw PEMError("a \(label) block that isn't base64") }
            guard bytes.count <= byteLimit else { throw PEMError("a \(label) block of more than \(byteLimit) bytes") }
            blocks.append(bytes)
            rest = rest[(dash + end.count)...]
        }
    }

    public static func text(_ der: some Collection<UInt8>, label: String = "CERTIFICATE") -> String {
        let characters = Array(Base64.text(der).utf8)
        var text = "-----BEGIN \(label)-----\n"
        for start in stride(from: 0, to: characters.count, by: 64) {
            text += String(decoding: characters[start..<min(start + 64, characters.count)], as: UTF8.self) + "\n"
        }
        return text + "-----END \(label)-----\n"
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }

    private static func base64(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        Base64.bytes(text, ignoring: isBlank)
    }
}

public struct PEMError: Error, Hashable, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = description }
}
