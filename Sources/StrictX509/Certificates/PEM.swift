public import Notation

/// PEM texts as Intel's services write them, read strictly (RFC 7468, section 3, "stricttextualmsg").
public enum PEM {
    public static let certificateLimit = 8
    public static let certificateByteLimit = 8192

    /// The blocks of one label; nothing but white space between, before and behind.
    /// - Parameter allowsNUL: one NUL at the very end, as C programs leave it in quotes.
    /// - Throws: `PEMError` with what stands in the way.
    public static func blocks(
        _ text: Span<UInt8>,
        label: StaticString,
        limit: Int = certificateLimit,
        byteLimit: Int = certificateByteLimit,
        allowsNUL: Bool = false
    ) throws(PEMError) -> [[UInt8]] {
        let count = allowsNUL && text.count > 0 && text[text.count - 1] == 0 ? text.count - 1 : text.count
        let text = text.extracting(0..<count)
        var blocks: [[UInt8]] = []
        var index = 0
        while true {
            while index < count, isBlank(text[index]) { index += 1 }
            guard index < count else { return blocks }
            let start = index
            guard take("-----BEGIN ", from: text, at: &index), take(label, from: text, at: &index),
                take("-----", from: text, at: &index)
            else {
                throw PEMError("something other than a \(label) block at offset \(start)")
            }
            guard blocks.count < limit else { throw PEMError("more than \(limit) blocks") }
            guard let (bytes, end) = Base64.lines(text, from: index) else {
                throw PEMError("a \(label) block that isn't base64")
            }
            index = end
            guard take("-----END ", from: text, at: &index), take(label, from: text, at: &index),
                take("-----", from: text, at: &index)
            else {
                throw PEMError("a \(label) block that isn't base64, or has no end")
            }
            guard bytes.count <= byteLimit else { throw PEMError("a \(label) block of more than \(byteLimit) bytes") }
            blocks.append(bytes)
        }
    }

    public static func blocks(
        _ text: some Collection<UInt8>,
        label: StaticString,
        limit: Int = certificateLimit,
        byteLimit: Int = certificateByteLimit,
        allowsNUL: Bool = false
    ) throws(PEMError) -> [[UInt8]] {
        let array = Array(text)
        return try blocks(array.span, label: label, limit: limit, byteLimit: byteLimit, allowsNUL: allowsNUL)
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

    private static func take(_ word: StaticString, from text: Span<UInt8>, at index: inout Int) -> Bool {
        guard text.count - index >= word.utf8CodeUnitCount else { return false }
        for offset in 0..<word.utf8CodeUnitCount where text[index + offset] != word.utf8Start[offset] { return false }
        index += word.utf8CodeUnitCount
        return true
    }
}

public struct PEMError: Error, CodedError, Hashable, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = description }

    /// Stable; programs may depend on it.
    public var code: String { "certificate" }
}
