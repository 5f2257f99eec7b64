internal import Glibc

/// What private keys look like, whatever their file's name is.
struct PrivateKeyContent {
    /// A part of a file. A mark that stands across two parts is found where they overlap by `overlap` bytes.
    let bytes: UnsafeRawBufferPointer

    /// More than the longest mark and its label take in UTF-32.
    static let overlap = 512
    private static let labelLimit = 100

    // MARK: Texts

    /// PEM and what resembles it (`-----BEGIN … PRIVATE KEY-----`, OpenPGP's `… BLOCK`, SSH2's four dashes), age's keys
    /// and PuTTY's, wherever they stand, in UTF-8, UTF-16 or UTF-32.
    var holdsText: Bool {
        var place = 0
        // All of them begin with dashes, or have one: one look for that finds each encoding.
        while place < bytes.count, let found = memchr(bytes.baseAddress! + place, 0x2D, bytes.count - place) {
            place = UnsafeRawPointer(found) - bytes.baseAddress!
            if isMark(Letters(bytes: bytes, place: place)) { return true }
            place += 1
        }
        return false
    }

    private func isMark(_ text: Letters) -> Bool {
        if text.has("SECRET-KEY-1", at: 1) { return text.has("AGE-", at: -3) }
        if text.has("User-Key-File-", at: 1) { return text.has("PuTTY-", at: -5) }
        let start = text[1] == 0x20 ? 2 : 1
        guard text.has("BEGIN ", at: start), text.has("----", at: -3) else { return false }
        var end = start
        while end < Self.labelLimit, Self.isLabel(text[end]) { end += 1 }
        let dashes = end
        while text[end - 1] == 0x20 { end -= 1 }
        if text.has(" BLOCK", at: end - 6) { end -= 6 }
        return text.has("PRIVATE KEY", at: end - 11) && text.has("----", at: dashes)
    }

    private static func isLabel(_ letter: UInt8) -> Bool {
        (0x41...0x5A).contains(letter) || (0x30...0x39).contains(letter) || letter == 0x20
    }

    /// Letters of ASCII around a place, of which each has as many bytes as lie from there to the next one.
    private struct Letters {
        let bytes: UnsafeRawBufferPointer
        let place: Int
        private let width: Int

        init(bytes: UnsafeRawBufferPointer, place: Int) {
            self.bytes = bytes
            self.place = place
            let rest = bytes[(place + 1)...].prefix(3)
            width = (rest.firstIndex { $0 != 0 } ?? rest.endIndex) - place
        }

        /// The letter so many behind the one at the place; NUL beyond the ends.
        subscript(offset: Int) -> UInt8 {
            let index = place + offset * width
            return bytes.indices.contains(index) ? bytes[index] : 0
        }

        func has(_ word: StaticString, at offset: Int) -> Bool {
            (0..<word.utf8CodeUnitCount).allSatisfy { self[offset + $0] == word.utf8Start[$0] }
        }
    }

    // MARK: Binary forms

    /// DER, Java's stores and OpenPGP, which begin with the file.
    /// - Parameter byteCount: of the whole file.
    func isBinary(byteCount: Int) -> Bool {
        bytes.starts(with: [0xFE, 0xED, 0xFE, 0xED]) || bytes.starts(with: [0xCE, 0xCE, 0xCE, 0xCE])
            || isDER(byteCount: byteCount) || isOpenPGP(byteCount: byteCount)
    }

    /// A sequence as long as the file: PKCS #1, PKCS #8 and SEC 1 begin with the version 0 or 1, PKCS #12 with 3 and
    /// another sequence, encrypted PKCS #8 with one of the schemes of PKCS #5 or #12.
    private func isDER(byteCount: Int) -> Bool {
        guard bytes.count >= byteCount, (32...65536).contains(byteCount), bytes[0] == 0x30 else { return false }
        let lengths = bytes[1] < 0x80 ? 0 : Int(bytes[1] & 0x7F)
        guard lengths <= 3 else { return false }
        let length = lengths == 0 ? Int(bytes[1]) : bytes[2..<(2 + lengths)].reduce(0) { $0 << 8 | Int($1) }
        let content = bytes[(2 + lengths)..<byteCount]
        guard content.count == length, length >= 16 else { return false }
        let start = content.startIndex
        if content.starts(with: [2, 1]) {
            return content[start + 2] <= 1 || content[start + 2] == 3 && content[start + 3] == 0x30
        }
        let arc: [UInt8] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1]
        return content[start] == 0x30 && content[start + 2] == 6 && content[(start + 4)...].starts(with: arc)
            && (content[start + 11] == 5 || content[start + 11] == 0x0C)
    }

    /// A packet with a secret key (RFC 9580, 5.5.3), of version 4 to 6.
    private func isOpenPGP(byteCount: Int) -> Bool {
        guard bytes.count >= 16 else { return false }
        let lengths: Int
        switch bytes[0] {
        case 0x94: lengths = 1
        case 0x95: lengths = 2
        case 0x96: lengths = 4
        case 0xC5: lengths = bytes[1] < 192 ? 1 : bytes[1] < 224 ? 2 : 5
        default: return false
        }
        let body = 1 + lengths
        let algorithm = bytes[body + 5]
        return (4...6).contains(bytes[body]) && ((1...3).contains(algorithm) || (16...28).contains(algorithm))
    }
}
