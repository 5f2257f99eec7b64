internal import Glibc

/// Whose a file or folder is, and what others may do with it; links are followed.
package struct FileAccess: Hashable, Sendable {
    package let user: UInt32
    /// Permissions, the lower nine bits.
    package let mode: UInt32
    /// Made for all, as `/tmp` is: whoever narrows it takes it from the others.
    package let isShared: Bool
    /// A regular file, no pipe or device.
    package let isRegular: Bool

    /// Nil when there is none.
    package init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        user = status.st_uid
        mode = status.st_mode & 0o777
        isShared = status.st_mode & S_ISVTX != 0
        isRegular = status.st_mode & S_IFMT == S_IFREG
    }

    /// Of this process's user.
    package var isOwn: Bool { user == geteuid() }
    /// Its group and all users, as ssh counts them.
    package var isOpenToOthers: Bool { mode & 0o077 != 0 }
    package var isWritableByOthers: Bool { mode & 0o022 != 0 }
}
