internal import CodeEncryption
internal import Enclave
internal import Files
internal import Glibc

/// Files that only this measurement can open again, on this processor: what survives a restart.
struct SealedState: Sendable {
    private let folder: String
    private let secret: @Sendable () throws -> [UInt8]

    init(folder: String, platform: any EnclavePlatform) {
        self.folder = folder
        secret = { try platform.sealingSecret() }
    }

    private func key() throws -> CodeKey {
        var bytes = try secret()
        defer { bytes.wipe() }
        return try CodeKey(copying: bytes.span.bytes)
    }

    func exists(_ name: String) -> Bool { Files.exists(path(name)) }

    func write(_ bytes: [UInt8], as name: String) throws {
        try Files.write(SecretBox.seal(bytes, with: key()), to: path(name), mode: 0o600)
    }

    /// Nil when there is no such file.
    /// - Throws: when it was sealed by another enclave or processor, or changed.
    func read(_ name: String) throws -> [UInt8]? {
        guard exists(name) else { return nil }
        guard let bytes = SecretBox.open(try Files.read(path(name)), with: try key()) else {
            throw FileError(path(name), "was sealed by another enclave or processor, or was changed")
        }
        return bytes
    }

    /// Seals a file piece by piece.
    func seal(file source: String, as name: String) throws {
        let temporary = Files.temporaryName(beside: path(name))
        do {
            let input = try OpenFile(source, O_RDONLY)
            let output = try OpenFile(temporary, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
            try FileEncryption(key: key()).encrypt(
                input, count: Int(try input.status().st_size), to: output, nonce: FileCipher.randomNonce(), path: name)
            try output.synchronise()
            guard rename(temporary, path(name)) == 0 else { throw FileError(path(name), doing: "replace") }
        } catch {
            unlink(temporary)
            throw error
        }
    }

    /// Opens a file that was sealed piece by piece; the target must be where nobody else looks.
    func open(_ name: String, to target: String) throws {
        let input = try OpenFile(path(name), O_RDONLY)
        let output = try OpenFile(target, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
        do {
            try FileEncryption(key: key()).decrypt(input, count: Int(try input.status().st_size), to: output, path: path(name))
        } catch {
            unlink(target)
            throw error
        }
    }

    private func path(_ name: String) -> String { folder + "/" + name + ".sealed" }
}
