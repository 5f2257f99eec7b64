internal import Notation

/// One rendering: names as they are at this moment, and what was written so far.
struct TemplateRun<Around: Surroundings> {
    let names: TemplateSurroundings<Around>
    private(set) var output = ""
    /// The innermost last.
    private var scopes: [[ExactText: TemplateValue]]
    private var line = 0
    private var steps = 0

    private static var outputLimit: Int { 64 << 20 }
    private static var stepLimit: Int { 2_000_000 }
    private static var elementLimit: Int { 100_000 }

    init(names: TemplateSurroundings<Around>, variables: [String: TemplateValue]) {
        self.names = names
        let given = TemplateSurroundings<Around>.names.merging(variables) { $1 }
        scopes = [Dictionary(uniqueKeysWithValues: given.map { (ExactText($0.key), $0.value) })]
    }

    private func failure(_ problem: String) -> GramineError {
        GramineError(.template, problem, at: line == 0 ? .none : Place(line: line, column: 1))
    }

    /// - Parameter count: what a value costs that was made or compared.
    private mutating func step(_ count: Int = 1) throws(GramineError) {
        steps += count
        guard steps <= Self.stepLimit, output.utf8.count <= Self.outputLimit else {
            throw failure(
                "rendering takes more than \(Self.stepLimit) steps or writes more than \(Self.outputLimit) bytes"
            )
        }
    }

    // MARK: Parts

    mutating func render(_ parts: [TemplatePart]) throws(GramineError) {
        for part in parts {
            try step()
            switch part {
            case .text(let text): output += text
            case .output(let expression, let line):
                self.line = line
                output += try text(of: try value(of: expression))
            case .choice(let branches, let line):
                for branch in branches {
                    self.line = line
                    if let condition = branch.condition, try !isTrue(condition) { continue }
                    try render(branch.body)
                    break
                }
            case .loop(let loop): try render(loop)
            case .assignment(let targets, let expression, let line):
                self.line = line
                try assign(try evaluate(expression), to: targets)
            case .block(let name, let body, let line):
                self.line = line
                let before = output
                output = ""
                scopes.append([:])
                try render(body)
                scopes.removeLast()
                let text = output
                output = before
                try assign(.string(text), to: [name])
            }
        }
    }

    private mutating func render(_ loop: TemplateLoop) throws(GramineError) {
        line = loop.line
        var elements = try elements(of: try value(of: loop.elements))
        if let condition = loop.condition {
            var kept: [TemplateValue] = []
            for element in elements {
                scopes.append([:])
                try assign(element, to: loop.names)
                if try isTrue(condition) { kept.append(element) }
                scopes.removeLast()
            }
            elements = kept
        }
        guard !elements.isEmpty else { return try render(loop.otherwise) }
        for (index, element) in elements.enumerated() {
            scopes.append(["loop": Self.loop(index, of: elements)])
            try assign(element, to: loop.names)
            try render(loop.body)
            scopes.removeLast()
        }
    }

    private static func loop(_ index: Int, of elements: [TemplateValue]) -> TemplateValue {
        let count = elements.count
        var entries: [(String, TemplateValue)] = [
            ("index", .integer(index + 1)), ("index0", .integer(index)), ("first", .boolean(index == 0)),
            ("last", .boolean(index == count - 1)), ("length", .integer(count)), ("revindex", .integer(count - index)),
            ("revindex0", .integer(count - index - 1)),
        ]
        if index > 0 { entries.append(("previtem", elements[index - 1])) }
        if index + 1 < count { entries.append(("nextitem", elements[index + 1])) }
        return .dictionary(entries.map { TemplateValue.Entry(key: .string($0.0), value: $0.1) })
    }

    private mutating func assign(_ value: TemplateValue, to names: [String]) throws(GramineError) {
        guard names.count > 1 else {
            scopes[scopes.count - 1][ExactText(names[0])] = value
            return
        }
        let parts = try elements(of: value)
        guard parts.count == names.count else {
            throw failure("\(parts.count) values for \(names.count) names")
        }
        for (name, part) in zip(names, parts) { scopes[scopes.count - 1][ExactText(name)] = part }
    }

    // MARK: Values

    /// What may be undefined. Values that are made out of others count as many steps as they have parts: what doubles
    /// itself ends soon.
    private mutating func evaluate(_ expression: TemplateExpression) throws(GramineError) -> TemplateValue {
        let value = try uncharged(expression)
        switch expression {
        case .list, .tuple, .dictionary, .operation, .filter, .call:
            try step(value.weight(limit: Self.stepLimit))
        default: break
        }
        return value
    }

    private mutating func uncharged(_ expression: TemplateExpression) throws(GramineError) -> TemplateValue {
        try step()
        switch expression {
        case .literal(let value): return value
        case .name(let name):
            let known = scopes.last { $0[ExactText(name)] != nil }?[ExactText(name)]
            return known ?? .undefined("'\(name.printable(limit: 80))' is undefined")
        case .list(let elements): return .list(try values(of: elements))
        case .tuple(let elements): return .tuple(try values(of: elements))
        case .dictionary(let entries):
            var result: [TemplateValue.Entry] = []
            for entry in entries {
                result.append(TemplateValue.Entry(key: try value(of: entry.key), value: try value(of: entry.value)))
            }
            return .dictionary(result)
        case .attribute(let base, let name): return try attribute(name, of: try value(of: base))
        case .item(let base, let index): return try item(try value(of: index), of: try value(of: base))
        case .call(let function, let arguments):
            guard case .function(let function) = try value(of: function) else {
                throw failure("what is called is no function")
            }
            return try call(
                function,
                TemplateCall(
                    positional: try values(of: arguments.positional),
                    named: try named(arguments),
                    failure: failure("arguments that don't fit what is called")
                )
            )
        case .filter(let base, let name, let arguments):
            let base = name == "default" || name == "d" ? try evaluate(base) : try value(of: base)
            let call = TemplateCall(
                positional: try values(of: arguments.positional),
                named: try named(arguments),
                failure: failure("arguments that don't fit the filter '\(name)', or a value that it doesn't take")
            )
            guard let filter = TemplateFilter(rawValue: name) else {
                throw failure("the filter '\(name.printable(limit: 80))' isn't known here")
            }
            return try filter.apply(to: base, call)
        case .test(let base, let name): return .boolean(try test(name, base))
        case .not(let operand): return .boolean(try !isTrue(operand))
        case .negative(let operand):
            switch try value(of: operand) {
            case .float(let number): return .float(-number)
            case let operand:
                guard let number = operand.integer, number != .min else { throw failure("'-' before \(operand.kind)") }
                return .integer(-number)
            }
        case .positive(let operand):
            let operand = try value(of: operand)
            guard operand.number != nil else { throw failure("'+' before \(operand.kind)") }
            return operand
        case .and(let left, let right):
            let value = try value(of: left)
            return value.isTrue ? try self.value(of: right) : value
        case .or(let left, let right):
            let value = try value(of: left)
            return value.isTrue ? value : try self.value(of: right)
        case .comparison(let first, let others):
            var left = try value(of: first)
            for other in others {
                let right = try value(of: other.operand)
                try step(left.weight(limit: Self.stepLimit) + right.weight(limit: Self.stepLimit))
                guard try compare(left, by: other.kind, right) else { return .boolean(false) }
                left = right
            }
            return .boolean(true)
        case .operation(let kind, let left, let right):
            return try operate(kind, on: try value(of: left), try value(of: right))
        case .conditional(let base, let condition, let otherwise):
            if try isTrue(condition) { return try evaluate(base) }
            // Without 'else' Jinja writes nothing, however strict it is otherwise.
            guard let otherwise else { return .string("") }
            return try evaluate(otherwise)
        }
    }

    /// What is defined.
    private mutating func value(of expression: TemplateExpression) throws(GramineError) -> TemplateValue {
        let value = try evaluate(expression)
        if case .undefined(let problem) = value { throw failure(problem) }
        return value
    }

    private mutating func values(of expressions: [TemplateExpression]) throws(GramineError) -> [TemplateValue] {
        var values: [TemplateValue] = []
        for expression in expressions { values.append(try value(of: expression)) }
        return values
    }

    private mutating func named(_ arguments: TemplateArguments) throws(GramineError) -> [String: TemplateValue] {
        var named: [String: TemplateValue] = [:]
        for argument in arguments.named { named[argument.name] = try value(of: argument.value) }
        return named
    }

    private mutating func isTrue(_ expression: TemplateExpression) throws(GramineError) -> Bool {
        try value(of: expression).isTrue
    }

    /// As in the output.
    private func text(of value: TemplateValue) throws(GramineError) -> String {
        // A function of Gramine's that is named and not called stands for its result.
        if value == .function(.runtimeFolder) { return try names.runtimeFolder("glibc").text }
        guard let text = value.text else { throw failure("\(value.kind) can't be written into a manifest") }
        return text
    }

    private func elements(of value: TemplateValue) throws(GramineError) -> [TemplateValue] {
        guard let elements = value.elements else { throw failure("\(value.kind) has no elements") }
        return elements
    }

    private mutating func test(_ name: String, _ base: TemplateExpression) throws(GramineError) -> Bool {
        let value = try evaluate(base)
        switch (name, value) {
        case ("defined", .undefined): return false
        case ("defined", _): return true
        case ("undefined", .undefined): return true
        case ("undefined", _): return false
        case (_, .undefined(let problem)): throw failure(problem)
        case ("none", let value): return value == .none
        case ("string", .string), ("boolean", .boolean), ("mapping", .dictionary), ("sequence", .list),
            ("sequence", .tuple):
            return true
        case ("string", _), ("boolean", _), ("mapping", _), ("sequence", _): return false
        case ("number", let value): return value.number != nil
        case ("integer", .integer), ("float", .float): return true
        case ("integer", _), ("float", _): return false
        case ("true", let value): return value == .boolean(true) && value.kind == "a boolean"
        case ("false", let value): return value == .boolean(false) && value.kind == "a boolean"
        case ("even", let value), ("odd", let value):
            guard let number = value.integer else { throw failure("\(value.kind) is neither even nor odd") }
            return number.isMultiple(of: 2) == (name == "even")
        default: throw failure("the test '\(name.printable(limit: 80))' isn't known here")
        }
    }

    // MARK: Members

    private func attribute(_ name: String, of value: TemplateValue) throws(GramineError) -> TemplateValue {
        switch value {
        case .names(let group): return try self.names.value(name, of: group)
        case .dictionary(let entries):
            if ["get", "items", "keys", "values"].contains(name) { return .function(.method(name, value)) }
            if let entry = entries.last(where: { $0.key == .string(name) }) { return entry.value }
            return .undefined("'dict object' has no attribute '\(name.printable(limit: 80))'")
        case .string where TemplateMethod(rawValue: name) != nil: return .function(.method(name, value))
        case .path(let path) where name == "name": return .string(path.parts.last ?? "")
        case .path(let path) where name == "stem" || name == "suffix":
            let last = path.parts.last ?? ""
            // A dot at either end begins no suffix.
            let dot = last.lastIndex(of: ".").flatMap { place in
                place == last.startIndex || last.index(after: place) == last.endIndex ? nil : place
            }
            let (stem, suffix) = dot.map { (last[..<$0], last[$0...]) } ?? (last[...], "")
            return .string(String(name == "stem" ? stem : suffix))
        case .path(let path) where name == "parent":
            return .path(PurePath(root: path.root, parts: path.parts.dropLast()))
        default: return .undefined("\(value.kind) has no attribute '\(name.printable(limit: 80))'")
        }
    }

    private func item(_ index: TemplateValue, of value: TemplateValue) throws(GramineError) -> TemplateValue {
        switch (value, index) {
        case (.names(let group), .string(let name)):
            // By index a name is a variable's and never a method's.
            if group == .environment {
                return self.names.surroundings.variable(name).map { .string($0) }
                    ?? .undefined("the environment has no variable '\(name.printable(limit: 80))'")
            }
            return try self.names.value(name, of: group)
        case (.dictionary(let entries), _):
            return entries.last { $0.key == index }?.value ?? .undefined("a dictionary has no such key")
        case (.list(let elements), _), (.tuple(let elements), _):
            guard let number = index.integer else { throw failure("\(index.kind) is no index of a list") }
            let place = number < 0 ? elements.count + number : number
            return elements.indices.contains(place) ? elements[place] : .undefined("a list has no element \(number)")
        case (.string(let text), .integer(let number)):
            let scalars = Array(text.unicodeScalars)
            let place = number < 0 ? scalars.count + number : number
            return scalars.indices.contains(place)
                ? .string(String(scalars[place])) : .undefined("a string has no character \(number)")
        default: throw failure("\(value.kind) has no element of that kind")
        }
    }

    // MARK: Operators

    private func compare(
        _ left: TemplateValue,
        by kind: TemplateExpression.Operator,
        _ right: TemplateValue
    ) throws(GramineError) -> Bool {
        switch kind {
        case .equal: return left == right
        case .unequal: return left != right
        case .isIn: return try contains(right, left)
        case .isNotIn: return try !contains(right, left)
        default: break
        }
        guard let order = left.order(to: right) else { throw failure("\(left.kind) compared with \(right.kind)") }
        return switch kind {
        case .less: order < 0
        case .lessOrEqual: order <= 0
        case .greater: order > 0
        default: order >= 0
        }
    }

    private func contains(_ whole: TemplateValue, _ part: TemplateValue) throws(GramineError) -> Bool {
        switch (whole, part) {
        case (.string(let text), .string(let part)): return part.isEmpty || ExactText(text).contains(part)
        case (.list(let elements), _), (.tuple(let elements), _): return elements.contains(part)
        case (.dictionary(let entries), _): return entries.contains { $0.key == part }
        case (.names(.environment), .string(let name)): return self.names.surroundings.variable(name) != nil
        case (.names(let group), .string(let name)):
            if case .undefined = try self.names.value(name, of: group) { return false }
            return true
        default: throw failure("'in' between \(part.kind) and \(whole.kind)")
        }
    }

    private func operate(
        _ kind: TemplateExpression.Operator,
        on left: TemplateValue,
        _ right: TemplateValue
    ) throws(GramineError) -> TemplateValue {
        switch (kind, left, right) {
        case (.joined, _, _): return .string(try text(of: left) + text(of: right))
        case (.divided, .function(.runtimeFolder), _):
            return try operate(kind, on: .path(try self.names.runtimeFolder("glibc")), right)
        case (.divided, .path(let path), .string(let name)): return .path(path.joining(PurePath(name)))
        case (.divided, .path(let path), .path(let other)): return .path(path.joining(other))
        case (.divided, .string(let text), .path(let path)): return .path(PurePath(text).joining(path))
        case (.plus, .string(let left), .string(let right)): return .string(left + right)
        case (.plus, .list(let left), .list(let right)): return .list(left + right)
        case (.plus, .tuple(let left), .tuple(let right)): return .tuple(left + right)
        default: break
        }
        guard let result = left.calculating(kind, right) else {
            throw failure(
                "'\(kind.rawValue)' between \(left.kind) and \(right.kind), or a result that is no number of 64 bits"
            )
        }
        return result
    }

    // MARK: Calls

    private func call(_ function: TemplateFunction, _ call: TemplateCall) throws(GramineError) -> TemplateValue {
        switch function {
        case .ldd: return .list(try names.libraries(of: try call.texts()).map { .string($0) })
        case .range:
            let numbers = try call.integers(1...3)
            let (start, end) = numbers.count == 1 ? (0, numbers[0]) : (numbers[0], numbers[1])
            let step = numbers.count == 3 ? numbers[2] : 1
            guard step != 0, abs(Double(end) - Double(start)) / abs(Double(step)) < Double(Self.elementLimit) else {
                throw failure("a range of more than \(Self.elementLimit) numbers")
            }
            return .list(stride(from: start, to: end, by: step).map { .integer($0) })
        case .runtimeFolder: return .path(try names.runtimeFolder(try call.texts().first ?? "glibc"))
        case .pythonSearchPath:
            let interpreter = try call.text(0, named: "interp")
            let includesMissing = call.optional(1, named: "include_nonexisting")?.isTrue ?? false
            return .list(
                try names.searchPath(of: interpreter, includesMissing: includesMissing).map { .path(PurePath($0)) }
            )
        case .pythonVariable: return try names.askPython("sysconfig.get_config_var(*sys.argv[1:])", try call.texts())
        case .pythonPath: return try names.askPython("sysconfig.get_path(*sys.argv[1:])", try call.texts())
        case .pythonPaths: return try names.askPython("sysconfig.get_paths(*sys.argv[1:])", try call.texts())
        case .environmentVariable:
            let name = try call.text(0, named: "key")
            return names.surroundings.variable(name).map { .string($0) } ?? call.optional(1, named: "default") ?? .none
        case .method(let name, let value):
            if case .string(let text) = value, let method = TemplateMethod(rawValue: name) {
                return try method.call(on: text, call)
            }
            guard case .dictionary(let entries) = value else { throw failure("what is called is no function") }
            switch name {
            case "items": return .list(entries.map { .tuple([$0.key, $0.value]) })
            case "keys": return .list(entries.map(\.key))
            case "values": return .list(entries.map(\.value))
            default:
                let key = try call.required(0, named: "key")
                return entries.last { $0.key == key }?.value ?? call.optional(1, named: "default") ?? .none
            }
        }
    }
}
