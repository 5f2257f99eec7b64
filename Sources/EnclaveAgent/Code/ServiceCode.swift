internal import CodeEncryption
internal import Crypto
internal import PackageFormat
internal import Secrets

/// The service's code as it came, and what opens it.
struct ServiceCode: Sendable {
    let source: CodeSource
    let mode: EnclaveSettings.Mode
    /// Nil for code in a folder.
    let proof: KeyProof?

    /// Proves the key on the whole code by decrypting it; a wrong one leaves nothing behind.
    /// - Throws: `KeyRefusal`, which its sender is told; any other error is no word about the key.
    func unpack(_ key: borrowing SecretKey?, to folder: String) throws {
        switch mode {
        case .encrypted:
            switch key {
            case .some(let key): try decrypt(key, to: folder)
            case .none: throw KeyRefusal.noKey
            }
        case .plain(let digest):
            switch key {
            case .some(let key):
                let found = key.withBytes { Array(SHA256.hash(data: $0)) }
                guard found == digest else { throw KeyRefusal.otherToken }
            case .none: throw KeyRefusal.noToken
            }
            try source.copy(to: folder)
        case .open: try source.copy(to: folder)
        }
    }

    private func decrypt(_ key: borrowing SecretKey, to folder: String) throws {
        // Anybody may send keys: a wrong one costs no more than the smallest file.
        if let proof {
            guard try proof.accepts(key) else { throw KeyRefusal.otherKey }
        }
        do throws(CodeError) {
            try source.decrypt(to: folder, key: key)
        } catch {
            if case .notAuthentic = error { throw KeyRefusal.otherKey }
            throw error
        }
    }
}
