internal import CodeEncryption
internal import Files
internal import Notation

/// What the owner released to this instance, once it was proven; sealed so that a restart needs nobody.
struct Configuration: ~Copyable {
    /// Of this configuration, its identity and its log.
    let epoch: Epoch
    /// Of HOME: new, or continued.
    let homeEpoch: Epoch
    /// The launch record, or the arguments, under which the owner accepted this instance.
    let launch: String
    let key: CodeKey?
    let secrets: String?
    let sealedSecrets: String?
    let tlsKey: [UInt8]?

    /// Of an accepted request: a new epoch.
    init(_ request: borrowing ConfigurationRequest, launch: String) {
        epoch = Epoch()
        homeEpoch = request.continueEpoch ?? Epoch()
        self.launch = launch
        key = Self.copy(request.key)
        secrets = request.secrets
        sealedSecrets = request.sealedSecrets
        tlsKey = request.tlsKey
    }

    private static func copy(_ key: borrowing CodeKey?) -> CodeKey? {
        switch key {
        case .some(let key): key.copy()
        case .none: nil
        }
    }

    private init(_ bytes: [UInt8], epoch: Epoch) throws {
        var reader = try ObjectReader(JSON.read(bytes, depthLimit: 8))
        let launch = try reader.string("launch"), home = try reader.string("homeEpoch").flatMap(Epoch.init(hex:))
        let secrets = try reader.string("secrets"), sealedSecrets = try reader.string("sealedSecrets")
        let tlsKey = try reader.string("tlsKey").map { Array($0.utf8) }
        let key = try Self.key(try reader.string("key"))
        guard let launch, let home else { throw SealedStateError.malformed(SealedState.Item.configuration.rawValue) }
        self.epoch = epoch
        homeEpoch = home
        self.launch = launch
        self.key = key
        self.secrets = secrets
        self.sealedSecrets = sealedSecrets
        self.tlsKey = tlsKey
    }

    private static func key(_ digits: String?) throws -> CodeKey? {
        guard let digits, var raw = Hex.bytes(digits) else { return nil }
        defer { raw.wipe() }
        return try CodeKey(copying: raw.span.bytes)
    }

    /// Nil when none was sealed yet.
    /// - Throws: `SealedStateError` when there is one that this enclave can't believe.
    static func restored(from state: SealedState) throws -> Configuration? {
        guard var sealed = try state.read(.configuration) else { return nil }
        defer { sealed.bytes.wipe() }
        return try Configuration(sealed.bytes, epoch: sealed.epoch)
    }

    func seal(in state: SealedState) throws {
        let digits: Node? =
            switch key {
            case .some(let key): Node(key.withBytes { Hex.text($0) })
            case .none: nil
            }
        var bytes = Array(
            JSON.canonical(
                .object([
                    "homeEpoch": Node(homeEpoch.hex), "launch": Node(launch), "key": digits,
                    "secrets": secrets.map { Node($0) },
                    "sealedSecrets": sealedSecrets.map { Node($0) },
                    "tlsKey": tlsKey.map { Node(String(decoding: $0, as: UTF8.self)) },
                ])
            ).utf8
        )
        defer { bytes.wipe() }
        try state.write(bytes, as: .configuration, epoch: epoch)
    }

    var opening: ConfigurationGate.Opening { .init(tlsKey: tlsKey, homeEpoch: homeEpoch) }

    /// Puts the secrets where the application looks for them.
    func writeSecrets(to memory: PrivateMemory) throws {
        if let secrets { try Files.write(secrets, to: memory.path("secrets/secrets.json"), mode: 0o600) }
        if let sealedSecrets {
            try Files.write(sealedSecrets, to: memory.path("secrets/sealed_secrets.json"), mode: 0o600)
        }
    }
}
