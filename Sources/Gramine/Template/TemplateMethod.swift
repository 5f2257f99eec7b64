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
            return .string(
                Self.replacing(try call.text(0, named: "old"), with: try call.text(1, named: "new"), in: text)
            )
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
            guard texts.count == elements.count else { throw call.failure }
            return .string(texts.joined(separator: text))
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

    /// By bytes, as nothing is equivalent to anything else here.
    static func replacing(_ old: String, with new: String, in text: String) -> String {
        guard !old.isEmpty else {
            return new + text.unicodeScalars.map { String($0) + new }.joined()
        }
        return text.utf8.split(separator: Array(old.utf8), omittingEmptySubsequences: false)
            .map { String(Substring($0)) }.joined(separator: new)
    }
}
