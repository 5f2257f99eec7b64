internal import Notation

/// What a string can be asked.
enum TemplateMethod: String {
    case upper, lower, strip, lstrip, rstrip, replace, split, startswith, endswith, join

    func call(on text: String, _ call: TemplateCall) throws(GramineError) -> TemplateValue {
        switch self {
        case .upper: return .string(text.uppercased())
        case .lower: return .string(text.lowercased())
        case .strip, .lstrip, .rstrip:
            var signs: Set<Unicode.Scalar>?
            if call.optional(0, named: "chars") != nil { signs = Set(try call.text(0, named: "chars").unicodeScalars) }
            return .string(Self.stripped(text, signs, start: self != .rstrip, end: self != .lstrip))
        case .replace:
            let (old, new) = (try call.text(0, named: "old"), try call.text(1, named: "new"))
            guard let text = Self.replacing(old, with: new, in: text) else { throw call.failure }
            return .string(text)
        case .split:
            guard call.optional(0, named: "sep") != nil else {
                let words = text.unicodeScalars.split(whereSeparator: \.properties.isWhitespace)
                return .list(words.map { .string(String($0)) })
            }
            let separator = try call.text(0, named: "sep")
            guard !separator.isEmpty else { throw call.failure }
            return .list(
                text.utf8.split(separator: Array(separator.utf8), omittingEmptySubsequences: false).map {
                    .string(String(Substring($0)))
                }
            )
        case .startswith: return .boolean(ExactText(text).hasPrefix(try call.text(0, named: "prefix")))
        case .endswith: return .boolean(ExactText(text).hasSuffix(try call.text(0, named: "suffix")))
        case .join:
            guard case .list(let elements) = try call.required(0, named: "iterable") else { throw call.failure }
            let texts = elements.compactMap { element in if case .string(let text) = element { text } else { nil } }
            guard texts.count == elements.count, let text = Self.joined(texts, by: text) else { throw call.failure }
            return .string(text)
        }
    }

    static func stripped(
        _ text: String,
        _ signs: Set<Unicode.Scalar>? = nil,
        start: Bool = true,
        end: Bool = true
    ) -> String {
        func goes(_ scalar: Unicode.Scalar) -> Bool { signs?.contains(scalar) ?? scalar.properties.isWhitespace }
        var rest = text.unicodeScalars[...]
        while start, let first = rest.first, goes(first) { rest.removeFirst() }
        while end, let last = rest.last, goes(last) { rest.removeLast() }
        return String(rest)
    }

    /// Of a text that is made here.
    private static let byteLimit = 16 << 20

    /// Nil for a text that gets too long.
    static func joined(_ texts: [String], by separator: String) -> String? {
        let bytes = texts.reduce(0) { $0 + $1.utf8.count }
        guard bytes + texts.count * separator.utf8.count <= byteLimit else { return nil }
        return texts.joined(separator: separator)
    }

    /// By bytes, as nothing is equivalent to anything else here. Nil for a text that gets too long.
    static func replacing(_ old: String, with new: String, in text: String) -> String? {
        guard !old.isEmpty else { return joined([""] + text.unicodeScalars.map { String($0) } + [""], by: new) }
        let parts = text.utf8.split(separator: Array(old.utf8), omittingEmptySubsequences: false)
        return joined(parts.map { String(Substring($0)) }, by: new)
    }
}
