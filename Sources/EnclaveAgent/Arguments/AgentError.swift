internal import Enclave
public import Notation

/// What keeps the agent from its work, where no other part has a word of its own for it.
public struct AgentError: AgentFailure, CodedError, CustomStringConvertible {
    public let description: String
    /// What the operator is told of it.
    let failure: AgentEvent.Failure

    public init(_ description: String) { self.init(description, .other) }

    init(_ description: String, _ failure: AgentEvent.Failure) {
        self.description = description
        self.failure = failure
    }

    /// Stable; programs may depend on it.
    public var code: String { "agent" }
}
