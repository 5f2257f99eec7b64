/// The patterns of a `.mseignore` (mse PROTOCOL §3): one a line, matched against base names as Python's `fnmatch` does, on every level.
public struct IgnoreList: Hashable, Sendable {
    public static let fileName = ".mseignore"
    public let patterns: [String]

    public init(patterns: [String] = []) {
        self.patterns = patterns
    }

    /// Blank lines and those whose first character that isn't blank is `#` are skipped; nothing else is trimmed.
    public init(text: String) {
        patterns = text.split(whereSeparator: \.isNewline).map(String.init).filter { line in
            guard let first = line.first(where: { !$0.isWhitespace }) else { return false }
            return first != "#"
        }
    }

    public func matches(_ name: String) -> Bool {
        let name = Array(name.unicodeScalars)
        return patterns.contains { Self.matches(Array($0.unicodeScalars)[...], name[...]) }
    }

    /// Patterns that can match nothing, because no base name has a slash and there is no negation here, or that surely match something else
    /// than was meant, because the blanks around them count.
    public var idlePatterns: [String] {
        patterns.filter { $0.contains("/") || $0.hasPrefix("!") || $0.first?.isWhitespace == true || $0.last?.isWhitespace == true }
    }

    private static func matches(_ pattern: ArraySlice<Unicode.Scalar>, _ name: ArraySlice<Unicode.Scalar>) -> Bool {
        var pattern = pattern, name = name
        var retry: (pattern: ArraySlice<Unicode.Scalar>, name: ArraySlice<Unicode.Scalar>)?
        while true {
            if pattern.first == "*" {
                pattern = pattern.dropFirst()
                retry = (pattern, name)
                continue
            }
            if let first = name.first, let rest = matchOne(pattern, first) {
                (pattern, name) = (rest, name.dropFirst())
                continue
            }
            if name.isEmpty, pattern.isEmpty { return true }
            guard let last = retry, !last.name.isEmpty else { return false }
            retry = (last.pattern, last.name.dropFirst())
            (pattern, name) = (last.pattern, last.name.dropFirst())
        }
    }

    /// The pattern behind its first element if that matches the character.
    private static func matchOne(_ pattern: ArraySlice<Unicode.Scalar>, _ character: Unicode.Scalar) -> ArraySlice<Unicode.Scalar>? {
        guard let first = pattern.first else { return nil }
        let rest = pattern.dropFirst()
        if first == "?" { return rest }
        guard first == "[" else { return first == character ? rest : nil }
        var set = rest
        let isNegated = set.first == "!"
        if isNegated { set = set.dropFirst() }
        // A bracket that comes first is a member; one that never closes is a plain character.
        guard let close = set.dropFirst().firstIndex(of: "]") else { return character == "[" ? rest : nil }
        let members = Array(set[..<close])
        var isMember = false
        var index = 0
        while index < members.count {
            if index + 2 < members.count, members[index + 1] == "-" {
                if members[index] <= members[index + 2], (members[index]...members[index + 2]).contains(character) { isMember = true }
                index += 3
            } else {
                if members[index] == character { isMember = true }
                index += 1
            }
        }
        return isMember != isNegated ? set[set.index(after: close)...] : nil
    }
}
