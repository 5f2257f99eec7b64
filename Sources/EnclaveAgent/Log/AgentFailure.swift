internal import CodeEncryption
internal import ConnectionProblems
internal import Enclave
internal import Files
internal import PackageFormat
internal import PythonHost
internal import RATLS

extension AgentEvent.Failure {
    /// Which part an error comes from.
    init(_ error: any Error) {
        switch error {
        case is EnclaveError: self = .platform
        case is CodeError, is PackageError: self = .package
        case is PythonError: self = .python
        case is FileError, is SealedStateError: self = .storage
        case is CertificateMakerError: self = .certificate
        case is ListeningError: self = .listen
        case let error as AgentError: self = error.failure
        default: self = .other
        }
    }
}
