internal import Notation

/// One output or statement, read word by word.
struct ExpressionParser {
    private let tokens: [TemplateToken]
    private var next = 0
    private var nesting = 0
    let line: Int
    /// The name of the statement, once it was taken.
    var statement = ""

    private static let nestingLimit = 64

    init(_ tokens: [TemplateToken], line: Int) {
        self.tokens = tokens
        self.line = line
    }

    func failure(_ problem: String) -> GramineError {
        GramineError(.template, problem, at: Place(line: line, column: 1))
    }

    private var token: TemplateToken? { next < tokens.count ? tokens[next] : nil }

    mutating func take(_ expected: TemplateToken) -> Bool {
        guard token == expected else { return false }
        next += 1
        return true
    }

    private mutating func expect(_ symbol: String) throws(GramineError) {
        guard take(.symbol(symbol)) else { throw failure("'\(symbol)' expected") }
    }

    mutating func takeName(_ what: String) throws(GramineError) -> String {
        guard case .name(let name)? = token else { throw failure("\(what) expected") }
        next += 1
        return name
    }

    mutating func finish() throws(GramineError) {
        guard next == tokens.count else { throw failure("more than belongs into one output or statement") }
    }

    /// An expression, and nothing behind it.
    mutating func whole() throws(GramineError) -> TemplateExpression {
        var expression = try expression()
        if token == .symbol(",") { expression = .tuple(try rest(after: expression, until: nil)) }
        try finish()
        return expression
    }

    /// Names with commas between them.
    mutating func targets() throws(GramineError) -> [String] {
        var names = [try takeName("a name")]
        while take(.symbol(",")) { names.append(try takeName("a name")) }
        return names
    }

    mutating func expression() throws(GramineError) -> TemplateExpression {
        nesting += 1
        defer { nesting -= 1 }
        guard nesting <= Self.nestingLimit else { throw failure("an expression nested deeper than 64") }
        let value = try withoutCondition()
        guard take(.name("if")) else { return value }
        let condition = try withoutCondition()
        return .conditional(
            value,
            condition: condition,
            otherwise: take(.name("else")) ? try expression() : nil
        )
    }

    mutating func withoutCondition() throws(GramineError) -> TemplateExpression {
        var left = try conjunction()
        while take(.name("or")) { left = .or(left, try conjunction()) }
        return left
    }

    private mutating func conjunction() throws(GramineError) -> TemplateExpression {
        var left = try negation()
        while take(.name("and")) { left = .and(left, try negation()) }
        return left
    }

    private mutating func negation() throws(GramineError) -> TemplateExpression {
        var count = 0
        while take(.name("not")) { count += 1 }
        let value = try comparison()
        return count == 0 ? value : count.isMultiple(of: 2) ? .not(.not(value)) : .not(value)
    }

    private mutating func comparison() throws(GramineError) -> TemplateExpression {
        let left = try sum()
        var others: [(kind: TemplateExpression.Operator, operand: TemplateExpression)] = []
        while true {
            if case .symbol(let symbol)? = token, ["==", "!=", "<", "<=", ">", ">="].contains(symbol),
                let kind = TemplateExpression.Operator(rawValue: symbol)
            {
                next += 1
                others.append((kind, try sum()))
            } else if take(.name("in")) {
                others.append((.isIn, try sum()))
            } else if token == .name("not"), next + 1 < tokens.count, tokens[next + 1] == .name("in") {
                next += 2
                others.append((.isNotIn, try sum()))
            } else {
                return others.isEmpty ? left : .comparison(left, others)
            }
        }
    }

    private mutating func sum() throws(GramineError) -> TemplateExpression {
        var left = try joined()
        while case .symbol(let symbol)? = token, symbol == "+" || symbol == "-" {
            next += 1
            left = .operation(symbol == "+" ? .plus : .minus, left, try joined())
        }
        return left
    }

    private mutating func joined() throws(GramineError) -> TemplateExpression {
        var left = try product()
        while take(.symbol("~")) { left = .operation(.joined, left, try product()) }
        return left
    }

    private mutating func product() throws(GramineError) -> TemplateExpression {
        var left = try unary()
        while case .symbol(let symbol)? = token, ["*", "/", "//", "%"].contains(symbol),
            let kind = TemplateExpression.Operator(rawValue: symbol)
        {
            next += 1
            left = .operation(kind, left, try unary())
        }
        return left
    }

    /// Filters and tests belong to a sign and what stands behind it together.
    private mutating func unary(takesFilters: Bool = true) throws(GramineError) -> TemplateExpression {
        var value: TemplateExpression
        if token == .symbol("-") || token == .symbol("+") {
            let isNegative = take(.symbol("-"))
            if !isNegative { next += 1 }
            nesting += 1
            defer { nesting -= 1 }
            guard nesting <= Self.nestingLimit else { throw failure("an expression nested deeper than 64") }
            let operand = try unary(takesFilters: false)
            value = isNegative ? .negative(operand) : .positive(operand)
        } else {
            value = try primary()
        }
        value = try postfix(value)
        return takesFilters ? try filtered(value) : value
    }

    private mutating func primary() throws(GramineError) -> TemplateExpression {
        guard let token else { throw failure("an expression expected") }
        next += 1
        switch token {
        case .name("true"), .name("True"): return .literal(.boolean(true))
        case .name("false"), .name("False"): return .literal(.boolean(false))
        case .name("none"), .name("None"): return .literal(.none)
        case .name(let name): return .name(name)
        case .integer(let number): return .literal(.integer(number))
        case .float(let number): return .literal(.float(number))
        case .string(var text):
            while case .string(let more)? = self.token {
                next += 1
                text += more
            }
            return .literal(.string(text))
        case .symbol("("):
            guard !take(.symbol(")")) else { return .tuple([]) }
            let value = try expression()
            if self.token == .symbol(",") { return .tuple(try rest(after: value, until: ")")) }
            try expect(")")
            return value
        case .symbol("["):
            guard !take(.symbol("]")) else { return .list([]) }
            return .list(try rest(after: try expression(), until: "]"))
        case .symbol("{"):
            var entries: [(key: TemplateExpression, value: TemplateExpression)] = []
            while !take(.symbol("}")) {
                if !entries.isEmpty {
                    try expect(",")
                    if take(.symbol("}")) { break }
                }
                let key = try expression()
                try expect(":")
                entries.append((key, try expression()))
            }
            return .dictionary(entries)
        case .symbol(let symbol): throw failure("an expression expected, found '\(symbol)'")
        }
    }

    /// Elements behind the first; a comma may stand behind the last.
    private mutating func rest(
        after first: TemplateExpression,
        until end: String?
    ) throws(GramineError) -> [TemplateExpression] {
        var elements = [first]
        while take(.symbol(",")) {
            if let end, take(.symbol(end)) { return elements }
            if end == nil, token == nil { return elements }
            elements.append(try expression())
        }
        if let end { try expect(end) }
        return elements
    }

    private mutating func postfix(_ start: TemplateExpression) throws(GramineError) -> TemplateExpression {
        var value = start
        while true {
            if take(.symbol(".")) {
                if case .integer(let index)? = token {
                    next += 1
                    value = .item(value, .literal(.integer(index)))
                } else {
                    value = .attribute(value, try takeName("a name after '.'"))
                }
            } else if take(.symbol("[")) {
                let index = try expression()
                try expect("]")
                value = .item(value, index)
            } else if take(.symbol("(")) {
                value = .call(value, try arguments())
            } else {
                return value
            }
        }
    }

    private mutating func filtered(_ start: TemplateExpression) throws(GramineError) -> TemplateExpression {
        var value = start
        while true {
            if take(.symbol("|")) {
                let name = try takeName("the name of a filter")
                value = .filter(value, name, take(.symbol("(")) ? try arguments() : TemplateArguments())
            } else if take(.name("is")) {
                let isNegated = take(.name("not"))
                let test = TemplateExpression.test(value, try takeName("the name of a test"))
                value = isNegated ? .not(test) : test
            } else if take(.symbol("(")) {
                value = .call(value, try arguments())
            } else {
                return value
            }
        }
    }

    private mutating func arguments() throws(GramineError) -> TemplateArguments {
        var arguments = TemplateArguments()
        while !take(.symbol(")")) {
            if !arguments.positional.isEmpty || !arguments.named.isEmpty {
                try expect(",")
                if take(.symbol(")")) { break }
            }
            if case .name(let name)? = token, next + 1 < tokens.count, tokens[next + 1] == .symbol("=") {
                next += 2
                arguments.named.append((name, try expression()))
            } else {
                guard arguments.named.isEmpty else {
                    throw failure("an argument without a name behind one with a name")
                }
                arguments.positional.append(try expression())
            }
        }
        return arguments
    }
}
