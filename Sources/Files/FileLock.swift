internal import Glibc

/// An exclusive lock on a file, held by one holder of one process until it is let go.
package final class FileLock: Sendable {
    private let file: OpenFile

    private init(_ file: consuming OpenFile) {
        self.file = file
    }

    // A program that is just being started has the descriptor, too, until it is executed: closing ours wouldn't do.
    deinit { flock(file.descriptor, LOCK_UN) }

    /// - Returns: nil while somebody else holds it.
    package static func tryToHold(_ path: String) throws(FileError) -> FileLock? {
        let file = try OpenFile(path, O_RDWR | O_CREAT)
        guard try isHeld(file, LOCK_EX | LOCK_NB) else { return nil }
        return FileLock(file)
    }

    /// Blocks its thread until nobody else holds it.
    package static func hold(_ path: String) throws(FileError) -> FileLock {
        let file = try OpenFile(path, O_RDWR | O_CREAT)
        _ = try isHeld(file, LOCK_EX)
        return FileLock(file)
    }

    private static func isHeld(_ file: borrowing OpenFile, _ operation: Int32) throws(FileError) -> Bool {
        while flock(file.descriptor, operation) != 0 {
            if errno == EINTR { continue }
            guard errno == EWOULDBLOCK else { throw FileError(file.path, doing: "lock") }
            return false
        }
        return true
    }
}
