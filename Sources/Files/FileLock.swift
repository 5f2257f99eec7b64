internal import Glibc

/// An exclusive lock on a file, held by one holder of one process until it is let go.
public final class FileLock: Sendable {
    private let file: OpenFile

    private init(_ file: consuming OpenFile) {
        self.file = file
    }

    /// - Returns: nil while somebody else holds it.
    public static func tryToHold(_ path: String) throws(FileError) -> FileLock? {
        let file = try OpenFile(path, O_RDWR | O_CREAT)
        while flock(file.descriptor, LOCK_EX | LOCK_NB) != 0 {
            if errno == EINTR { continue }
            guard errno == EWOULDBLOCK else { throw FileError(path, doing: "lock") }
            return nil
        }
        return FileLock(file)
    }
}
