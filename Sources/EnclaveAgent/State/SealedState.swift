internal import CodeEncryption
internal import Crypto
internal import Enclave
internal import Files
internal import Glibc
internal import Notation
internal import Secrets

/// Files that only this measurement can open again, on this processor: what survives a restart.
///
/// Each is a head (`SealedHead`) and a box under a key of its own: HKDF-SHA256 over the platform's sealing key, info =
/// instance id, file's name, version and epoch, each with its length before it. So the head can't be changed, and no
/// file can stand for one of another name, instance or epoch.
///
/// Whoever holds it opens and makes all of them: nobody does any longer when the application is loaded.
struct SealedState: Sendable {
    /// Small files. One name, one key.
    enum Item: String, Sendable, CaseIterable {
        case identity, configuration

        /// How the operator's log names it.
        var event: AgentEvent.SealedFile {
            switch self {
            case .identity: .identity
            case .configuration: .configuration
            }
        }
    }

    let folder: String
    private let id: String
    private let root: SharedKey

    /// Asks the platform for its sealing key; from here on it isn't asked again. What an agent left here that was
    /// killed while it sealed is removed: there is no other agent of this instance.
    init(folder: String, id: String, platform: any EnclavePlatform) throws {
        self.folder = folder
        self.id = id
        Self.removeUnfinished(in: folder)
        let homes = folder + "/" + SealedHome.name
        for epoch in (try? Files.names(in: homes)) ?? [] { Self.removeUnfinished(in: homes + "/" + epoch) }
        root = SharedKey(try platform.sealingKey())
    }

    /// What stands under a temporary name. A folder that isn't there, or that can't be listed, holds nothing that this
    /// agent could remove.
    private static func removeUnfinished(in folder: String) {
        guard (try? FileKind(folder)) == .folder else { return }
        for name in (try? Files.rawNames(in: folder)) ?? [] {
            guard let name = String(validating: name, as: UTF8.self),
                (Item.allCases.map(\.rawValue) + [SealedHome.name])
                    .contains(where: { name.utf8.starts(with: ".\($0).sealed.".utf8) })
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
        let box = SecretBox.seal(content, with: try key(item.rawValue, epoch))
        try Files.write(SealedHead(epoch).bytes + box, to: path(item), mode: 0o600)
    }

    /// Nil when there is no such file.
    /// - Throws: `SealedStateError.doesNotOpen` when it was sealed by another enclave, processor or instance, or
    ///   changed.
    func read(_ item: Item) throws -> Opened? {
        let path = path(item)
        switch try FileKind(path) {
        case .absent: return nil
        case .file: break
        default: throw SealedStateError.doesNotOpen(item.event, path)
        }
        let file = try OpenFile(regular: path).contents()
        guard let head = SealedHead(file.prefix(SealedHead.byteCount)),
            let content = SecretBox.open(
                Array(file.dropFirst(SealedHead.byteCount)),
                with: try key(item.rawValue, head.epoch)
            )
        else { throw SealedStateError.doesNotOpen(item.event, path) }
        return Opened(content: content, epoch: head.epoch)
    }

    /// The one HOME that the service has, with the key of nothing else.
    func home(_ epoch: Epoch) throws -> SealedHome {
        SealedHome(folder: folder, epoch: epoch, key: SharedKey(try key(SealedHome.name, epoch)))
    }

    private func path(_ item: Item) -> String { folder + "/" + item.rawValue + ".sealed" }

    private func key(_ name: String, _ epoch: Epoch) throws -> SecretKey {
        var info: [UInt8] = []
        for part in [Array(id.utf8), Array(name.utf8), [SealedHead.version], epoch.bytes] {
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
}
