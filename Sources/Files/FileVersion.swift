internal import Glibc

/// What changes when a file does: its size, time of change and number.
package struct FileVersion: Hashable, Sendable {
    package let byteCount: Int
    private let seconds: Int
    private let nanoseconds: Int
    private let number: UInt64

    /// Nil when there is no such file; a link is looked at itself.
    package init?(_ path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        byteCount = Int(status.st_size)
        seconds = status.st_mtim.tv_sec
        nanoseconds = status.st_mtim.tv_nsec
        number = UInt64(status.st_ino)
    }
}
