internal import CodeEncryption
internal import Files
internal import Glibc
internal import Notation
internal import PackageFormat

/// HOME over restarts: an archive of it, sealed into the instance's folder when it changed.
final class PersistentHome {
    private let folder: String
    private let archive: String
    private let state: SealedState
    private let epoch: Epoch
    /// What was sealed last, by path.
    private var last: [ExactText: FileVersion] = [:]

    init(memory: PrivateMemory, state: SealedState, epoch: Epoch) {
        folder = memory.home
        archive = memory.path("home.tar")
        self.state = state
        self.epoch = epoch
    }

    /// Puts back what was sealed.
    /// - Returns: false when nothing was sealed under this epoch.
    /// - Throws: when what was sealed can't be believed or put back; HOME is then as it was.
    func restore() throws -> Bool {
        try Files.remove(archive)
        guard try state.open(.home, epoch: epoch, to: archive) else { return false }
        defer { try? Files.remove(archive) }
        let size = try OpenFile(archive, O_RDONLY).byteCount()
        let restored = folder + ".restored"
        try Files.remove(restored)
        try CodeSource.archive(path: archive, range: 0..<size, proof: .seal).copy(to: restored)
        try Files.remove(folder)
        guard rename(restored, folder) == 0 else { throw FileError(folder, doing: "restore") }
        last = try fingerprint()
        return true
    }

    /// Seals it when something changed since the last time.
    /// - Throws: what kept it from being sealed; the last one that was is whole. The usual cause is a file that changes
    ///   while it is read.
    func save() throws {
        let now = try fingerprint()
        guard now != last else { return }
        try Files.remove(archive)
        defer { try? Files.remove(archive) }
        try FolderArchive.write(folder, to: archive)
        try state.seal(file: archive, as: .home, epoch: epoch)
        last = now
    }

    private func fingerprint() throws -> [ExactText: FileVersion] {
        var versions: [ExactText: FileVersion] = [:]
        for file in try CodeTree(folder).files { versions[ExactText(file.path)] = FileVersion(file.source) }
        return versions
    }
}
