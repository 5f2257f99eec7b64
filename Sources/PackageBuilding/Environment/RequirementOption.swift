/// An option of a list of requirements, as pip reads them there: its long name, whatever was written.
enum RequirementOption: Hashable {
    case flag(String)
    case setting(String, String)
    /// It wants a value, and nothing is there.
    case valueless(String)
    case unknown(String)

    private static let short = [
        "-i": "--index-url", "-f": "--find-links", "-r": "--requirement", "-c": "--constraint", "-e": "--editable",
    ]
    private static let settings: Set<String> = [
        "--index-url", "--pypi-url", "--extra-index-url", "--find-links", "--trusted-host", "--requirement",
        "--constraint", "--editable", "--no-binary", "--only-binary",
    ]
    private static let flags: Set<String> = ["--no-index", "--pre", "--prefer-binary", "--require-hashes"]

    static var names: [String] { settings.union(flags).sorted() }

    /// Takes the words of one option; nil where there are none left.
    static func next(in words: inout ArraySlice<String>) -> RequirementOption? {
        guard let word = words.popFirst() else { return nil }
        var name = word
        var value: String?
        if word.hasPrefix("--") {
            if let equals = word.firstIndex(of: "=") {
                name = String(word[..<equals])
                value = String(word[word.index(after: equals)...])
            }
        } else if let long = short[String(word.prefix(2))] {
            name = long
            if word.count > 2 { value = String(word.dropFirst(2).drop { $0 == "=" }) }
        }
        if flags.contains(name), value == nil { return .flag(name) }
        guard settings.contains(name) else { return .unknown(name) }
        guard let value = value ?? words.popFirst(), !value.isEmpty else { return .valueless(name) }
        return .setting(name, value)
    }
}
