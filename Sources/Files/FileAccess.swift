internal import Glibc

/// Whose a file or folder is, and what others may do with it; links are followed.
public struct FileAccess: Hashable, Sendable {
    public let user: UInt32
    /// Permissions, the lower nine bits.
    public let mode: UInt32

    /// Nil when there is none.
    public init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        user = status.st_uid
        mode = status.st_mode & 0o777
    }

    /// Of this process's user.
    public var isOwn: Bool { user == geteuid() }
    public var isWritableByOthers: Bool { mode & 0o022 != 0 }
}
