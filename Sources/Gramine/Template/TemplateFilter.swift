internal import Notation

/// What changes a value that stands before `|`.
enum TemplateFilter: String {
    case `default`, d, join, lower, upper, replace, trim, int, tojson, string, length, count, first, last, list, sort,
        unique

    /// - Parameter value: defined, but for `default`.
    func apply(to value: TemplateValue, _ call: TemplateCall) throws(GramineError) -> TemplateValue {
        switch self {
        case .default, .d:
            let other = call.optional(0, named: "default_value") ?? .string("")
            if case .undefined = value { return other }
            return !value.isTrue && call.optional(1, named: "boolean")?.isTrue == true ? other : value
        case .join:
            let separator = try call.optional(0, named: "d").map { (value) throws(GramineError) in try text(value, call)
            }
            var texts: [String] = []
            for element in try elements(value, call) { texts.append(try text(element, call)) }
            guard let text = TemplateMethod.joined(texts, by: separator ?? "") else { throw call.failure }
            return .string(text)
        case .lower: return .string(try text(value, call).lowercased())
        case .upper: return .string(try text(value, call).uppercased())
        case .replace:
            let (old, new) = (try call.text(0, named: "old"), try call.text(1, named: "new"))
            guard let text = TemplateMethod.replacing(old, with: new, in: try text(value, call)) else {
                throw call.failure
            }
            return .string(text)
        case .trim: return try TemplateMethod.strip.call(on: try text(value, call), call)
        case .int:
            let other = call.optional(0, named: "default") ?? .integer(0)
            switch value {
            case .string(let text):
                let plain = TemplateMethod.stripped(text).replacing("_", with: "")
                if let number = Int(plain) { return .integer(number) }
                return Double(plain).flatMap { Int(exactly: $0.rounded(.towardZero)) }.map { .integer($0) } ?? other
            case .float(let number): return Int(exactly: number.rounded(.towardZero)).map { .integer($0) } ?? other
            default: return value.integer.map { .integer($0) } ?? other
            }
        case .tojson:
            guard let json = value.json else { throw call.failure }
            return .string(json)
        case .string: return .string(try text(value, call))
        case .length, .count: return .integer(try elements(value, call).count)
        case .first: return try elements(value, call).first ?? .undefined("the first of no element")
        case .last: return try elements(value, call).last ?? .undefined("the last of no element")
        case .list: return .list(try elements(value, call))
        case .sort:
            let elements = try elements(value, call)
            guard let first = elements.first, elements.allSatisfy({ $0.order(to: first) != nil }) else {
                guard elements.isEmpty else { throw call.failure }
                return .list([])
            }
            // By default case doesn't count.
            func key(_ value: TemplateValue) -> TemplateValue {
                guard case .string(let text) = value else { return value }
                return .string(text.lowercased())
            }
            return .list(elements.sorted { key($0).order(to: key($1)) ?? 0 < 0 })
        case .unique:
            var seen: Set<TemplateValue> = []
            return .list(
                try elements(value, call).filter { element in
                    guard case .string(let text) = element else { return seen.insert(element).inserted }
                    return seen.insert(.string(text.lowercased())).inserted
                }
            )
        }
    }

    private func text(_ value: TemplateValue, _ call: TemplateCall) throws(GramineError) -> String {
        guard let text = value.text else { throw call.failure }
        return text
    }

    private func elements(_ value: TemplateValue, _ call: TemplateCall) throws(GramineError) -> [TemplateValue] {
        guard let elements = value.elements else { throw call.failure }
        return elements
    }
}
