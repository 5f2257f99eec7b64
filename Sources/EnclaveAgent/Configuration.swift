internal import CodeEncryption
internal import Files
internal import Notation

/// What the owner released to this instance, once it was proven; sealed so that a restart needs nobody.
struct Configuration: ~Copyable {
    private static let fileName = "configuration"

    let key: CodeKey?
    let secrets: String?
    let sealedSecrets: String?
    let tlsKey: [UInt8]?

    init(_ request: borrowing ConfigurationRequest) {
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

    private init(key: consuming CodeKey?, secrets: String?, sealedSecrets: String?, tlsKey: [UInt8]?) {
        self.key = key
        self.secrets = secrets
        self.sealedSecrets = sealedSecrets
        self.tlsKey = tlsKey
    }

    /// Nil when none was sealed yet.
    static func restored(from state: SealedState, id: String) throws -> Configuration? {
        guard var bytes = try state.read(Self.fileName) else { return nil }
        defer { bytes.wipe() }
        var reader = try ObjectReader(JSON.read(bytes, depthLimit: 8))
        guard try reader.string("id") == id else { throw AgentError("the sealed configuration belongs to another instance") }
        let secrets = try reader.string("secrets"), sealedSecrets = try reader.string("sealedSecrets")
        let tlsKey = try reader.string("tlsKey").map { Array($0.utf8) }
        guard let digits = try reader.string("key"), var raw = Hex.bytes(digits) else {
            return Configuration(key: nil, secrets: secrets, sealedSecrets: sealedSecrets, tlsKey: tlsKey)
        }
        defer { raw.wipe() }
        return Configuration(key: try CodeKey(copying: raw.span.bytes), secrets: secrets, sealedSecrets: sealedSecrets, tlsKey: tlsKey)
    }

    func seal(in state: SealedState, id: String) throws {
        let digits: Node? =
            switch key {
            case .some(let key): Node(key.withBytes { Hex.text($0) })
            case .none: nil
            }
        var bytes = Array(
            JSON.canonical(
                .object([
                    "id": Node(id), "key": digits, "secrets": secrets.map { Node($0) }, "sealedSecrets": sealedSecrets.map { Node($0) },
                    "tlsKey": tlsKey.map { Node(String(decoding: $0, as: UTF8.self)) },
                ])
            ).utf8)
        defer { bytes.wipe() }
        try state.write(bytes, as: Self.fileName)
    }

    /// Puts the secrets where the application looks for them.
    func writeSecrets(to memory: PrivateMemory) throws {
        if let secrets { try Files.write(secrets, to: memory.path("secrets/secrets.json"), mode: 0o600) }
        if let sealedSecrets { try Files.write(sealedSecrets, to: memory.path("secrets/sealed_secrets.json"), mode: 0o600) }
    }
}
