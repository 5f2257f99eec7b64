internal import CodeEncryption
internal import Crypto
internal import Enclave
internal import Files
internal import Glibc
internal import Notation
internal import Secrets

/// Files that only this measurement can open again, on this processor: what survives a restart.
///
/// Each is a head of 40 bytes (`MSESEAL`, the format's version, the epoch) and a box under a key of its own:
/// HKDF-SHA256 over the platform's sealing key, info = instance id, file's name, version and epoch, each with its
/// length before it. So the head can't be changed, and no file can stand for one of another name, instance or epoch.
struct SealedState: Sendable {
    /// What is kept. One name, one key.
    enum Item: String, Sendable, CaseIterable {
        case identity, configuration, home
    }

    private static let magic = Array("MSESEAL".utf8)
    private static let version: UInt8 = 1
    private static let headByteCount = magic.count + 1 + Epoch.byteCount

    let folder: String
    private let id: String
    private let root: SharedKey

    /// Asks the platform for its sealing key; from here on it isn't asked again. What an agent left here that was
    /// killed while it sealed is removed: there is no other agent of this instance.
    init(folder: String, id: String, platform: any EnclavePlatform) throws {
        self.folder = folder
        self.id = id
        Self.removeUnfinished(in: folder)
        let homes = folder + "/" + Item.home.rawValue
        for epoch in (try? Files.names(in: homes)) ?? [] { Self.removeUnfinished(in: homes + "/" + epoch) }
        root = SharedKey(try platform.sealingKey())
    }

    /// What stands under a temporary name. A folder that isn't there, or that can't be listed, holds nothing that this
    /// agent could remove.
    private static func removeUnfinished(in folder: String) {
        guard (try? FileKind(folder)) == .folder else { return }
        for name in (try? Files.rawNames(in: folder)) ?? [] {
            guard let name = String(validating: name, as: UTF8.self),
                Item.allCases.contains(where: { name.utf8.starts(with: ".\($0.rawValue).sealed.".utf8) })
            else { continue }
            unlink(folder + "/" + name)
        }
    }

    /// A small file's content, and the epoch that it was sealed in.
    struct Opened: ~Copyable {
        let content: SecretBytes
        let epoch: Epoch
    }

    /// Small files, whole.
    func write(_ content: borrowing SecretBytes, as item: Item, epoch: Epoch) throws {
        let box = SecretBox.seal(content, with: try key(item, epoch))
        try Files.write(Self.head(epoch) + box, to: path(item, epoch), mode: 0o600)
    }

    /// Nil when there is no such file.
    /// - Throws: `SealedStateError.doesNotOpen` when it was sealed by another enclave, processor or instance, or
    ///   changed.
    func read(_ item: Item) throws -> Opened? {
        let path = path(item, nil)
        guard try isThere(item, nil) else { return nil }
        let file = try OpenFile(regular: path).contents()
        guard let epoch = Self.epoch(file.prefix(Self.headByteCount)),
            let content = SecretBox.open(Array(file.dropFirst(Self.headByteCount)), with: try key(item, epoch))
        else { throw SealedStateError.doesNotOpen(event(item, nil), path) }
        return Opened(content: content, epoch: epoch)
    }

    /// Seals what is written to a stream, in the place of the file that is there; that one stays whole until the new
    /// one is.
    func seal(_ item: Item, epoch: Epoch, _ write: (EncryptingStream) throws -> Void) throws {
        let target = path(item, epoch)
        try Files.makeFolder(Files.split(target).folder, mode: 0o700)
        let temporary = Files.temporaryName(beside: target)
        defer { Unfinished.end(temporary) }
        do {
            let output = try OpenFile(temporary, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
            Unfinished.made(temporary)
            try output.write(Self.head(epoch))
            let stream = try EncryptingStream(to: output, key: key(item, epoch))
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
    /// - Returns: false when there is none of this epoch.
    /// - Throws: `SealedStateError.doesNotOpen`, and what `read` throws for what does open.
    func open(_ item: Item, epoch: Epoch, _ read: (DecryptingStream) throws -> Void) throws -> Bool {
        guard try isThere(item, epoch) else { return false }
        do {
            try stream(item, epoch).finish()
            let stream = try stream(item, epoch)
            do {
                try read(stream)
            } catch {
                try stream.finish()
                throw error
            }
            try stream.finish()
            return true
        } catch CodeError.notAuthentic, CodeError.tooShort {
            throw SealedStateError.doesNotOpen(event(item, epoch), path(item, epoch))
        }
    }

    private func stream(_ item: Item, _ epoch: Epoch) throws -> DecryptingStream {
        let path = path(item, epoch)
        let input = try OpenFile(regular: path)
        var head = [UInt8](repeating: 0, count: Self.headByteCount)
        let count = try head.withUnsafeMutableBytes { try input.read(into: $0) }
        guard count == head.count, Self.epoch(head[...]) == epoch else {
            throw SealedStateError.doesNotOpen(event(item, epoch), path)
        }
        let size = try input.byteCount() - Self.headByteCount
        return try DecryptingStream(input, count: size, key: key(item, epoch))
    }

    /// - Throws: `SealedStateError.doesNotOpen` when something is there that nobody sealed.
    private func isThere(_ item: Item, _ epoch: Epoch?) throws -> Bool {
        let path = path(item, epoch)
        switch try FileKind(path) {
        case .absent: return false
        case .file: return true
        default: throw SealedStateError.doesNotOpen(event(item, epoch), path)
        }
    }

    /// How the operator's log names it.
    private func event(_ item: Item, _ epoch: Epoch?) -> AgentEvent.SealedFile {
        switch item {
        case .identity: .identity
        case .configuration: .configuration
        case .home: .home(epoch: epoch?.hex ?? "")
        }
    }

    /// HOME lies in a folder named by its epoch, so that another epoch's is never touched.
    private func path(_ item: Item, _ epoch: Epoch?) -> String {
        guard item == .home, let epoch else { return folder + "/" + item.rawValue + ".sealed" }
        return folder + "/home/" + epoch.hex + "/home.sealed"
    }

    private func key(_ item: Item, _ epoch: Epoch) throws -> SecretKey {
        var info: [UInt8] = []
        for part in [Array(id.utf8), Array(item.rawValue.utf8), [Self.version], epoch.bytes] {
            info += (0..<4).map { UInt8(truncatingIfNeeded: part.count >> (8 * (3 - $0))) } + part
        }
        var derived = root.value.withBytes { bytes in
            HKDF<SHA256>.deriveKey(
                inputKeyMaterial: SymmetricKey(data: bytes),
                salt: Array("mse sealed state".utf8),
                info: info,
                outputByteCount: SecretKey.byteCount
            )
            .withUnsafeBytes { Array($0) }
        }
        defer { derived.wipe() }
        return try SecretKey(copying: derived.span.bytes)
    }

    private static func head(_ epoch: Epoch) -> [UInt8] { magic + [version] + epoch.bytes }

    private static func epoch(_ head: ArraySlice<UInt8>) -> Epoch? {
        guard head.count == headByteCount, head.starts(with: magic + [version]) else { return nil }
        return Epoch(Array(head.suffix(Epoch.byteCount)))
    }
}
