internal import CodeEncryption
internal import Files
internal import Notation
internal import PackageFormat
internal import Secrets
internal import StrictX509

/// What an owner releases to a service, read before anybody is called.
struct ReleasedMaterial: ~Copyable {
    private let key: SecretKey?
    /// JSON, as its file has it.
    private let secrets: SecretBytes?
    private let sealedSecrets: [UInt8]?
    /// PEM.
    private let privateKey: SecretBytes?

    private init(
        key: consuming SecretKey?,
        secrets: consuming SecretBytes?,
        sealedSecrets: [UInt8]?,
        privateKey: consuming SecretBytes?
    ) {
        self.key = key
        self.secrets = secrets
        self.sealedSecrets = sealedSecrets
        self.privateKey = privateKey
    }

    init(_ operation: Provision, _ package: PackageFile) throws {
        let key = try operation.key.map { try Self.key($0, of: package) }
        let secrets = try operation.secrets.map { try NamedFile.secrets($0).secretObject() }
        let sealedSecrets = try operation.sealedSecrets.map(Self.box)
        let privateKey = try operation.privateKey.map { try NamedFile.tlsKey($0).privateKeyPEM() }
        // A box may hold it, and a package of the original's may need none.
        if operation.key == nil, operation.sealedSecrets == nil, package.mode != .open {
            throw OperationError(
                package.path,
                package.mode == .encrypted
                    ? "is encrypted, and its key isn't named"
                    : "starts with its start token alone, which isn't named",
                mend: "name it with --key",
                code: .keyMissing
            )
        }
        self.init(key: key, secrets: secrets, sealedSecrets: sealedSecrets, privateKey: privateKey)
    }

    private static func key(_ path: String, of package: PackageFile) throws -> SecretKey {
        let key = try NamedFile.key(path).secretKey()
        try prove(key, from: path, of: package)
        return key
    }

    /// A box may hold the code key, which goes to its own package's enclave as it does without a box.
    /// - Throws: when a message that is to be sealed holds the key of another package, or nobody knows of which.
    static func checkKey(in message: borrowing SecretBytes, from path: String, of package: String?) throws {
        guard let key = (try? SecretNode(message, depthLimit: 60))?["code_secret_key"]?.key() else { return }
        let subject = "--input \(path.printable(limit: nil)), which holds a code key,"
        guard let package = try package.map({ try NamedFile.package($0).packageFile() }) else {
            throw OperationError(
                subject,
                "goes to its own package's enclave alone",
                mend: "name the package with --package",
                code: .keyMissing
            )
        }
        try prove(key, from: subject, of: package)
    }

    /// - Throws: unless it is the key that starts the package; one that everybody starts has none.
    private static func prove(_ key: borrowing SecretKey, from subject: String, of package: PackageFile) throws {
        guard package.mode != .open else {
            throw OperationError(
                subject,
                "isn't needed: anybody starts \(package.path), whatever key he has; it stays here",
                mend: "leave the key out",
                code: .key
            )
        }
        guard try KeyProof(package, mode: package.mode).accepts(key) else {
            throw OperationError(subject, "is not the key of \(package.path): it stays here", code: .key)
        }
    }

    private static func box(_ path: String) throws -> [UInt8] {
        let box = try NamedFile.box(path, "--sealed-secrets").read(limit: 8 << 20)
        let kind = ContentKind(box)
        guard kind == .binary || kind == .keySized else {
            throw NamedFile.box(path, "--sealed-secrets").mismatch(kind, byteCount: box.count)
        }
        return box
    }

    /// The configuration that the service takes.
    /// - Parameter id: of the instance.
    consuming func body(id: String, continueEpoch: String?) -> SecretBytes {
        var body = SecretJSON()
        switch secrets {
        case .some(let secrets): body.add("app_secrets", json: secrets)
        case .none: break
        }
        if let sealedSecrets {
            body.add("app_sealed_secrets", string: Base64.text(sealedSecrets, .url, padded: false))
        }
        switch key {
        case .some(let key): body.add("code_secret_key", hex: key)
        case .none: break
        }
        if let continueEpoch { body.add("continue_epoch", string: continueEpoch) }
        switch privateKey {
        case .some(let privateKey): body.add("ssl_private_key", string: privateKey)
        case .none: break
        }
        body.add("uuid", string: id)
        return body.finish()
    }
}
