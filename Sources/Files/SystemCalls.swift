internal import CLinux

/// System calls that Swift's view of the C library lacks.
enum SystemCalls {
    /// - Returns: a descriptor, or the negative error number; `-EINVAL` for what is no regular file on a disk or in
    ///   memory.
    static func openFileOnDisk(_ path: String) -> Int32 { clinux_open_file_on_disk(path) }

    /// - Returns: a descriptor that names a folder and can do nothing else, or -1.
    static func openPlace(_ parent: Int32, _ name: UnsafePointer<CChar>) -> Int32 { clinux_open_place(parent, name) }

    /// - Returns: 0, or -1; what is there is never replaced.
    static func renameToNew(_ path: String, _ newPath: String) -> Int32 { clinux_rename_to_new(path, newPath) }
}
