public import Files
public import Notation
internal import Secrets

/// Why code could not be encrypted or decrypted: which file, and what is wrong with it.
public enum CodeError: Error, CodedError, Hashable, Sendable {
    case keySize(found: Int)
    /// The tag fits neither these bytes nor this key.
    case notAuthentic(path: String)
    case tooShort(path: String, found: Int)
    /// A name or a kind of file that isn't taken.
    case refused(path: String, String)
    /// Reading or writing failed.
    case file(FileError)

    public var code: String {
        switch self {
        case .keySize: "code.keySize"
        case .notAuthentic: "code.notAuthentic"
        case .tooShort: "code.tooShort"
        case .refused: "code.refused"
        case .file: "code.file"
        }
    }
}

extension CodeError {
    /// Any error of the parts below as one of ours.
    /// - Parameter path: of what was worked on, for an error that names nothing itself.
    package static func wrapping(_ error: any Error, path: String) -> CodeError {
        switch error {
        case let error as CodeError: error
        case let error as FileError: .file(error)
        default: .file(FileError(path, "\(error)"))
        }
    }
}

extension CodeError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .keySize(let found): "a key of \(SecretKey.byteCount) bytes expected, found \(found)"
        case .notAuthentic(let path):
            "\(path.printable(limit: nil)): not authentic: the key is another one, or the file was changed"
        case .tooShort(let path, let found):
            """
            \(path.printable(limit: nil)): \(found) bytes are no encrypted file; the shortest has \
            \(FileCipher.overhead)
            """
        case .refused(let path, let problem): "\(path.printable(limit: nil)): \(problem)"
        case .file(let error): error.description
        }
    }
}
