/// One thing that stands against acceptance: what it is about, what was expected, what was found, and what to do.
public struct Reason: Hashable, Sendable {
    /// Which rule.
    public var code: ReasonCode
    /// What is wrong here, in a sentence.
    public var message: String
    /// What the rule asks for, where that is a value.
    public var expected: String?
    /// What is there instead.
    public var found: String?

    package init(_ code: ReasonCode, _ message: String, expected: String? = nil, found: String? = nil) {
        self.code = code
        self.message = message
        self.expected = expected
        self.found = found
    }

    /// Which question it says no to.
    public var question: Question { code.question }
    /// What to do about it.
    public var mend: String { code.mend }
}

extension Reason: CustomStringConvertible {
    public var description: String {
        "\(code.name): \(message)" + (expected.map { ", expected \($0)" } ?? "") + (found.map { ", found \($0)" } ?? "")
    }
}

/// What a verdict answers, in this order.
public enum Question: String, Sendable, CaseIterable {
    /// The whole chain to the trusted root, over exactly this quote.
    case genuine
    /// TCB status, quoting enclave and every date.
    case upToDate
    /// Binding, measurement, debug, signer, launch record, policy.
    case mine
}

/// A stable name for a reason, lower camel case in dotted groups, with its meaning and its mend.
public struct ReasonCode: Hashable, Sendable {
    /// Stable: lower camel case in dotted groups (docs/verdicts.md).
    public let name: String
    /// Which question it says no to.
    public let question: Question
    /// In a sentence, whatever the case.
    public let meaning: String
    /// What to do about it.
    public let mend: String

    package init(_ name: String, of question: Question, meaning: String, mend: String) {
        self.name = name
        self.question = question
        self.meaning = meaning
        self.mend = mend
    }

    public static func == (left: ReasonCode, right: ReasonCode) -> Bool { left.name == right.name }
    public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}
