public import Notation

/// Why bytes are no strict DER: where and what.
public struct DERError: Error, CodedError, Hashable, CustomStringConvertible {
    /// Counted from the start of the outermost value.
    public var offset: Int
    public var problem: String

    public init(offset: Int, _ problem: String) {
        self.offset = offset
        self.problem = problem
    }

    public var description: String { "\(problem) at offset \(offset)" }

    /// Stable; programs may depend on it.
    public var code: String { "certificate" }
}
