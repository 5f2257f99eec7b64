internal import Glibc

/// An error that programs tell from others.
package protocol CodedError: Error {
    /// Stable, lower camel case in dotted groups.
    var code: String { get }
    /// What to do about it, where the message doesn't say so itself.
    var mend: String? { get }
}

extension CodedError {
    package var mend: String? { nil }
}

extension FileError: CodedError {
    package var code: String {
        switch number {
        case ENOENT, ENOTDIR: "file.notFound"
        case EEXIST: "file.exists"
        case EACCES, EPERM, EROFS: "file.denied"
        case ENOSPC, EDQUOT: "file.full"
        default: "file"
        }
    }
}
