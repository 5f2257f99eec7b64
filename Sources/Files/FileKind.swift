internal import Glibc

/// What lies under a name; links are not followed.
package enum FileKind: CustomStringConvertible, Hashable, Sendable {
    case absent, file, folder, link, device, pipeOrSocket

    /// - Throws: `FileError` when that can't be told.
    package init(_ path: String) throws(FileError) {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            guard errno == ENOENT else { throw FileError(path, doing: "examine") }
            self = .absent
            return
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG: self = .file
        case S_IFDIR: self = .folder
        case S_IFLNK: self = .link
        case S_IFCHR, S_IFBLK: self = .device
        default: self = .pipeOrSocket
        }
    }

    /// As it stands in a message, with its article.
    package var description: String {
        switch self {
        case .absent: "nothing"
        case .file: "a file"
        case .folder: "a folder"
        case .link: "a symbolic link"
        case .device: "a device"
        case .pipeOrSocket: "a pipe or socket"
        }
    }
}
