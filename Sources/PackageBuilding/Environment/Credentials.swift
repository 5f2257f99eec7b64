internal import Notation

/// What may stand in no lock, package or message: users and passwords in addresses, values of variables.
struct Credentials: Hashable, Sendable {
    /// What stands for each secret where it is shown.
    private var replacements: [String: String] = [:]

    var count: Int { replacements.count }

    /// The value of a variable that an address refers to.
    mutating func learn(_ value: String, named name: String) {
        replacements[value] = "${\(name)}"
        if let plain = Self.decoded(value), plain != value { replacements[plain] = "${\(name)}" }
    }

    /// User and password of every address in a text.
    mutating func learn(from text: String) {
        for range in Self.authorities(text) {
            guard let at = text[range].lastIndex(of: "@") else { continue }
            for part in text[range][..<at].split(separator: ":", maxSplits: 1) + [text[range][..<at]]
            where part.count > 2 {
                let part = String(part)
                if replacements[part] == nil { replacements[part] = "****" }
                if let plain = Self.decoded(part), plain != part, replacements[plain] == nil {
                    replacements[plain] = "****"
                }
            }
        }
    }

    private static func decoded(_ text: String) -> String? {
        PercentEncoding.decoded(text).map { String(decoding: $0, as: UTF8.self) }
    }

    /// A text without any of them: known values, and user and query of every address.
    func redacted(_ text: String) -> String {
        var result = text
        // A user or password of some addresses is a word of others: longer ones first, and short words only where they
        // are one.
        for (secret, replacement) in replacements.sorted(by: {
            ($0.key.utf8.count, $0.key) > ($1.key.utf8.count, $1.key)
        }) {
            result = result.replacing(secret, with: replacement)
        }
        return Self.withoutQueries(Self.withoutUsers(result, replacement: "****@"))
    }

    /// An address as it may be written down: scheme, host, port and path.
    func origin(_ address: String) -> String {
        let bare = String(address.prefix { $0 != "?" && $0 != "#" })
        return replacements.sorted { ($0.key.utf8.count, $0.key) > ($1.key.utf8.count, $1.key) }.reduce(
            Self.withoutUsers(bare, replacement: "")
        ) {
            $0.replacing($1.key, with: $1.value)
        }
    }

    /// The text without users in its addresses.
    static func withoutUsers(_ text: String, replacement: String) -> String {
        var result = ""
        var end = text.startIndex
        for range in authorities(text) {
            guard let at = text[range].lastIndex(of: "@") else { continue }
            result += text[end..<range.lowerBound] + replacement
            end = text.index(after: at)
        }
        return result + text[end...]
    }

    private static func withoutQueries(_ text: String) -> String {
        var result = ""
        var rest = text[...]
        while let start = rest.firstRange(of: "://") {
            let address = rest[start.upperBound...].prefix { !$0.isWhitespace && !"'\"<>)".contains($0) }
            result += rest[..<start.upperBound]
            if let mark = address.firstIndex(of: "?") {
                result += address[..<mark] + "?****"
            } else {
                result += address
            }
            rest = rest[address.endIndex...]
        }
        return result + rest
    }

    /// Where `user:password@host:port` of each address stands.
    private static func authorities(_ text: String) -> [Range<String.Index>] {
        var result: [Range<String.Index>] = []
        var rest = text[...]
        while let start = rest.firstRange(of: "://") {
            let authority = rest[start.upperBound...].prefix { !$0.isWhitespace && !"/?#'\"<>".contains($0) }
            result.append(authority.startIndex..<authority.endIndex)
            rest = rest[authority.endIndex...]
        }
        return result
    }
}
