/// One thing that stands against acceptance: what it is about, what was expected, what was found, and what to do.
public struct Reason: Hashable, Sendable {
    public var code: ReasonCode
    public var message: String
    public var expected: String?
    public var found: String?

    public init(_ code: ReasonCode, _ message: String, expected: String? = nil, found: String? = nil) {
        self.code = code
        self.message = message
        self.expected = expected
        self.found = found
    }

    public var question: Question { code.question }
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
    public let name: String
    public let question: Question
    public let meaning: String
    public let mend: String

    public init(_ name: String, _ question: Question, _ meaning: String, mend: String) {
        self.name = name
        self.question = question
        self.meaning = meaning
        self.mend = mend
    }

    public static func == (left: ReasonCode, right: ReasonCode) -> Bool { left.name == right.name }
    public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}
