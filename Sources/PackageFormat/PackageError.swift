public import CodeEncryption
public import Files
public import Notation

/// Why a project can't be packaged or a package can't be read.
public enum PackageError: Error, CodedError, CustomStringConvertible {
    case file(FileError)
    case code(CodeError)
    /// A text of the project or the package.
    case text(path: String, NotationError)
    /// The package isn't what it must be.
    case archive(path: String, String)
    /// The environment could not be locked or installed.
    case environment(String)
    /// What the code imports isn't in the environment, or can't be looked at; how that is passed over, whoever asks
    /// knows.
    case imports(String)

    public var code: String {
        switch self {
        case .file(let error): error.code
        case .code(let error): error.code
        case .text: "text"
        case .archive: "package"
        case .environment, .imports: "environment"
        }
    }

    public var description: String {
        switch self {
        case .file(let error): error.description
        case .code(let error): error.description
        case .text(let path, let error): "\(path.printable(limit: nil)): \(error)"
        case .archive(let path, let problem): "\(path.printable(limit: nil)): \(problem)"
        case .environment(let problem), .imports(let problem): problem
        }
    }

    /// Any error of the parts below as one of ours.
    package static func wrapping(_ error: any Error, path: String) -> PackageError {
        switch error {
        case let error as PackageError: error
        case let error as FileError: .file(error)
        case let error as CodeError: .code(error)
        case let error as NotationError: .text(path: path, error)
        default: .archive(path: path, "\(error)")
        }
    }
}
