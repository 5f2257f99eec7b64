public import ArgumentParser
internal import Notation

/// Why a number was refused.
struct NumberError: CodedError, CustomStringConvertible {
    var description: String

    init(_ range: ClosedRange<Int>) {
        description = "a whole number from \(range.lowerBound) to \(range.upperBound) expected"
    }

    var code: String { "usage" }
}

/// Options that are numbers, checked where they are read. What follows one is its value, so that `-1` is told to be out
/// of range.
extension Option where Value == Int {
    public init(wrappedValue: Int, in range: ClosedRange<Int>, help: ArgumentHelp) {
        self.init(wrappedValue: wrappedValue, parsing: .unconditional, help: help) { try number($0, in: range) }
    }

    public init(in range: ClosedRange<Int>, help: ArgumentHelp) {
        self.init(parsing: .unconditional, help: help) { try number($0, in: range) }
    }
}

extension Option where Value == Int? {
    public init(in range: ClosedRange<Int>, help: ArgumentHelp) {
        self.init(parsing: .unconditional, help: help) { try number($0, in: range) }
    }
}

/// Decimal digits alone: no blanks, no plus, no digits of other scripts.
private func number(_ text: String, in range: ClosedRange<Int>) throws(NumberError) -> Int {
    let digits = text.hasPrefix("-") ? text.utf8.dropFirst() : text.utf8[...]
    guard !digits.isEmpty, digits.allSatisfy({ (0x30...0x39).contains($0) }), let value = Int(text),
        range.contains(value)
    else {
        throw NumberError(range)
    }
    return value
}
