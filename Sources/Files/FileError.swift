public import Glibc
public import Notation

/// Why a file could not be read or written: which one, what was tried, and the system's word.
public struct FileError: Error, CodedError, Hashable, CustomStringConvertible {
    public var path: String
    public var problem: String
    /// The system's number, as in `errno`, where a call of it failed.
    public var number: Int32?

    public init(_ path: String, _ problem: String, number: Int32? = nil) {
        self.path = path
        self.problem = problem
        self.number = number
    }

    /// What is never overwritten is there.
    public static func exists(_ path: String, _ mend: String? = nil) -> FileError {
        FileError(path, "exists already" + (mend.map { "; " + $0 } ?? ""), number: EEXIST)
    }

    /// What the system call that just failed left in `errno`.
    public init(_ path: String, doing action: String, _ code: Int32 = errno) {
        self.path = path
        number = code
        problem = "can't \(action): \(String(cString: strerror(code)))"
    }

    /// Stable; programs may depend on it.
    public var code: String {
        switch number {
        case ENOENT, ENOTDIR: "file.notFound"
        case EEXIST: "file.exists"
        case EACCES, EPERM, EROFS: "file.denied"
        case ENOSPC, EDQUOT: "file.full"
        default: "file"
        }
    }

    /// The same of a path that a person knows: what is being made has another name until it is whole.
    /// - Parameter isShownWhole: whether what lies below it has names that a person knows, too.
    package func named(_ path: String, insteadOf temporary: String, isShownWhole: Bool = true) -> FileError {
        guard Files.isInside(self.path, temporary) else { return self }
        let rest = isShownWhole ? String(decoding: self.path.utf8.dropFirst(temporary.utf8.count), as: UTF8.self) : ""
        return FileError(path + rest, problem, number: number)
    }

    public var description: String { "\(Self.shortened(path)): \(problem)".printable(limit: nil) }

    /// Of what is shown of a path, in characters.
    private static let shownLimit = 512

    /// Of a long path its beginning and end.
    private static func shortened(_ path: String) -> String {
        let scalars = path.unicodeScalars
        guard scalars.count > shownLimit else { return path }
        return String(scalars.prefix(shownLimit / 2)) + "…" + String(scalars.suffix(shownLimit / 2))
    }
}
