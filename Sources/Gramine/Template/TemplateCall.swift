/// The arguments of a function or a filter.
struct TemplateCall {
    let positional: [TemplateValue]
    let named: [String: TemplateValue]
    /// What is thrown where they don't fit.
    let failure: GramineError

    func optional(_ index: Int, named name: String) -> TemplateValue? {
        index < positional.count ? positional[index] : named[name]
    }

    func required(_ index: Int, named name: String) throws(GramineError) -> TemplateValue {
        guard let value = optional(index, named: name) else { throw failure }
        return value
    }

    /// Of a string or a path.
    func text(_ index: Int, named name: String) throws(GramineError) -> String {
        switch try required(index, named: name) {
        case .string(let text): text
        case .path(let path): path.text
        default: throw failure
        }
    }

    /// All, each a string or a path.
    func texts() throws(GramineError) -> [String] {
        guard named.isEmpty else { throw failure }
        var texts: [String] = []
        for index in positional.indices { texts.append(try text(index, named: "")) }
        return texts
    }

    func integers(_ count: ClosedRange<Int>) throws(GramineError) -> [Int] {
        let numbers = positional.compactMap(\.integer)
        guard numbers.count == positional.count, count.contains(numbers.count), named.isEmpty else { throw failure }
        return numbers
    }
}
