internal import CodeEncryption
internal import ConnectionProblems
internal import Enclave
internal import Files
internal import PackageFormat
internal import PythonHost
internal import RATLS

/// An error that says itself which part of the agent it comes from.
protocol AgentFailure: Error {
    /// What the operator is told of it.
    var failure: AgentEvent.Failure { get }
}

extension AgentEvent.Failure {
    /// Which part an error comes from.
    init(_ error: any Error) {
        switch error {
        case let error as any AgentFailure: self = error.failure
        case is EnclaveError: self = .platform
        case is CodeError, is PackageError: self = .package
        case is PythonError: self = .python
        case is FileError: self = .storage
        case is CertificateMakerError: self = .certificate
        case is ListeningError: self = .listen
        default: self = .other
        }
    }
}
