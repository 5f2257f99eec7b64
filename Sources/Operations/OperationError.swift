public import Files

/// Why an operation could not be done: about what, the problem, and the mend where there is one.
public struct OperationError: CodedError, CustomStringConvertible {
    public var subject: String
    public var problem: String
    /// Part of the message too.
    public var mend: String?
    public var code: String

    public init(_ subject: String, _ problem: String, mend: String? = nil, code: String = "operation") {
        self.subject = subject
        self.problem = problem
        self.mend = mend
        self.code = code
    }

    public var description: String { (subject.isEmpty ? "" : subject + ": ") + problem + (mend.map { "; " + $0 } ?? "") }
}
