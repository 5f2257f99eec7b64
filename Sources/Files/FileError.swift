public import Glibc

/// Why a file could not be read or written: which one, what was tried, and the system's word.
public struct FileError: Error, Hashable, CustomStringConvertible {
    public var path: String
    public var problem: String

    public init(_ path: String, _ problem: String) {
        self.path = path
        self.problem = problem
    }

    /// What the system call that just failed left in `errno`.
    public init(_ path: String, doing action: String, _ code: Int32 = errno) {
        self.path = path
        problem = "can't \(action): \(String(cString: strerror(code)))"
    }

    public var description: String { "\(Self.printable(path)): \(problem)" }

    /// A path from outside as it may stand in a message.
    public static func printable(_ path: String) -> String {
        String(path.unicodeScalars.map { $0.value < 0x20 || (0x7F..<0xA0).contains($0.value) ? "?" : Character($0) })
    }
}
