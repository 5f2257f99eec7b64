internal import CodeEncryption
internal import Enclave
internal import Files
internal import Notation
internal import Secrets

/// What the owner released to this instance, once it was proven; sealed so that a restart needs nobody.
struct Configuration: ~Copyable {
    /// Of this configuration, its identity and its log.
    let epoch: Epoch
    /// Of HOME: new, or continued.
    let homeEpoch: Epoch
    /// The launch record, or the arguments, under which the owner accepted this instance.
    let launch: String
    let key: SecretKey?
    let secrets: SecretBytes?
    let sealedSecrets: SecretBytes?
    let tlsKey: SecretBytes?

    /// What was released just now, copied: a new epoch.
    init(
        launch: String,
        homeEpoch: Epoch,
        key: borrowing SecretKey?,
        secrets: borrowing SecretBytes?,
        sealedSecrets: borrowing SecretBytes?,
        tlsKey: borrowing SecretBytes?
    ) {
        epoch = Epoch()
        self.homeEpoch = homeEpoch
        self.launch = launch
        self.key = Self.copy(key)
        self.secrets = Self.copy(secrets)
        self.sealedSecrets = Self.copy(sealedSecrets)
        self.tlsKey = Self.copy(tlsKey)
    }

    private static func copy(_ key: borrowing SecretKey?) -> SecretKey? {
        switch key {
        case .some(let key): key.copy()
        case .none: nil
        }
    }

    private static func copy(_ bytes: borrowing SecretBytes?) -> SecretBytes? {
        switch bytes {
        case .some(let bytes): bytes.copy()
        case .none: nil
        }
    }

    private init(_ document: SecretNode, epoch: Epoch) throws(SealedStateError) {
        guard document.isObject, let launch = document["launch"]?.plainText(),
            let home = document["homeEpoch"]?.plainText().flatMap(Epoch.init(hex:))
        else { throw .malformed(.configuration) }
        let key = try Self.key(document["key"])
        let secrets = try Self.secret(document["secrets"])
        let sealedSecrets = try Self.secret(document["sealedSecrets"])
        let tlsKey = try Self.secret(document["tlsKey"])
        self.epoch = epoch
        homeEpoch = home
        self.launch = launch
        self.key = key
        self.secrets = secrets
        self.sealedSecrets = sealedSecrets
        self.tlsKey = tlsKey
    }

    private static func key(_ node: SecretNode?) throws(SealedStateError) -> SecretKey? {
        guard let node else { return nil }
        guard let key = node.key() else { throw .malformed(.configuration) }
        return key
    }

    private static func secret(_ node: SecretNode?) throws(SealedStateError) -> SecretBytes? {
        guard let node else { return nil }
        guard let text = node.string() else { throw .malformed(.configuration) }
        return text
    }

    /// Nil when none was sealed yet.
    /// - Throws: `SealedStateError` when there is one that this enclave can't believe.
    static func restored(from state: SealedState) throws -> Configuration? {
        guard let sealed = try state.read(.configuration) else { return nil }
        do {
            return try Configuration(SecretNode(sealed.content, depthLimit: 8), epoch: sealed.epoch)
        } catch is NotationError {
            throw SealedStateError.malformed(.configuration)
        }
    }

    func seal(in state: SealedState) throws {
        var document = SecretJSON()
        document.add("homeEpoch", string: homeEpoch.hex)
        switch key {
        case .some(let key): document.add("key", hex: key)
        case .none: break
        }
        document.add("launch", string: launch)
        Self.add("sealedSecrets", sealedSecrets, to: &document)
        Self.add("secrets", secrets, to: &document)
        Self.add("tlsKey", tlsKey, to: &document)
        try state.write(document.finish(), as: .configuration, epoch: epoch)
    }

    private static func add(_ name: String, _ text: borrowing SecretBytes?, to document: inout SecretJSON) {
        switch text {
        case .some(let text): document.add(name, string: text)
        case .none: break
        }
    }

    func opening(in state: SealedState?) throws -> Opening {
        let home = try state?.home(homeEpoch)
        return switch tlsKey {
        case .some(let key): .init(tlsKey: SharedSecret(key.copy()), home: home)
        case .none: .init(home: home)
        }
    }

    /// Puts the secrets where the application looks for them.
    func writeSecrets(to memory: PrivateMemory) throws {
        try Self.write(secrets, to: memory.path("secrets/secrets.json"))
        try Self.write(sealedSecrets, to: memory.path("secrets/sealed_secrets.json"))
    }

    private static func write(_ text: borrowing SecretBytes?, to path: String) throws {
        switch text {
        case .some(let text): try text.withBytes { try Files.write($0, to: path, mode: 0o600) }
        case .none: break
        }
    }
}
