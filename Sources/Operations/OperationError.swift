internal import Files
public import Notation

/// Why an operation could not be done: about what, the problem, and the mend where there is one.
public struct OperationError: Error, CodedError, CustomStringConvertible {
    public var subject: String
    public var problem: String
    /// Part of the message too.
    public var mend: String?
    public var code: String
    /// What somebody else said about it, in lines of his own.
    public var quotation: String?

    public init(
        _ subject: String,
        _ problem: String,
        mend: String? = nil,
        code: OperationCode,
        quoting quotation: String? = nil
    ) {
        self.subject = subject
        self.problem = problem
        self.mend = mend
        self.code = code.rawValue
        self.quotation = quotation
    }

    /// In other words, and about another subject, what somebody else's error says.
    init(_ subject: String, _ problem: String, mend: String? = nil, like error: any CodedError) {
        self.init(subject, problem, mend: mend, code: .usage)
        code = error.code
    }

    /// One line, whatever names and texts of strangers stand in it. A quotation follows, each of its lines behind a
    /// bar: none can pass for one of ours.
    public var description: String {
        let own = (subject.isEmpty ? "" : subject + ": ") + problem + (mend.map { "; " + $0 } ?? "")
        let quoted = quotation.map { text in
            // By scalars: to Swift, CR and LF together are one character.
            text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
                .map { "\n  | " + String($0).printable(limit: Self.quotedLineLimit) }.joined()
        }
        return own.printable(limit: nil) + (quoted.map { ":" + $0 } ?? "")
    }

    private static let quotedLineLimit = 2000

    /// Reads a text, whose errors say where in it they are, but not in which file.
    static func naming<Value>(
        _ path: String,
        code: OperationCode,
        _ read: () throws -> Value
    ) throws -> Value {
        do {
            return try read()
        } catch let error as NotationError {
            throw OperationError(path, "\(error)", code: code)
        }
    }
}
