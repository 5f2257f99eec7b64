internal import Notation

/// What may stand in no lock, package or message: users and passwords in addresses, values of variables.
///
/// Signs are code points, as pip and servers take them: to Swift a slash under an accent, or a secret before one, is
/// other text.
struct Credentials: Hashable, Sendable {
    private typealias Scalars = ArraySlice<Unicode.Scalar>

    /// What stands for each secret where it is shown.
    private var replacements: [ExactText: String] = [:]

    /// The users and passwords, and variables.
    private var learned: Set<ExactText> = []

    var count: Int { learned.count }

    /// The value of a variable that an address refers to.
    mutating func learn(_ value: String, named name: String) {
        learned.insert(ExactText(value))
        replacements[ExactText(value)] = "${\(name)}"
        if let plain = Self.decoded(value) { replacements[plain] = "${\(name)}" }
    }

    /// User and password of every address in a text: as they stand there, decoded and encoded, whole and in the pieces
    /// that parsers of addresses make of them. Libraries complain of the part of a password that they took for a host
    /// or a port.
    mutating func learn(from text: String) {
        for word in Self.words(ArraySlice(text.unicodeScalars)) {
            guard let secret = Self.userAndPassword(word) else { continue }
            learned.insert(ExactText(Self.text(secret)))
            for piece in Self.pieces(of: secret) {
                for form in Self.forms(of: piece) where replacements[form] == nil { replacements[form] = "****" }
            }
        }
    }

    /// Of an address that may lack its scheme, as those of proxies do.
    mutating func learn(address: String) { learn(from: address.contains("://") ? address : "http://" + address) }

    /// What stands before the last `@` of an address; nil where there is none. More than one means that a password
    /// wasn't encoded, or that a path holds one: then all before the last is taken for a secret.
    private static func userAndPassword(_ word: Scalars) -> Scalars? {
        let authority = word.prefix { !"/?#".unicodeScalars.contains($0) }
        guard authority.contains("@") || hasPassword(authority) else { return nil }
        return word.lastIndex(of: "@").map { word[..<$0] }
    }

    private static let delimiters = "/?#@:%[]\\".unicodeScalars.map { $0 }
    private static let pieceLimit = 200

    /// Parts of a user and a password, the whole among them, three signs long at least.
    private static func pieces(of secret: Scalars) -> Set<ExactText> {
        var pieces: Set<ExactText> = []
        func add(_ text: Scalars) {
            let halves = [text] + text.split(separator: ":", maxSplits: 1) + text.split { delimiters.contains($0) }
            let parts = halves + delimiters.flatMap { one in text.split { $0 == one } }
            for part in parts where part.count > 2 && pieces.count < pieceLimit {
                pieces.insert(ExactText(self.text(part)))
            }
        }
        add(secret)
        if let plain = decoded(text(secret)) { add(ArraySlice(plain.text.unicodeScalars)) }
        return pieces
    }

    /// The ways in which a piece may be written.
    private static func forms(of piece: ExactText) -> Set<ExactText> {
        let bytes = Array(piece.text.utf8)
        var forms: Set<ExactText> = [piece, ExactText(piece.text.lowercased())]
        let encoded = PercentEncoding.encoded(bytes)
        forms.insert(ExactText(encoded))
        forms.insert(ExactText(encoded.lowercased()))
        // As Python writes a text's representation, and as some encode whatever isn't part of a path.
        forms.insert(ExactText(piece.text.replacing("\\", with: "\\\\")))
        forms.insert(ExactText(PercentEncoding.encodedPath(piece.text)))
        if let plain = decoded(piece.text), plain.text.unicodeScalars.count > 2 { forms.insert(plain) }
        return forms
    }

    /// What stands behind each `://`, to the end of the word, or the next one.
    private static func words(_ text: Scalars) -> [Scalars] {
        var result: [Scalars] = []
        var rest = text
        while let start = rest.firstRange(of: scheme) {
            rest = rest[start.upperBound...]
            let own = rest[..<(rest.firstRange(of: scheme)?.lowerBound ?? rest.endIndex)]
            result.append(own.prefix { !$0.properties.isWhitespace })
        }
        return result
    }

    private static func decoded(_ text: String) -> ExactText? {
        PercentEncoding.decoded(text).map { ExactText(String(decoding: $0, as: UTF8.self)) }
    }

    /// A text without any of them: known values, and user and query of every address.
    func redacted(_ text: String) -> String {
        Self.text(
            Self.withoutQueries(Self.withoutUsers(withoutValues(ArraySlice(text.unicodeScalars)), replacement: "****@"))
        )
    }

    /// An address as it may be written down: scheme, host, port and path.
    func origin(_ address: String) -> String {
        let bare = ArraySlice(address.unicodeScalars).prefix { $0 != "?" && $0 != "#" }
        return Self.text(withoutValues(Self.withoutUsers(bare, replacement: "")))
    }

    private func withoutValues(_ text: Scalars) -> Scalars {
        // A user or password of some addresses is a word of others: longer ones first.
        replacements.sorted { ($0.key.text.utf8.count, $0.key) > ($1.key.text.utf8.count, $1.key) }.reduce(text) {
            $0.replacing(Array($1.key.text.unicodeScalars), with: Array($1.value.unicodeScalars))
        }
    }

    /// The text without users in its addresses.
    static func withoutUsers(_ text: String) -> String {
        Self.text(withoutUsers(ArraySlice(text.unicodeScalars), replacement: ""))
    }

    private static func withoutUsers(_ text: Scalars, replacement: String) -> Scalars {
        var result = Scalars()
        var end = text.startIndex
        for authority in authorities(text) {
            guard let at = authority.lastIndex(of: "@") else { continue }
            result += text[end..<authority.startIndex] + Array(replacement.unicodeScalars)
            end = text.index(after: at)
        }
        return result + text[end...]
    }

    private static func withoutQueries(_ text: Scalars) -> Scalars {
        var result = Scalars()
        var rest = text
        while let start = rest.firstRange(of: scheme) {
            let address = rest[start.upperBound...].prefix {
                !$0.properties.isWhitespace && !"'\"<>)".unicodeScalars.contains($0)
            }
            result += rest[..<start.upperBound]
            if let mark = address.firstIndex(of: "?") {
                result += address[..<mark] + Array("?****".unicodeScalars)
            } else {
                result += address
            }
            rest = rest[address.endIndex...]
        }
        return result + rest
    }

    /// `user:password@host:port` of each address. Passwords that were not encoded may hold what ends an authority.
    private static func authorities(_ text: Scalars) -> [Scalars] {
        var result: [Scalars] = []
        var rest = text
        while let start = rest.firstRange(of: scheme) {
            rest = rest[start.upperBound...]
            // No further than the next address, so that many of them don't cost their square.
            let own = rest[..<(rest.firstRange(of: scheme)?.lowerBound ?? rest.endIndex)]
            let word = own.prefix { !$0.properties.isWhitespace && !"'\"<>".unicodeScalars.contains($0) }
            var authority = word.prefix { !"/?#".unicodeScalars.contains($0) }
            if !authority.contains("@"), hasPassword(authority), let at = word.lastIndex(of: "@") {
                authority = word[...at]
            }
            result.append(authority)
            rest = rest[authority.endIndex...]
        }
        return result
    }

    /// `host:` with something else than a port.
    private static func hasPassword(_ authority: Scalars) -> Bool {
        guard authority.first != "[", let colon = authority.firstIndex(of: ":") else { return false }
        return !authority[authority.index(after: colon)...].allSatisfy { (0x30...0x39).contains($0.value) }
    }

    private static func text(_ scalars: Scalars) -> String { String(String.UnicodeScalarView(scalars)) }

    private static let scheme = Array("://".unicodeScalars)
}
