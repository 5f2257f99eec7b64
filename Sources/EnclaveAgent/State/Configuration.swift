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

    /// Of an accepted request: a new epoch.
    init(_ request: borrowing ConfigurationRequest, launch: String) {
        epoch = Epoch()
        homeEpoch = request.continueEpoch ?? Epoch()
        self.launch = launch
        key = Self.copy(request.key)
        secrets = Self.copy(request.secrets)
        sealedSecrets = Self.copy(request.sealedSecrets)
        tlsKey = Self.copy(request.tlsKey)
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

    private init(_ bytes: [UInt8], epoch: Epoch) throws {
        var reader = try ObjectReader(JSON.read(bytes, depthLimit: 8))
        let launch = try reader.string("launch"), home = try reader.string("homeEpoch").flatMap(Epoch.init(hex:))
        let secrets = Self.secret(try reader.string("secrets"))
        let sealedSecrets = Self.secret(try reader.string("sealedSecrets"))
        let tlsKey = Self.secret(try reader.string("tlsKey"))
        let key = try Self.key(try reader.string("key"))
        guard let launch, let home else { throw SealedStateError.malformed(.configuration) }
        self.epoch = epoch
        homeEpoch = home
        self.launch = launch
        self.key = key
        self.secrets = secrets
        self.sealedSecrets = sealedSecrets
        self.tlsKey = tlsKey
    }

    private static func key(_ digits: String?) throws -> SecretKey? {
        guard let digits else { return nil }
        guard let key = SecretKey(hex: digits.utf8.span) else {
            throw SealedStateError.malformed(.configuration)
        }
        return key
    }

    private static func secret(_ text: String?) -> SecretBytes? {
        guard let text else { return nil }
        return SecretBytes(copying: text.utf8.span.bytes)
    }

    /// Nil when none was sealed yet.
    /// - Throws: `SealedStateError` when there is one that this enclave can't believe.
    static func restored(from state: SealedState) throws -> Configuration? {
        guard let sealed = try state.read(.configuration) else { return nil }
        do {
            return try sealed.content.withBytes { try Configuration(Array($0), epoch: sealed.epoch) }
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

    var opening: Opening {
        switch tlsKey {
        case .some(let key): .init(tlsKey: SharedSecret(key.copy()), homeEpoch: homeEpoch)
        case .none: .init(homeEpoch: homeEpoch)
        }
    }

    /// Puts the secrets where the application looks for them.
    func writeSecrets(to memory: PrivateMemory) throws {
        try Self.write(secrets, to: memory.path("secrets/secrets.json"))
        try Self.write(sealedSecrets, to: memory.path("secrets/sealed_secrets.json"))
    }

    private static func write(_ text: borrowing SecretBytes?, to path: String) throws {
        switch text {
        case .some(let text): try text.withBytes { try Files.write(Array($0), to: path, mode: 0o600) }
        case .none: break
        }
    }
}
