/// Texts that people write with whatever editor they have: lists of requirements, ignore lists, settings, secrets.
///
/// What stands before the first character is the editor's, not the text's: a UTF-8 byte order mark is dropped, and
/// UTF-16 is recognised by its own.
public enum PlainText {
    /// Reads a text in UTF-8, or in UTF-16 with a byte order mark; the mark is no part of the text.
    /// - Throws: `NotationError` with the line of the first byte that is no text, NUL included.
    public static func read(_ bytes: [UInt8]) throws(NotationError) -> String {
        let text: String
        if bytes.starts(with: [0xFF, 0xFE, 0, 0]) || bytes.starts(with: [0, 0, 0xFE, 0xFF]) {
            throw NotationError(at: Place(line: 1, column: 1), "the text is UTF-32; save it as UTF-8")
        } else if bytes.starts(with: [0xFF, 0xFE]) {
            text = try utf16(bytes.dropFirst(2)) { low, high in UInt16(high) << 8 | UInt16(low) }
        } else if bytes.starts(with: [0xFE, 0xFF]) {
            text = try utf16(bytes.dropFirst(2)) { high, low in UInt16(high) << 8 | UInt16(low) }
        } else {
            let rest = bytes.dropFirst(startsWithMark(bytes) ? 3 : 0)
            guard let valid = String(validating: rest, as: UTF8.self) else {
                throw NotationError(at: place(ofInvalid: rest), "bytes that are no UTF-8; save the text as UTF-8")
            }
            text = valid
        }
        if let index = text.utf8.firstIndex(of: 0) {
            let line = text.utf8[..<index].count { $0 == 0x0A } + 1
            throw NotationError(at: Place(line: line, column: 1), "a NUL stands in the text; save it as UTF-8")
        }
        return text
    }

    /// Whether a text stays on its line wherever it is printed: no control characters or separators of lines.
    public static func isOneLine(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy {
            switch $0.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator: false
            default: true
            }
        }
    }

    /// The bytes behind a UTF-8 byte order mark, if there is one.
    public static func withoutMark(_ bytes: [UInt8]) -> [UInt8] {
        startsWithMark(bytes) ? Array(bytes.dropFirst(3)) : bytes
    }

    private static func startsWithMark(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0xEF, 0xBB, 0xBF]) }

    private static func utf16(_ bytes: ArraySlice<UInt8>, _ unit: (UInt8, UInt8) -> UInt16) throws(NotationError)
        -> String
    {
        let problem = NotationError(
            at: Place(line: 1, column: 1),
            "bytes that are no UTF-16, though they begin like it; save the text as UTF-8"
        )
        guard bytes.count % 2 == 0 else { throw problem }
        let start = bytes.startIndex
        let units = (0..<(bytes.count / 2)).map { unit(bytes[start + 2 * $0], bytes[start + 2 * $0 + 1]) }
        guard let text = String(validating: units, as: UTF16.self) else { throw problem }
        return text
    }

    private static func place(ofInvalid bytes: ArraySlice<UInt8>) -> Place {
        var line = 1
        for part in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
            if String(validating: part, as: UTF8.self) == nil { break }
            line += 1
        }
        return Place(line: line, column: 1)
    }
}
