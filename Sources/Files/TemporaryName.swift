internal import Glibc
internal import Notation
internal import Synchronization

/// Names under which files and folders stand until they are whole.
///
/// Who works on one holds a lock on it for as long as he lives. So who makes something in the same folder later can
/// tell what a program left that was killed from what another is making now, and removes it.
enum TemporaryName {
    private static let mark = ".mse-unfinished-"
    private static let digitCounts = 6...13
    /// Seconds; between making and locking lies less.
    private static let lockingTime = 1
    /// Looked at by this process: once is enough, or many files in one folder would cost the square of their number.
    private static let seen = Mutex<Set<ExactText>>([])
    private static let seenLimit = 1024

    /// One in the same folder that nobody uses; as long a name as a folder takes has one.
    static func beside(_ path: String) -> String {
        let (folder, name) = Files.split(path)
        removeAbandonedOnce(in: folder)
        let digits = String(UInt64.random(in: .min ... .max), radix: 36)
        let padding = String(repeating: "0", count: max(0, digitCounts.lowerBound - digits.utf8.count))
        return folder + "/." + String(decoding: name.utf8.prefix(100), as: UTF8.self) + mark + padding + digits
    }

    /// For `mkdtemp(3)`.
    static func template(in folder: String, _ prefix: String) -> String {
        removeAbandonedOnce(in: folder)
        return folder + "/" + prefix + mark + "XXXXXX"
    }

    private static func isOne(_ name: [UInt8]) -> Bool {
        let digits = name.reversed().prefix { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        }
        return digitCounts.contains(digits.count)
            && name.dropLast(digits.count).suffix(mark.utf8.count).elementsEqual(mark.utf8)
    }

    /// - Returns: a descriptor that holds it until it is closed, as it is when the process ends; nil where it is held
    ///   already, or can't be.
    static func lock(_ path: String) -> Int32? {
        let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            return nil
        }
        return descriptor
    }

    private static func removeAbandonedOnce(in folder: String) {
        let isFirst = seen.withLock { seen in
            if seen.count >= seenLimit { seen = [] }
            return seen.insert(ExactText(folder)).inserted
        }
        if isFirst { removeAbandoned(in: folder) }
    }

    /// Removes what nobody works on any more: this user's alone. What can't be removed stays, and keeps nobody from his
    /// work.
    static func removeAbandoned(in folder: String) {
        guard isSafe(folder), let names = try? Files.rawNames(in: folder) else { return }
        for name in names where isOne(name) {
            guard let name = String(validating: name, as: UTF8.self) else { continue }
            let path = folder + "/" + name
            var status = stat()
            guard lstat(path, &status) == 0, status.st_uid == geteuid(),
                time(nil) - status.st_ctim.tv_sec > lockingTime, let lock = lock(path)
            else { continue }
            defer { close(lock) }
            try? Files.removeAll(path)
        }
    }

    /// Whether nobody else could have given such a name to something of this user's.
    private static func isSafe(_ folder: String) -> Bool {
        var status = stat()
        guard stat(folder, &status) == 0, status.st_uid == geteuid() || status.st_uid == 0 else { return false }
        return status.st_mode & 0o022 == 0 || status.st_mode & S_ISVTX != 0
    }
}
