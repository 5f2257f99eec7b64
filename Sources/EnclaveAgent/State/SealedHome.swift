internal import CodeEncryption
internal import Enclave
internal import Files
internal import Glibc
internal import Secrets

/// The sealed HOME of one epoch, and the key of it alone: what a service that runs may still seal and open.
///
/// It lies in a folder named by its epoch, so that another epoch's is never touched.
struct SealedHome: Sendable {
    static let name = "home"

    /// Of all sealed state.
    let folder: String
    let epoch: Epoch
    private let key: SharedKey

    init(folder: String, epoch: Epoch, key: SharedKey) {
        (self.folder, self.epoch, self.key) = (folder, epoch, key)
    }

    private var path: String { folder + "/" + Self.name + "/" + epoch.hex + "/home.sealed" }
    private var event: AgentEvent.SealedFile { .home(epoch: epoch.hex) }

    /// Seals what is written to a stream, in the place of the file that is there; that one stays whole until the new
    /// one is.
    func seal(_ write: (EncryptingStream) throws -> Void) throws {
        let target = path
        try Files.makeFolder(Files.split(target).folder, mode: 0o700)
        let temporary = Files.temporaryName(beside: target)
        defer { Unfinished.end(temporary) }
        do {
            let output = try OpenFile(temporary, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
            Unfinished.made(temporary)
            try output.write(SealedHead(epoch).bytes)
            let stream = try EncryptingStream(to: output, key: key.value.copy())
            try write(stream)
            try stream.finish()
            guard rename(temporary, target) == 0 else { throw FileError(target, doing: "replace") }
        } catch {
            unlink(temporary)
            throw error
        }
    }

    /// Opens what was sealed through a stream. All of it is proven before anything is read, and once more behind what
    /// is read, since the operator may change the file in between: what `read` makes of it may count only when this has
    /// returned.
    /// - Returns: false when there is none.
    /// - Throws: `SealedStateError.doesNotOpen`, and what `read` throws for what does open.
    func open(_ read: (DecryptingStream) throws -> Void) throws -> Bool {
        guard try isThere() else { return false }
        do {
            try stream().finish()
            let stream = try stream()
            do {
                try read(stream)
            } catch {
                try stream.finish()
                throw error
            }
            try stream.finish()
            return true
        } catch CodeError.notAuthentic, CodeError.tooShort {
            throw SealedStateError.doesNotOpen(event, path)
        }
    }

    private func stream() throws -> DecryptingStream {
        let input = try OpenFile(regular: path)
        var head = [UInt8](repeating: 0, count: SealedHead.byteCount)
        let count = try head.withUnsafeMutableBytes { try input.read(into: $0) }
        guard count == head.count, SealedHead(head[...])?.epoch == epoch else {
            throw SealedStateError.doesNotOpen(event, path)
        }
        let size = try input.byteCount() - SealedHead.byteCount
        return try DecryptingStream(input, count: size, key: key.value.copy())
    }

    /// - Throws: `SealedStateError.doesNotOpen` when something is there that nobody sealed.
    private func isThere() throws -> Bool {
        switch try FileKind(path) {
        case .absent: return false
        case .file: return true
        default: throw SealedStateError.doesNotOpen(event, path)
        }
    }
}
