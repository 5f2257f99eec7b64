internal import Glibc

/// What changes when a file does: its size, times of change, mode and number. Its content may change without: through
/// memory that it is mapped to, or within one step of the clock that its times are taken from.
package struct FileVersion: Hashable, Sendable {
    package let byteCount: Int
    /// Permissions, the lower nine bits.
    package let mode: UInt32
    package let modifiedAt: FileTime
    /// No program can set it.
    package let changedAt: FileTime
    /// Of its file system's files.
    package let number: UInt64

    /// Nil when there is no such file; a link is looked at itself.
    package init?(_ path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    package init(_ file: borrowing OpenFile) throws(FileError) { self.init(try file.status()) }

    private init(_ status: stat) {
        byteCount = Int(status.st_size)
        mode = status.st_mode & 0o777
        modifiedAt = FileTime(seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec)
        changedAt = FileTime(seconds: status.st_ctim.tv_sec, nanoseconds: status.st_ctim.tv_nsec)
        number = UInt64(status.st_ino)
    }
}
