internal import Notation

/// Why a signed document can't be used.
enum DocumentError: Error {
    case malformed(NotationError)
    /// Of another version than the one that is read here.
    case version(found: Int)
}
