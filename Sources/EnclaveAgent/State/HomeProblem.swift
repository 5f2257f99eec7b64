internal import Files
internal import Glibc
internal import Notation
internal import PackageFormat

/// Why HOME isn't sealed as it is.
enum HomeProblem: Error, Hashable, CustomStringConvertible {
    /// - Parameter path: where it was then.
    case timeLimit(_ path: String, seconds: Int)
    /// What was read of it while it changed is more than private memory could take at the next start.
    case tooLarge(byteCount: Int)

    var description: String {
        switch self {
        case .timeLimit(let path, let seconds):
            "it takes longer than \(seconds) seconds; they were over at \(path.printable(limit: nil))"
        case .tooLarge(let byteCount):
            """
            what was read of it while it changed is more than the \(byteCount) bytes that private memory has for it, and \
            could not be put back at the next start
            """
        }
    }
}

extension HomeReport.Problem {
    /// What the operator may know of why HOME isn't sealed. It is read from HOME and written to his disk alone, so that
    /// only he can be short of room.
    init(_ error: any Error) {
        switch error {
        case HomeProblem.timeLimit: self = .timeLimit
        case HomeProblem.tooLarge: self = .tooLarge
        case let error as FileError where [ENOSPC, EDQUOT].contains(error.number): self = .noSpace
        default: self = .notSaved
        }
    }
}
