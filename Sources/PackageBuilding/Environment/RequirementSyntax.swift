internal import Files

/// How a line of a list of requirements is written: its comment, marker, extras and hashes, without a word on whether
/// it is taken.
enum RequirementSyntax {
    /// Suffixes of what pip would have to build.
    static let sourceSuffixes = [
        ".tar.gz", ".tgz", ".tar.bz2", ".tbz", ".tar.xz", ".txz", ".tlz", ".tar.lz", ".tar.lzma", ".tar", ".zip",
    ]

    /// A comment begins the line, or follows a blank.
    static func withoutComment(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        var previous: Unicode.Scalar = " "
        for scalar in text.unicodeScalars {
            if scalar == "#", previous.properties.isWhitespace { break }
            result.append(scalar)
            previous = scalar
        }
        return trimmed(String(result))
    }

    static func isHash(_ text: Substring) -> Bool {
        let halves = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let lengths = ["sha256": 64, "sha384": 96, "sha512": 128]
        return halves.count == 2 && lengths[String(halves[0])] == halves[1].utf8.count
            && halves[1].allSatisfy { $0.isASCII && $0.isHexDigit }
    }

    /// The name that an archive's file name begins with.
    static func distribution(of path: String) -> String {
        let file = Files.split(path).name
        if file.lowercased().hasSuffix(".whl") { return String(file.prefix { $0 != "-" }) }
        let parts = file.split(separator: "-", omittingEmptySubsequences: false)
        return parts.prefix { $0.first?.isNumber != true }.joined(separator: "-")
    }

    static func isLocal(_ target: String) -> Bool { target.hasPrefix("file:") || !target.contains("://") }

    static func isName(_ text: Substring) -> Bool {
        let name = trimmed(String(text.prefix { $0 != "[" }))
        guard let first = name.first, let last = name.last, first.isASCII, first.isLetter || first.isNumber,
            last.isLetter || last.isNumber
        else {
            return false
        }
        return name.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                || "-_.".utf8.contains($0)
        }
    }

    /// `name=version` and `name=version=build`, as conda lists packages.
    static func condaPin(_ text: String) -> (name: String, version: String)? {
        let parts = text.split(separator: "=", omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count), parts.allSatisfy({ !$0.isEmpty && !$0.contains(where: \.isWhitespace) }),
            let name = parts.first,
            name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) })
        else { return nil }
        return (String(name), String(parts[1]))
    }

    static func isArchive(_ text: String) -> Bool {
        let path = withoutExtras(text).path.lowercased()
        return ([".whl"] + sourceSuffixes).contains { path.hasSuffix($0) } && !path.contains("=")
    }

    /// `target ; marker`: before the marker of a path or address a blank stands.
    static func split(_ text: String) -> (target: String, marker: String) {
        guard let range = text.firstRange(of: " ;") ?? text.firstRange(of: "; ") else { return (trimmed(text), "") }
        return (trimmed(String(text[..<range.lowerBound])), " ; " + trimmed(String(text[range.upperBound...])))
    }

    static func withoutExtras(_ text: String) -> (path: String, extras: String) {
        guard text.hasSuffix("]"), let start = text.lastIndex(of: "[") else { return (text, "") }
        return (String(text[..<start]), String(text[start...]))
    }

    static func trimmed(_ text: String) -> String {
        String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }

    /// Words as a shell separates them, with its two quotes; nil where one isn't closed.
    static func words(_ text: String) -> [String]? {
        var words: [String] = []
        var word = ""
        var isInWord = false
        var quote: Character?
        var isEscaped = false
        for character in text {
            if isEscaped {
                // Within quotes a backslash is one, but before what would end them.
                if quote == "\"", character != "\"", character != "\\" { word.append("\\") }
                word.append(character)
                isEscaped = false
            } else if character == "\\", quote != "'" {
                isEscaped = true
                isInWord = true
            } else if let open = quote {
                if character == open { quote = nil } else { word.append(character) }
            } else if character == "'" || character == "\"" {
                quote = character
                isInWord = true
            } else if character.isWhitespace {
                if isInWord { words.append(word) }
                word = ""
                isInWord = false
            } else {
                word.append(character)
                isInWord = true
            }
        }
        guard quote == nil, !isEscaped else { return nil }
        return isInWord ? words + [word] : words
    }
}
