internal import Glibc

/// How much a file system can take, and how much of it a file does. A file system may say anything.
package enum FileRoom {
    /// Bytes that this user may still write where a path leads to.
    package static func free(at path: String) throws(FileError) -> Int {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { throw FileError(path, doing: "examine the file system of") }
        return product(UInt64(status.f_bavail), UInt64(status.f_frsize))
    }

    /// Bytes that a file takes up, holes left out; nil when there is no such file. A link is looked at itself.
    package static func taken(by path: String) -> Int? {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        return product(UInt64(clamping: status.st_blocks), 512)
    }

    /// - Returns: at most `Int.max`.
    static func product(_ count: UInt64, _ unit: UInt64) -> Int {
        let (bytes, isTooMuch) = count.multipliedReportingOverflow(by: unit)
        return isTooMuch ? Int.max : Int(clamping: bytes)
    }
}
