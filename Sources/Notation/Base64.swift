/// Base64 (RFC 4648), canonical both ways: padding where it belongs and no loose bits.
package enum Base64 {
    package enum Alphabet: Sendable {
        case standard
        /// With `-` and `_`; padding may be absent.
        case url

        fileprivate var characters: [UInt8] { self == .standard ? Base64.standardCharacters : Base64.urlCharacters }
        fileprivate var values: [UInt8] { self == .standard ? Base64.standardValues : Base64.urlValues }
    }

    private static let common = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    private static let standardCharacters = Array((common + "+/").utf8)
    private static let urlCharacters = Array((common + "-_").utf8)
    private static let standardValues = values(standardCharacters)
    private static let urlValues = values(urlCharacters)

    /// What a byte stands for beyond 0 to 63.
    private static let lineEnd: UInt8 = 64, padding: UInt8 = 65, stray: UInt8 = 66

    private static func values(_ characters: [UInt8]) -> [UInt8] {
        var values = [UInt8](repeating: stray, count: 256)
        for (value, character) in characters.enumerated() { values[Int(character)] = UInt8(value) }
        for character in "\r\n".utf8 { values[Int(character)] = lineEnd }
        values[Int(UInt8(ascii: "="))] = padding
        return values
    }

    package static func text(_ bytes: some Collection<UInt8>, _ alphabet: Alphabet = .standard, padded: Bool = true)
        -> String
    {
        let characters = alphabet.characters
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        var buffer: UInt32 = 0
        var bits = 0
        for byte in bytes {
            buffer = buffer << 8 | UInt32(byte)
            bits += 8
            while bits >= 6 {
                bits -= 6
                text.append(characters[Int(buffer >> UInt32(bits) & 63)])
            }
            buffer &= (1 << UInt32(bits)) - 1
        }
        if bits > 0 { text.append(characters[Int(buffer << UInt32(6 - bits) & 63)]) }
        while padded, !text.count.isMultiple(of: 4) { text.append(UInt8(ascii: "=")) }
        return String(decoding: text, as: UTF8.self)
    }

    /// The bytes; nil for a stray character, wrong padding or loose bits.
    package static func bytes(_ text: [UInt8], _ alphabet: Alphabet = .standard) -> [UInt8]? {
        let (bytes, end) = decode(text.span, from: 0, alphabet, allowsLines: false) ?? ([], -1)
        return end == text.count ? bytes : nil
    }

    /// The bytes of text that may be broken into lines, up to the first character that is none of it, and where that
    /// stands.
    package static func lines(_ text: Span<UInt8>, from start: Int) -> (bytes: [UInt8], end: Int)? {
        decode(text, from: start, .standard, allowsLines: true)
    }

    private static func decode(_ text: Span<UInt8>, from start: Int, _ alphabet: Alphabet, allowsLines: Bool) -> (
        bytes: [UInt8], end: Int
    )? {
        // A text may hold many pieces: each takes the room that its own characters need, not that of all behind it.
        let table = alphabet.values
        var room = start
        while room < text.count, table.span[Int(text[room])] != stray { room += 1 }
        var end: Int?
        let bytes = [UInt8](unsafeUninitializedCapacity: (room - start) / 4 * 3 + 3) { buffer, count in
            end = decode(text, from: start, alphabet, allowsLines: allowsLines, into: buffer, count: &count)
        }
        return end.map { (bytes, $0) }
    }

    /// - Returns: where the text stops being base64; nil when it isn't canonical up to there.
    private static func decode(
        _ text: Span<UInt8>,
        from start: Int,
        _ alphabet: Alphabet,
        allowsLines: Bool,
        into bytes: UnsafeMutableBufferPointer<UInt8>,
        count: inout Int
    ) -> Int? {
        let table = alphabet.values
        let values = table.span
        func append(_ byte: UInt8) {
            bytes.initializeElement(at: count, to: byte)
            count += 1
        }
        var index = start
        var buffer: UInt32 = 0
        var characters = 0, paddings = 0
        loop: while index < text.count {
            // Four characters that are nothing else make three bytes.
            while characters & 3 == 0, paddings == 0, index + 4 <= text.count {
                let (a, b) = (values[Int(text[index])], values[Int(text[index + 1])])
                let (c, d) = (values[Int(text[index + 2])], values[Int(text[index + 3])])
                guard (a | b | c | d) < 64 else { break }
                append(a << 2 | b >> 4)
                append(b << 4 | c >> 2)
                append(c << 6 | d)
                index += 4
            }
            guard index < text.count else { break }
            let value = values[Int(text[index])]
            switch value {
            case 0..<64:
                guard paddings == 0 else { return nil }
                buffer = buffer << 6 | UInt32(value)
                characters += 1
                if characters & 3 == 0 {
                    for shift in [16, 8, 0] as [UInt32] { append(UInt8(truncatingIfNeeded: buffer >> shift)) }
                }
            case padding: paddings += 1
            case lineEnd where allowsLines: break
            default: break loop
            }
            index += 1
        }
        let missing: Int
        switch characters & 3 {
        case 0: missing = 0
        case 2:
            missing = 2
            guard buffer & 15 == 0 else { return nil }
            append(UInt8(truncatingIfNeeded: buffer >> 4))
        case 3:
            missing = 1
            guard buffer & 3 == 0 else { return nil }
            append(UInt8(truncatingIfNeeded: buffer >> 10))
            append(UInt8(truncatingIfNeeded: buffer >> 2))
        default: return nil
        }
        return paddings == missing || (alphabet == .url && paddings == 0) ? index : nil
    }
}
