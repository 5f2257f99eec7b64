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
        self.init(mode: status.st_mode)
    }

    /// What a name leads to, links followed; nil where that is nothing, or can't be told.
    package init?(following path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(mode: status.st_mode)
    }

    private init(mode: mode_t) {
        switch mode & S_IFMT {
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
