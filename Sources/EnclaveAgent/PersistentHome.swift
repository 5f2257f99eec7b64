internal import CodeEncryption
internal import CodePackage
internal import Files
internal import Glibc
internal import Logging

/// HOME over restarts: an archive of it, sealed into the instance's folder when it changed (DESIGN §7).
final class PersistentHome {
    private static let name = "home"
    private let folder: String
    private let memory: PrivateMemory
    private let state: SealedState
    private let logger: Logger
    private var last: [String] = []

    init(memory: PrivateMemory, state: SealedState, logger: Logger) {
        folder = memory.home
        self.memory = memory
        self.state = state
        self.logger = logger
    }

    /// Puts back what was sealed.
    func restore() throws {
        guard state.exists(Self.name) else { return }
        let archive = memory.path("home.tar")
        try? Files.remove(archive)
        try state.open(Self.name, to: archive)
        defer { try? Files.remove(archive) }
        let size = try OpenFile(archive, O_RDONLY).status().st_size
        try Files.remove(folder)
        try CodeSource.archive(path: archive, range: 0..<Int(size), digest: nil).copy(to: folder)
        last = fingerprint()
    }

    /// Seals it when something changed since the last time.
    func save() {
        let now = fingerprint()
        guard now != last else { return }
        do {
            let archive = memory.path("home.tar")
            try? Files.remove(archive)
            defer { try? Files.remove(archive) }
            try FolderArchive.write(folder, to: archive)
            try state.seal(file: archive, as: Self.name)
            last = now
        } catch {
            // The next round tries again; a file that changed while it was read is the usual cause.
            logger.warning("HOME could not be sealed: \(error)")
        }
    }

    /// Paths, sizes and times of change.
    private func fingerprint() -> [String] {
        guard let tree = try? CodeTree(folder) else { return ["unreadable"] }
        return tree.files.map { file in
            var status = stat()
            lstat(file.source, &status)
            return "\(file.path) \(status.st_size) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec) \(status.st_ino)"
        }
    }
}
