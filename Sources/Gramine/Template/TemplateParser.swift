internal import Notation

/// The parts of a template, from its pieces.
struct TemplateParser {
    private let pieces: [TemplateTokens.Piece]
    private var next = 0
    private var nesting = 0

    private static let nestingLimit = 64

    static func parse(_ text: String) throws(GramineError) -> [TemplatePart] {
        var parser = TemplateParser(pieces: try TemplateTokens(text).pieces)
        let (parts, end) = try parser.parts(until: [])
        precondition(end == nil)
        return parts
    }

    private init(pieces: [TemplateTokens.Piece]) { self.pieces = pieces }

    /// Parts up to a statement with one of these names, which is handed back, its name taken.
    private mutating func parts(
        until ends: [String],
        of opening: String = "",
        line: Int = 0
    ) throws(GramineError) -> ([TemplatePart], ExpressionParser?) {
        nesting += 1
        defer { nesting -= 1 }
        guard nesting <= Self.nestingLimit else {
            throw GramineError(.template, "statements nested deeper than 64", at: Place(line: line, column: 1))
        }
        var parts: [TemplatePart] = []
        while next < pieces.count {
            let piece = pieces[next]
            next += 1
            switch piece {
            case .text(let text): parts.append(.text(text))
            case .output(let tokens, let line):
                var parser = ExpressionParser(tokens, line: line)
                parts.append(.output(try parser.whole(), line: line))
            case .statement(let tokens, let line):
                var parser = ExpressionParser(tokens, line: line)
                let name = try parser.takeName("the name of a statement")
                if ends.contains(name) {
                    parser.statement = name
                    return (parts, parser)
                }
                parts.append(try statement(name, &parser))
            }
        }
        guard ends.isEmpty else {
            throw GramineError(
                .template,
                "'\(opening)' without its '\(ends.last ?? "")'",
                at: Place(line: line, column: 1)
            )
        }
        return (parts, nil)
    }

    private mutating func statement(_ name: String, _ parser: inout ExpressionParser) throws(GramineError)
        -> TemplatePart
    {
        switch name {
        case "if": return try choice(&parser)
        case "for": return try loop(&parser)
        case "set": return try assignment(&parser)
        case "elif", "else", "endif", "endfor", "endset", "endraw":
            throw parser.failure("'\(name)' without what it belongs to")
        default:
            throw parser.failure(
                "the statement '\(name.printable(limit: 40))' isn't rendered here; known are if, for, set and raw"
            )
        }
    }

    private mutating func choice(_ parser: inout ExpressionParser) throws(GramineError) -> TemplatePart {
        let line = parser.line
        var branches: [(condition: TemplateExpression?, body: [TemplatePart])] = []
        var condition: TemplateExpression? = try parser.whole()
        while true {
            let ends = condition == nil ? ["endif"] : ["elif", "else", "endif"]
            let (body, end) = try parts(until: ends, of: "if", line: line)
            branches.append((condition, body))
            guard var end else { break }
            switch end.statement {
            case "elif": condition = try end.whole()
            case "else":
                try end.finish()
                condition = nil
            default:
                try end.finish()
                return .choice(branches, line: line)
            }
        }
        return .choice(branches, line: line)
    }

    private mutating func loop(_ parser: inout ExpressionParser) throws(GramineError) -> TemplatePart {
        let line = parser.line
        let names = try parser.targets()
        guard parser.take(.name("in")) else { throw parser.failure("'in' expected after the name of a loop") }
        // A condition behind it is the loop's own.
        let elements = try parser.withoutCondition()
        let condition = parser.take(.name("if")) ? try parser.expression() : nil
        try parser.finish()
        var (body, end) = try parts(until: ["else", "endfor"], of: "for", line: line)
        var otherwise: [TemplatePart] = []
        try end?.finish()
        if end?.statement == "else" {
            (otherwise, end) = try parts(until: ["endfor"], of: "for", line: line)
            try end?.finish()
        }
        return .loop(
            TemplateLoop(
                names: names,
                elements: elements,
                condition: condition,
                body: body,
                otherwise: otherwise,
                line: line
            )
        )
    }

    private mutating func assignment(_ parser: inout ExpressionParser) throws(GramineError) -> TemplatePart {
        let line = parser.line
        let names = try parser.targets()
        if parser.take(.symbol("=")) { return .assignment(names, try parser.whole(), line: line) }
        try parser.finish()
        guard names.count == 1 else { throw parser.failure("'=' expected") }
        var (body, end) = try parts(until: ["endset"], of: "set", line: line)
        try end?.finish()
        return .block(names[0], body, line: line)
    }
}
