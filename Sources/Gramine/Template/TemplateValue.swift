internal import Notation

/// A value while a template is rendered; what the template's language, Jinja, has from Python.
indirect enum TemplateValue: Hashable, Sendable {
    /// A name that nothing was given for, with what is to be said when it is used.
    case undefined(String)
    case none
    case boolean(Bool)
    case integer(Int)
    case float(Double)
    case string(String)
    case list([TemplateValue])
    case tuple([TemplateValue])
    case dictionary([Entry])
    case path(PurePath)
    case function(TemplateFunction)
    /// A group of names of Gramine's: `gramine`, `python`, `env`.
    case names(TemplateNames)

    struct Entry: Hashable, Sendable {
        let key: TemplateValue
        let value: TemplateValue
    }

    /// What it is called in messages.
    var kind: String {
        switch self {
        case .undefined: "an undefined name"
        case .none: "None"
        case .boolean: "a boolean"
        case .integer: "an integer"
        case .float: "a float"
        case .string: "a string"
        case .list: "a list"
        case .tuple: "a tuple"
        case .dictionary, .names: "a dictionary"
        case .path: "a path"
        case .function: "a function"
        }
    }

    /// What Python takes for true.
    var isTrue: Bool {
        switch self {
        case .undefined, .none: false
        case .boolean(let isTrue): isTrue
        case .integer(let number): number != 0
        case .float(let number): number != 0
        case .string(let text): !text.isEmpty
        case .list(let elements), .tuple(let elements): !elements.isEmpty
        case .dictionary(let entries): !entries.isEmpty
        case .path, .function, .names: true
        }
    }

    /// Equal as Python has it: `1 == 1.0 == True`, and strings by their scalars.
    static func == (left: TemplateValue, right: TemplateValue) -> Bool {
        if let left = left.number, let right = right.number { return left == right }
        return switch (left, right) {
        case (.none, .none): true
        case (.string(let left), .string(let right)): left.utf8.elementsEqual(right.utf8)
        case (.list(let left), .list(let right)), (.tuple(let left), .tuple(let right)): left == right
        case (.dictionary(let left), .dictionary(let right)): Set(left) == Set(right)
        case (.path(let left), .path(let right)): left == right
        case (.function(let left), .function(let right)): left == right
        case (.names(let left), .names(let right)): left == right
        default: false
        }
    }

    func hash(into hasher: inout Hasher) {
        if let number {
            hasher.combine(number)
        } else if case .string(let text) = self {
            hasher.combine(ExactText(text))
        }
    }

    /// What a loop goes through; nil for what has no elements.
    var elements: [TemplateValue]? {
        switch self {
        case .list(let elements), .tuple(let elements): elements
        case .dictionary(let entries): entries.map(\.key)
        case .string(let text): text.unicodeScalars.map { .string(String($0)) }
        default: nil
        }
    }

    /// How many parts it has, 16 bytes of a text being one; of no more than a limit is it told how many.
    func weight(limit: Int) -> Int {
        var weight = 1
        func add(_ values: [TemplateValue]) {
            for value in values where weight <= limit { weight += value.weight(limit: limit - weight) }
        }
        switch self {
        case .string(let text): weight += text.utf8.count / 16
        case .list(let elements), .tuple(let elements): add(elements)
        case .dictionary(let entries):
            add(entries.map(\.key))
            add(entries.map(\.value))
        default: break
        }
        return weight
    }

    /// Of integers, floats and booleans.
    var number: Double? {
        switch self {
        case .boolean(let isTrue): isTrue ? 1 : 0
        case .integer(let number): Double(number)
        case .float(let number): number
        default: nil
        }
    }

    /// Of integers and booleans.
    var integer: Int? {
        switch self {
        case .boolean(let isTrue): isTrue ? 1 : 0
        case .integer(let number): number
        default: nil
        }
    }
}

/// What a template can call.
enum TemplateFunction: Hashable, Sendable {
    case ldd, range
    case runtimeFolder, pythonSearchPath, pythonVariable, pythonPath, pythonPaths
    case environmentVariable
    /// Of a value, such as `"a".upper`.
    case method(String, TemplateValue)
}

enum TemplateNames: Hashable, Sendable {
    case gramine, python, environment
}
