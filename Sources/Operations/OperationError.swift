/// Why an operation could not be done: about what, the problem, and the mend where there is one.
public struct OperationError: Error, CustomStringConvertible {
    public var subject: String
    public var problem: String

    public init(_ subject: String, _ problem: String) {
        self.subject = subject
        self.problem = problem
    }

    public var description: String { subject.isEmpty ? problem : "\(subject): \(problem)" }
}
