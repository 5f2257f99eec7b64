internal import CodeEncryption
internal import Enclave
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
        do throws(CodeError) {
            try CodeSource.archive(path: archive, range: 0..<size, proof: .seal).copy(to: restored)
        } catch {
            if case .file = error { throw error }
            throw SealedStateError.malformed(.home(epoch: epoch.hex))
        }
        try Files.remove(folder)
        guard rename(restored, folder) == 0 else { throw FileError(folder, doing: "restore") }
        last = Self.versions(try HomeContents(folder))
        return true
    }

    /// Seals what can be kept of it when something changed since the last time.
    /// - Returns: what was looked at, and what of it isn't kept.
    /// - Throws: what kept it from being sealed; the last one that was is whole.
    func save() throws -> HomeContents {
        var contents = try HomeContents(folder)
        let now = Self.versions(contents)
        guard now != last else { return contents }
        try Files.remove(archive)
        defer { try? Files.remove(archive) }
        try contents.write(to: archive)
        try state.seal(file: archive, as: .home, epoch: epoch)
        last = now
        return contents
    }

    private static func versions(_ contents: HomeContents) -> [ExactText: FileVersion] {
        var versions: [ExactText: FileVersion] = [:]
        for file in contents.files { versions[ExactText(file.path)] = FileVersion(file.source) }
        return versions
    }
}
