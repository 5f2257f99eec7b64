internal import Enclave
internal import Notation

/// Why sealed state isn't believed.
enum SealedStateError: AgentFailure, CodedError, Hashable, CustomStringConvertible {
    /// It was sealed by another enclave, processor or instance, or was changed.
    case doesNotOpen(AgentEvent.SealedFile, String)
    /// It opens, and isn't what this version writes.
    case malformed(AgentEvent.SealedFile)

    /// Which file it is.
    var file: AgentEvent.SealedFile {
        switch self {
        case .doesNotOpen(let file, _), .malformed(let file): file
        }
    }

    var failure: AgentEvent.Failure { .storage }

    var description: String {
        switch self {
        case .doesNotOpen(_, let path):
            "\(path): was cut or changed, or sealed by another enclave, processor or instance, or in another epoch"
        case .malformed(let file): "\(file.path): opens, but isn't what this version seals"
        }
    }

    var code: String { "state.damaged" }
}
