internal import Glibc

extension Files {
    /// Whether something is mounted on a folder that this user owns and nobody else may enter.
    package static func isOwnMountPoint(_ path: String) -> Bool {
        var status = stat(), parent = stat()
        guard stat(path, &status) == 0, stat(path + "/..", &parent) == 0 else { return false }
        return status.st_dev != parent.st_dev && status.st_uid == geteuid() && status.st_mode & 0o777 == 0o700
    }
}
