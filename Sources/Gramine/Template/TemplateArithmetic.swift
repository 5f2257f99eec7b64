internal import Notation

extension TemplateValue {
    /// Below zero, zero or above, for numbers and strings; nil for what can't be compared.
    func order(to other: TemplateValue) -> Int? {
        if let left = number, let right = other.number { return left < right ? -1 : left > right ? 1 : 0 }
        guard case (.string(let left), .string(let right)) = (self, other) else { return nil }
        return ExactText(left) < ExactText(right) ? -1 : ExactText(right) < ExactText(left) ? 1 : 0
    }

    /// Nil for what are no numbers, for division by zero, and for integers beyond 64 bits.
    func calculating(_ kind: TemplateExpression.Operator, _ other: TemplateValue) -> TemplateValue? {
        if let left = integer, let right = other.integer, kind != .divided {
            let result: (partialValue: Int, overflow: Bool)
            switch kind {
            case .plus: result = left.addingReportingOverflow(right)
            case .minus: result = left.subtractingReportingOverflow(right)
            case .times: result = left.multipliedReportingOverflow(by: right)
            case .quotient, .remainder:
                guard right != 0, !(left == .min && right == -1) else { return nil }
                // Python rounds downwards.
                let rounded = left / right - (left % right != 0 && (left < 0) != (right < 0) ? 1 : 0)
                return .integer(kind == .quotient ? rounded : left - rounded * right)
            default: return nil
            }
            return result.overflow ? nil : .integer(result.partialValue)
        }
        guard let left = number, let right = other.number else { return nil }
        switch kind {
        case .plus: return .float(left + right)
        case .minus: return .float(left - right)
        case .times: return .float(left * right)
        case .divided: return right == 0 ? nil : .float(left / right)
        case .quotient: return right == 0 ? nil : .float((left / right).rounded(.down))
        default: return nil
        }
    }
}

extension PurePath {
    /// An absolute path takes the place of this one.
    func joining(_ other: PurePath) -> PurePath {
        other.isAbsolute ? other : PurePath(root: root, parts: parts + other.parts)
    }
}
