internal import CodeEncryption
internal import Files
internal import Notation
internal import PackageFormat

/// Lists of requirements that ship where everybody reads them: nothing is in them but what is asked for, and from which
/// host.
enum ReadableRequirements {
    /// Of one list.
    static let byteLimit = 4 << 20

    /// Whether a file is of this kind, by its name.
    static func isOne(_ path: String) -> Bool {
        let (folder, name) = Files.split(path)
        let lower = name.lowercased()
        guard lower.hasSuffix(".txt") || lower.hasSuffix(".in") || lower.hasSuffix(".pip") else { return false }
        return TreeEncryption.isPlain(path) || ["requirement", "constraint"].contains { lower.contains($0) }
            || Files.split(folder).name.lowercased() == "requirements"
    }

    /// A list without comments, users, passwords and queries; continued lines are joined, as pip does.
    ///
    /// What one pass takes away can leave something that looks like an address again: it is cleaned until nothing goes.
    static func cleaned(_ text: String) -> String {
        var clean = cleanedOnce(text)
        for _ in 0..<passLimit {
            let next = cleanedOnce(clean)
            if next.utf8.elementsEqual(clean.utf8) { break }
            clean = next
        }
        return clean
    }

    private static let passLimit = 16

    private static func cleanedOnce(_ text: String) -> String {
        var result = Scalars()
        var joined = Scalars()
        func end() {
            let line = cleaned(line: joined)
            joined = Scalars()
            if !line.isEmpty { result += line + ["\n"] }
        }
        for raw in ArraySlice(text.unicodeScalars).split(omittingEmptySubsequences: false, whereSeparator: isNewline) {
            let isComment = raw.first { !isBlank($0) } == "#"
            if !joined.isEmpty, isComment { continue }
            if raw.last == "\\", !isComment {
                joined += raw.dropLast()
                continue
            }
            joined += raw
            end()
        }
        end()
        return String(String.UnicodeScalarView(result))
    }

    /// A file's list, cleaned.
    /// - Returns: nil when the file says nothing else than that.
    static func cleaned(_ file: CodeTree.File) throws -> String? {
        do {
            let bytes = try Files.read(onDisk: file.source, limit: byteLimit)
            let text = try PlainText.read(bytes)
            let clean = cleaned(text)
            return bytes == Array(clean.utf8)
                || ArraySlice(text.unicodeScalars).split(whereSeparator: isNewline).joined(separator: ["\n"])
                    .elementsEqual(
                        clean.unicodeScalars.dropLast()
                    )
                ? nil : clean
        } catch {
            throw PackageError.archive(
                path: file.path,
                """
                ships readable and can't be read as a list of requirements (\(error)); name it in \
                \(IgnoreList.fileName)
                """
            )
        }
    }

    // Sign by sign, as pip reads them: to Swift a slash under an accent is another character, and no "://" is there.
    private typealias Scalars = ArraySlice<Unicode.Scalar>

    private static func isBlank(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isWhitespace }

    private static func isNewline(_ scalar: Unicode.Scalar) -> Bool { Character(scalar).isNewline }

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { (0x30...0x39).contains(scalar.value) }

    private static func words(_ line: Scalars) -> [Scalars] { line.split(whereSeparator: isBlank) }

    private static func line(of words: [Scalars]) -> Scalars { Scalars(words.joined(separator: [" "])) }

    private static let scheme = Array("://".unicodeScalars)

    /// Whether a line that ships as it stands says more than it may. What variables hold stands in none.
    static func saysTooMuch(_ line: String) -> Bool {
        let bare = withoutVariables(ArraySlice(line.unicodeScalars))
        return !cleaned(line: bare).elementsEqual(self.line(of: words(bare)))
    }

    /// Whether a user or password stands in an address somewhere in a text.
    static func hasUsers(_ text: String) -> Bool {
        ArraySlice(text.unicodeScalars).split(whereSeparator: isNewline).contains { line in
            let bare = withoutVariables(line)
            return bare.contains(scheme) && !withoutUsers(bare).elementsEqual(bare)
        }
    }

    private static func cleaned(line text: Scalars) -> Scalars {
        let kept = words(text).prefix { $0.first != "#" }
        return line(of: words(withoutUsers(line(of: Array(kept)))).map(withoutQuery))
    }

    /// Without `${NAME}`, and without users that were nothing else.
    private static func withoutVariables(_ text: Scalars) -> Scalars {
        var result = Scalars()
        var rest = text
        while let start = rest.firstRange(of: ["$", "{"]) {
            result += rest[..<start.lowerBound]
            let name = rest[start.upperBound...].prefix { $0 == "_" || (0x41...0x5A).contains($0.value) || isDigit($0) }
            let isOne = !name.isEmpty && rest[name.endIndex...].first == "}"
            if !isOne { result += rest[start] }
            rest = isOne ? rest[name.endIndex...].dropFirst() : rest[start.upperBound...]
        }
        return (result + rest).replacing(Array("://:@".unicodeScalars), with: scheme).replacing(
            Array("://@".unicodeScalars),
            with: scheme
        )
    }

    /// Where an address's user ends is where its last `@` is, even if a slash or a blank of the password comes before
    /// that.
    private static func withoutUsers(_ line: Scalars) -> Scalars {
        var result = Scalars()
        var rest = line
        while let start = rest.firstRange(of: scheme) {
            result += words(beforeAddress: rest[..<start.lowerBound]) + scheme
            rest = rest[start.upperBound...]
            // Quotes end no address: pip takes them away, wherever they stand.
            let authority = rest.prefix { !isBlank($0) && !"/?#<>".unicodeScalars.contains($0) }
            if let at = authority.lastIndex(of: "@") {
                rest = rest[rest.index(after: at)...]
            } else if hasPassword(authority) {
                let end = rest.firstRange(of: scheme)?.lowerBound ?? rest.endIndex
                if let at = rest[..<end].lastIndex(of: "@") { rest = rest[rest.index(after: at)...] }
            }
            let word = rest.prefix { !isBlank($0) }
            result += word
            rest = rest[word.endIndex...]
        }
        return result + words(beforeAddress: rest)
    }

    /// `host:` with something else than a port.
    private static func hasPassword(_ authority: Scalars) -> Bool {
        let port = authority.drop { $0 != "]" }.isEmpty ? authority : authority.drop { $0 != "]" }
        guard let colon = port.firstIndex(of: ":") else { return false }
        return !port[port.index(after: colon)...].allSatisfy { isDigit($0) || $0 == "'" || $0 == "\"" }
    }

    /// `user:password@host` without a scheme, as proxies are named.
    private static func words(beforeAddress text: Scalars) -> Scalars {
        var result = Scalars()
        var rest = text
        while !rest.isEmpty {
            let blanks = rest.prefix(while: isBlank)
            let word = rest[blanks.endIndex...].prefix { !isBlank($0) }
            rest = rest[word.endIndex...]
            result += blanks
            let start =
                word.first == "-"
                ? word.firstIndex(of: "=").map { word.index(after: $0) } ?? word.startIndex : word.startIndex
            if let at = word[start...].lastIndex(of: "@"), word[start..<at].contains(":") {
                result += word[..<start] + word[word.index(after: at)...]
            } else {
                result += word
            }
        }
        return result
    }

    /// Of what follows the path, digests and names alone.
    private static func withoutQuery(_ word: Scalars) -> Scalars {
        guard let mark = word.firstIndex(where: { $0 == "?" || $0 == "#" }) else { return word }
        let fragment = word[mark...].drop { $0 != "#" }.dropFirst()
        let quote = word.last.flatMap { $0 == "'" || $0 == "\"" ? $0 : nil }
        let kept = fragment.split(separator: "&").filter { part in
            let name = part.prefix { $0 != "=" }
            return ["egg", "subdirectory", "sha256", "sha384", "sha512"].contains {
                name.elementsEqual($0.unicodeScalars)
            }
        }
        var text = word[..<mark]
        if !kept.isEmpty { text += ["#"] + kept.joined(separator: ["&"]) }
        if let quote, text.last != quote { text.append(quote) }
        return text
    }
}
