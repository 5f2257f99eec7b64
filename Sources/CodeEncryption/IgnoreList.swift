internal import Notation

/// The patterns of a `.mseignore` (docs/formats/code-encryption.md): one a line, matched against base names
/// as Python's `fnmatch` does, on every level.
public struct IgnoreList: Hashable, Sendable {
    /// Where a project keeps its list.
    public static let fileName = ".mseignore"
    /// Of patterns in one list.
    public static let patternLimit = 4096
    /// Of patterns with `*`, `?` or `[`, their parts together: each name is held against each of them.
    public static let partLimit = 4096

    /// In the order of the list.
    public let patterns: [String]
    /// Those that are plain names.
    private let names: Set<ExactText>
    private let wildcards: [Wildcard]

    /// A list of patterns, at most `patternLimit`.
    public init(patterns: [String] = []) {
        self.patterns = patterns
        let distinct = Set(patterns.map { ExactText($0) })
        names = distinct.filter { !Wildcard.isOne($0.text) }
        wildcards = distinct.filter { Wildcard.isOne($0.text) }.sorted().map { Wildcard($0.text) }
    }

    /// Blank lines and those whose first character that isn't blank is `#` are skipped; nothing else is trimmed.
    public init(text: String) {
        self.init(patterns: Self.lines(text))
    }

    /// The patterns of a text, before anything is made of them.
    package static func lines(_ text: String) -> [String] {
        text.split(whereSeparator: \.isNewline).map(String.init).filter { line in
            guard let first = line.unicodeScalars.first(where: { !$0.properties.isWhitespace }) else { return false }
            return first != "#"
        }
    }

    /// What the patterns cost for each name.
    package var partCount: Int { wildcards.reduce(0) { $0 + $1.partCount } }

    /// Whether a base name is ignored.
    public func matches(_ name: String) -> Bool {
        if names.contains(ExactText(name)) { return true }
        guard !wildcards.isEmpty else { return false }
        let scalars = Array(name.unicodeScalars)
        return wildcards.contains { $0.matches(scalars) }
    }

    /// Patterns that can match nothing, because no base name has a slash and there is no negation here, or that surely
    /// match something else than was meant: blanks count, a comment has a line of its own, and quotes, braces,
    /// backslashes and marks that nobody sees are signs as any other.
    package var idlePatterns: [String] {
        patterns.filter { pattern in
            let scalars = pattern.unicodeScalars
            let first = scalars.first, last = scalars.last
            return scalars.contains("/") || scalars.contains("\\") || first == "!"
                || first?.properties.isWhitespace == true
                || last?.properties.isWhitespace == true
                || zip(scalars, scalars.dropFirst()).contains { $0.properties.isWhitespace && $1 == "#" }
                || first.map(Self.isQuote) == true || last.map(Self.isQuote) == true
                || (scalars.contains("{") && scalars.contains("}"))
                || scalars.contains {
                    [.format, .control].contains($0.properties.generalCategory)
                        || $0.properties.isDefaultIgnorableCodePoint
                }
        }
    }

    private static func isQuote(_ scalar: Unicode.Scalar) -> Bool {
        "\"'`".unicodeScalars.contains(scalar)
            || [.initialPunctuation, .finalPunctuation].contains(scalar.properties.generalCategory)
    }
}

/// One pattern of `fnmatch`, read once.
private struct Wildcard: Hashable, Sendable {
    private enum Part: Hashable, Sendable {
        case any, star
        case plain(Unicode.Scalar)
        case set([ClosedRange<UInt32>], isNegated: Bool)
    }

    private let parts: [Part]

    var partCount: Int {
        parts.reduce(0) { if case .set(let ranges, _) = $1 { $0 + ranges.count } else { $0 + 1 } }
    }

    static func isOne(_ pattern: String) -> Bool { pattern.utf8.contains { "*?[".utf8.contains($0) } }

    init(_ pattern: String) {
        let scalars = Array(pattern.unicodeScalars)
        // From the last one on there is no bracket that closes a set.
        let lastClose = scalars.lastIndex(of: "]") ?? -1
        var parts: [Part] = []
        var index = 0
        while index < scalars.count {
            let scalar = scalars[index]
            index += 1
            switch scalar {
            case "?": parts.append(.any)
            case "*": if parts.last != .star { parts.append(.star) }
            case "[":
                let isNegated = index < scalars.count && scalars[index] == "!"
                let start = index + (isNegated ? 1 : 0)
                // A bracket that comes first is a member; one that never closes is a plain character.
                guard start + 1 <= lastClose, let close = scalars[(start + 1)...].firstIndex(of: "]") else {
                    parts.append(.plain("["))
                    continue
                }
                parts.append(.set(Self.ranges(scalars[start..<close]), isNegated: isNegated))
                index = close + 1
            default: parts.append(.plain(scalar))
            }
        }
        self.parts = parts
    }

    private static func ranges(_ members: ArraySlice<Unicode.Scalar>) -> [ClosedRange<UInt32>] {
        var ranges: [ClosedRange<UInt32>] = []
        var index = members.startIndex
        while index < members.endIndex {
            let first = members[index].value
            if index + 2 < members.endIndex, members[index + 1] == "-" {
                if first <= members[index + 2].value { ranges.append(first...members[index + 2].value) }
                index += 3
            } else {
                ranges.append(first...first)
                index += 1
            }
        }
        return ranges
    }

    /// Goes back to the last star alone: what an earlier one could take, the last one can take as well.
    func matches(_ name: [Unicode.Scalar]) -> Bool {
        var part = 0, place = 0
        var retry: (part: Int, place: Int)?
        while true {
            if part < parts.count, parts[part] == .star {
                part += 1
                retry = (part, place)
            } else if place < name.count, part < parts.count, takes(parts[part], name[place]) {
                part += 1
                place += 1
            } else if place == name.count, part == parts.count {
                return true
            } else {
                guard let last = retry, last.place < name.count else { return false }
                retry = (last.part, last.place + 1)
                (part, place) = (last.part, last.place + 1)
            }
        }
    }

    private func takes(_ part: Part, _ scalar: Unicode.Scalar) -> Bool {
        switch part {
        case .any: true
        case .star: false
        case .plain(let expected): expected == scalar
        case .set(let ranges, let isNegated): ranges.contains { $0.contains(scalar.value) } != isNegated
        }
    }
}
