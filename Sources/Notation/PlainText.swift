/// Texts that people write with whatever editor they have: lists of requirements, ignore lists, settings, secrets.
///
/// What stands before the first character is the editor's, not the text's: a UTF-8 byte order mark is dropped, and
/// UTF-16 is recognised by its own.
package enum PlainText {
    /// Reads a text in UTF-8, or in UTF-16 with a byte order mark; the mark is no part of the text.
    /// - Throws: `NotationError` with the line of the first byte that is no text, NUL included.
    package static func read(_ bytes: [UInt8]) throws(NotationError) -> String {
        let text: String
        if bytes.starts(with: [0xFF, 0xFE, 0, 0]) || bytes.starts(with: [0, 0, 0xFE, 0xFF]) {
            throw NotationError(at: Place(line: 1, column: 1), "the text is UTF-32; save it as UTF-8")
        } else if bytes.starts(with: [0xFF, 0xFE]) {
            text = try utf16(bytes, isBigEndian: false)
        } else if bytes.starts(with: [0xFE, 0xFF]) {
            text = try utf16(bytes, isBigEndian: true)
        } else {
            let rest = bytes.dropFirst(startsWithMark(bytes) ? 3 : 0)
            guard let valid = String(validating: rest, as: UTF8.self) else {
                throw invalid(rest)
            }
            text = valid
        }
        if let index = text.utf8.firstIndex(of: 0) {
            let before = Array(text.utf8[..<index])
            throw NotationError(at: Place(after: before[...]), "a NUL stands in the text; save it as UTF-8")
        }
        return text
    }

    /// Whether a text stays on its line wherever it is printed: no control characters or separators of lines.
    package static func isOneLine(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy {
            if (0x20..<0x7F).contains($0.value) { return true }
            return switch $0.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator: false
            default: true
            }
        }
    }

    /// The text as UTF-8 without a byte order mark, for who recognises what a file is: what is no text stays as it is,
    /// or becomes replacement characters.
    package static func utf8(_ bytes: [UInt8]) -> [UInt8] {
        if bytes.starts(with: [0xFF, 0xFE]) { return utf8(units(bytes, isBigEndian: false)) }
        if bytes.starts(with: [0xFE, 0xFF]) { return utf8(units(bytes, isBigEndian: true)) }
        return withoutMark(bytes)
    }

    private static func utf8(_ units: [UInt16]) -> [UInt8] { Array(String(decoding: units, as: UTF16.self).utf8) }

    /// Behind the mark; a byte that has no other is left out.
    private static func units(_ bytes: [UInt8], isBigEndian: Bool) -> [UInt16] {
        (1..<max(1, bytes.count / 2)).map { index in
            let (first, second) = (UInt16(bytes[2 * index]), UInt16(bytes[2 * index + 1]))
            return isBigEndian ? first << 8 | second : second << 8 | first
        }
    }

    /// The bytes behind a UTF-8 byte order mark, if there is one.
    package static func withoutMark(_ bytes: [UInt8]) -> [UInt8] {
        startsWithMark(bytes) ? Array(bytes.dropFirst(3)) : bytes
    }

    private static func startsWithMark(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0xEF, 0xBB, 0xBF]) }

    private static func utf16(_ bytes: [UInt8], isBigEndian: Bool) throws(NotationError) -> String {
        let units = units(bytes, isBigEndian: isBigEndian)
        guard bytes.count % 2 == 0, let text = String(validating: units, as: UTF16.self) else {
            // Of what is repaired on reading, the first repair; a text may hold its mark by right.
            let before = String(decoding: units, as: UTF16.self).prefix { $0 != "\u{FFFD}" }
            throw NotationError(
                at: Place(after: Array(before.utf8)[...]),
                "bytes that are not UTF-16, though the text begins like it; save it as UTF-8"
            )
        }
        return text
    }

    /// Where bytes stop to be UTF-8, and which one it is that doesn't belong there.
    package static func invalid(_ bytes: ArraySlice<UInt8>) -> NotationError {
        let rest = Array(bytes)
        var start = 0
        do {
            _ = try UTF8Span(validating: rest.span)
        } catch {
            start = error.byteOffsets.lowerBound
        }
        let found = start < rest.count ? "the byte 0x\(Hex.text([rest[start]]))" : "what stands here"
        return NotationError(at: Place(after: rest[..<start]), "\(found) is not UTF-8; save the text as UTF-8")
    }
}
