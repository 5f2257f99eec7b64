/// What stands between double braces, or in a statement.
indirect enum TemplateExpression: Sendable {
    case literal(TemplateValue)
    case name(String)
    case list([TemplateExpression])
    case tuple([TemplateExpression])
    case dictionary([(key: TemplateExpression, value: TemplateExpression)])
    case attribute(TemplateExpression, String)
    case item(TemplateExpression, TemplateExpression)
    case call(TemplateExpression, TemplateArguments)
    case filter(TemplateExpression, String, TemplateArguments)
    case test(TemplateExpression, String)
    case not(TemplateExpression)
    case negative(TemplateExpression)
    case positive(TemplateExpression)
    case and(TemplateExpression, TemplateExpression)
    case or(TemplateExpression, TemplateExpression)
    case comparison(TemplateExpression, [(kind: Operator, operand: TemplateExpression)])
    case operation(Operator, TemplateExpression, TemplateExpression)
    case conditional(TemplateExpression, condition: TemplateExpression, otherwise: TemplateExpression?)

    enum Operator: String, Sendable {
        case equal = "=="
        case unequal = "!="
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="
        case isIn = "in"
        case isNotIn = "not in"
        case plus = "+"
        case minus = "-"
        case times = "*"
        case divided = "/"
        case quotient = "//"
        case remainder = "%"
        case joined = "~"
    }
}

struct TemplateArguments: Sendable {
    var positional: [TemplateExpression] = []
    var named: [(name: String, value: TemplateExpression)] = []
}

/// A part of a template.
indirect enum TemplatePart: Sendable {
    case text(String)
    case output(TemplateExpression, line: Int)
    case choice([(condition: TemplateExpression?, body: [TemplatePart])], line: Int)
    case loop(TemplateLoop)
    case assignment([String], TemplateExpression, line: Int)
    case block(String, [TemplatePart], line: Int)
}

struct TemplateLoop: Sendable {
    let names: [String]
    let elements: TemplateExpression
    let condition: TemplateExpression?
    let body: [TemplatePart]
    /// Where there is no element.
    let otherwise: [TemplatePart]
    let line: Int
}
