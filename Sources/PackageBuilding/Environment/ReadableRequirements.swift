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
    static func cleaned(_ text: String) -> String {
        var lines: [String] = []
        var joined = ""
        for raw in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            let isComment = raw.drop(while: \.isWhitespace).hasPrefix("#")
            if !joined.isEmpty, isComment { continue }
            if raw.hasSuffix("\\"), !isComment {
                joined += raw.dropLast()
                continue
            }
            let line = cleaned(line: joined + raw)
            joined = ""
            if !line.isEmpty { lines.append(line) }
        }
        let last = cleaned(line: joined)
        return (lines + (last.isEmpty ? [] : [last])).map { $0 + "\n" }.joined()
    }

    /// A file's list, cleaned.
    /// - Returns: nil when the file says nothing else than that.
    static func cleaned(_ file: CodeTree.File) throws -> String? {
        do {
            let bytes = try Files.read(file.source, limit: byteLimit)
            let text = try PlainText.read(bytes)
            let clean = cleaned(text)
            return bytes == Array(clean.utf8)
                || text.split(whereSeparator: \.isNewline).elementsEqual(clean.split(separator: "\n"))
                ? nil : clean
        } catch {
            throw PackageError.archive(
                path: file.path,
                "ships readable and can't be read as a list of requirements (\(error)); name it in \(IgnoreList.fileName)"
            )
        }
    }

    /// Whether a line that ships as it stands says more than it may. What variables hold stands in none.
    static func saysTooMuch(_ line: String) -> Bool {
        let bare = withoutVariables(line).replacing("://:@", with: "://").replacing("://@", with: "://")
        return cleaned(line: bare) != words(bare).joined(separator: " ")
    }

    /// Whether a user or password stands in an address somewhere in a text.
    static func hasUsers(_ text: String) -> Bool {
        text.split(whereSeparator: \.isNewline).contains { line in
            let bare = withoutVariables(String(line)).replacing("://:@", with: "://").replacing("://@", with: "://")
            return bare.contains("://") && withoutUsers(bare) != bare
        }
    }

    private static func words(_ line: String) -> [Substring] { line.split(whereSeparator: \.isWhitespace) }

    private static func cleaned(line: String) -> String {
        var kept: [Substring] = []
        for word in words(line) {
            if word.hasPrefix("#") { break }
            kept.append(word)
        }
        return words(withoutUsers(kept.joined(separator: " "))).map(withoutQuery).joined(separator: " ")
    }

    /// `${NAME}`
    private static func withoutVariables(_ text: String) -> String {
        var result = ""
        var rest = text[...]
        while let start = rest.firstRange(of: "${") {
            result += rest[..<start.lowerBound]
            let name = rest[start.upperBound...].prefix { $0 == "_" || $0.isASCII && ($0.isUppercase || $0.isNumber) }
            let isOne = !name.isEmpty && rest[name.endIndex...].first == "}"
            if !isOne { result += rest[start] }
            rest = isOne ? rest[name.endIndex...].dropFirst() : rest[start.upperBound...]
        }
        return result + rest
    }

    /// Where an address's user ends is where its last `@` is, even if a slash or a blank of the password comes before
    /// that.
    private static func withoutUsers(_ line: String) -> String {
        var result = ""
        var rest = line[...]
        while let start = rest.firstRange(of: "://") {
            result += words(beforeAddress: rest[..<start.lowerBound]) + "://"
            rest = rest[start.upperBound...]
            let authority = rest.prefix { !$0.isWhitespace && !"/?#'\"<>".contains($0) }
            if let at = authority.lastIndex(of: "@") {
                rest = rest[rest.index(after: at)...]
            } else if hasPassword(authority) {
                let end = rest.firstRange(of: "://")?.lowerBound ?? rest.endIndex
                if let at = rest[..<end].lastIndex(of: "@") { rest = rest[rest.index(after: at)...] }
            }
            let word = rest.prefix { !$0.isWhitespace }
            result += word
            rest = rest[word.endIndex...]
        }
        return result + words(beforeAddress: rest)
    }

    /// `host:` with something else than a port.
    private static func hasPassword(_ authority: Substring) -> Bool {
        let port = authority.drop { $0 != "]" }.isEmpty ? authority : authority.drop { $0 != "]" }
        guard let colon = port.firstIndex(of: ":") else { return false }
        return !port[port.index(after: colon)...].allSatisfy { $0.isASCII && $0.isNumber }
    }

    /// `user:password@host` without a scheme, as proxies are named.
    private static func words(beforeAddress text: Substring) -> String {
        var result = ""
        var rest = text
        while !rest.isEmpty {
            let blanks = rest.prefix(while: \.isWhitespace)
            let word = rest[blanks.endIndex...].prefix { !$0.isWhitespace }
            rest = rest[word.endIndex...]
            result += blanks
            let start =
                word.hasPrefix("-")
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
    private static func withoutQuery(_ word: Substring) -> String {
        guard let mark = word.firstIndex(where: { $0 == "?" || $0 == "#" }) else { return String(word) }
        let fragment = word[mark...].drop { $0 != "#" }.dropFirst()
        let quote = word.last.flatMap { "'\"".contains($0) ? $0 : nil }
        let kept = fragment.split(separator: "&").filter { part in
            let name = part.prefix { $0 != "=" }
            return ["egg", "subdirectory", "sha256", "sha384", "sha512"].contains { name == $0 }
        }
        let text = word[..<mark] + (kept.isEmpty ? "" : "#" + kept.joined(separator: "&"))
        guard let quote, !text.hasSuffix(String(quote)) else { return String(text) }
        return text + String(quote)
    }
}
