internal import Attestation
internal import CodeEncryption
internal import Files
internal import FoundationEssentials
internal import Notation
internal import PackageBuilding
public import PackageFormat
internal import PackageMeasurement
internal import RATLS
internal import RATLSTransport
internal import Secrets
internal import StrictX509

/// What owners do with projects, packages, code and secrets.
public struct Packaging: Sendable {
    private let surroundings: Surroundings
    private var state: StateFolder { surroundings.state }

    public init(in surroundings: Surroundings = Surroundings()) { self.surroundings = surroundings }

    public struct Product: Sendable {
        public var package: String
        /// The code key, or the start token of plain code.
        public var key: String
        /// What the owner should know.
        public var notes: [String]
    }

    /// - Parameters:
    ///   - platform: the only one that it will run on; measured.
    ///   - key: an earlier key to encrypt with; nil makes one.
    ///   - checksImports: whether what the code imports is looked for.
    public func package(
        project: String,
        output: String,
        platform: EnclaveSettings.Platform = .simulator,
        encrypts: Bool,
        key: String?,
        checksImports: Bool = true
    ) throws -> Product {
        let place = try surroundings.places.place(on: platform, for: project)
        SecretsInMemory.expect()
        try state.prepare()
        let timestamp = Int64(Date().timeIntervalSince1970 * 1_000_000_000)
        var builder = PackageBuilder(
            project: project,
            output: output,
            runtime: try Runtime.ofThisMachine(for: place.platform),
            cache: state.cache,
            encrypts: encrypts,
            timestamp: timestamp
        )
        builder.checksImports = checksImports
        let made = if let key { try builder.build(key: NamedFile.key(key).secretKey()) } else { try builder.build() }
        try MadePackages(state).note(made.package)
        return Product(package: made.package, key: made.key, notes: made.notes)
    }

    /// The reference value and where it comes from.
    public func measure(_ package: String) throws -> (value: String, explanation: String, json: String) {
        let file = try NamedFile.package(package, "").packageFile()
        let record = try file.record()
        let value = Hex.text(record.measurement)
        let worth = surroundings.places[record.settings.agent.platform]?.platform.worth
        let enclave = record.settings.enclave
        let explanation = """
            MRENCLAVE    \(value)
              application  \(NotationError.printable(record.settings.application)), code \(record.settings.mode.words)
              Python       \(NotationError.printable(record.settings.python))
              log          \(record.settings.log.words)
              enclave      \(enclave.byteCount >> 20) MiB, \(enclave.threads) threads, product \(enclave.productID), SVN \(enclave.securityVersion)
              files        \(record.files.count), of the runtime and app.tar, environment.tar
              platform     \(worth?.measurementWords ?? record.settings.agent.platform.rawValue)

            """
        let node = Node.object([
            "mrenclave": Node(value), "simulated": Node(.boolean(worth == .simulated)),
            "record": record.node,
        ])
        return (value, explanation, JSON.pretty(node))
    }

    /// - Returns: how many files.
    public func encrypt(_ folder: String, to output: String, key: String) throws -> Int {
        SecretsInMemory.expect()
        // Nothing is made for a folder that isn't there.
        guard Files.isFolder(folder) else {
            throw OperationError(FileError.printable(folder), Self.noFolder(folder), code: "notFound")
        }
        guard !Files.exists(output) else {
            throw OperationError(FileError.printable(output), "exists already", code: "exists")
        }
        let isNew = !Files.exists(key)
        if !isNew { try NamedFile.key(key).checkKey() }
        if isNew {
            try SecretKey().write(to: key)
            // Not removed: a key may be of more use than its owner remembers.
            Unfinished.remark("the new key stays in \(FileError.printable(key))")
        }
        do {
            var notes: [String] = []
            let ignored = try ProjectFiles.ignoreList(folder, &notes)
            try ProjectFiles.checkReadable(folder, ignoring: ignored)
            let count = try TreeEncryption.encrypt(folder, to: output, key: SecretKey(file: key), ignoring: ignored)
            Unfinished.remark(nil)
            return count
        } catch {
            if isNew { try? Files.remove(key) }
            throw error
        }
    }

    private static func noFolder(_ path: String) -> String {
        Files.exists(path) ? "a folder expected, found a file" : "there is no such folder"
    }

    public func decrypt(_ folder: String, to output: String, key: String) throws -> Int {
        SecretsInMemory.expect()
        guard Files.isFolder(folder) else { throw OperationError(FileError.printable(folder), Self.noFolder(folder)) }
        return try TreeEncryption.decrypt(folder, to: output, key: NamedFile.key(key).secretKey())
    }

    /// Whom a box is for.
    public enum Receiver: Sendable {
        /// A service's name, an address, or a file with its certificate or evidence; judged first.
        case judged(String, JudgingOptions)
        /// A key of 32 bytes in a file, or as 64 hex digits, that somebody else vouches for.
        case unverified(String)

        /// - Throws: for hex digits of another key, where no file has that name.
        public static func unverifiedKey(_ text: String) throws(OperationError) -> String {
            guard let bytes = Hex.bytes(text), !bytes.isEmpty, bytes.count != SealedBox.publicKeyByteCount,
                !Files.exists(text)
            else {
                return text
            }
            throw OperationError(
                "",
                "a public key of 32 bytes, in a file or as 64 hex digits, expected, found \(text.utf8.count) hex digits"
            )
        }
    }

    /// Seals a file to one enclave.
    /// - Returns: the refusal, when there is one.
    public func seal(_ input: String, to receiver: Receiver, output: String) async throws -> Judgement? {
        SecretsInMemory.expect()
        guard !Self.isSame(input, output) else {
            throw OperationError(
                "--output \(FileError.printable(output))",
                "is the input itself, which the box would replace; name another file"
            )
        }
        let message = try Files.read(input, limit: 64 << 20)
        let box: [UInt8]
        switch receiver {
        case .judged(let target, let options):
            switch try await Release(options, surroundings).recipient(target) {
            case .refused(let judgement): return judgement
            case .accepted(let recipient): box = try recipient.seal(message)
            }
        case .unverified(let text):
            let key = try Self.bareKey(text)
            do throws(SecretError) {
                box = try SealedBox.seal(message, to: key)
            } catch {
                throw OperationError("--unverified-key", "is \(error)")
            }
        }
        try Files.write(box, to: output)
        return nil
    }

    /// By whatever name, links included.
    private static func isSame(_ input: String, _ output: String) -> Bool {
        guard let identity = FileIdentity(path: input) else { return false }
        return identity == FileIdentity(path: output)
    }

    private static func bareKey(_ text: String) throws -> [UInt8] {
        if let bytes = Hex.bytes(text), bytes.count == SealedBox.publicKeyByteCount { return bytes }
        let named = NamedFile(
            option: "--unverified-key",
            path: text,
            expected:
                "a public key of \(SealedBox.publicKeyByteCount) bytes, in a file or as \(2 * SealedBox.publicKeyByteCount) hex digits,",
            mend: "or name with --receiver the service or its certificate, which is judged"
        )
        try named.check { $1 == SealedBox.publicKeyByteCount }
        return try Files.read(text, limit: 4096)
    }

    public func unseal(_ input: String, privateKey: String, output: String) throws {
        SecretsInMemory.expect()
        guard !Self.isSame(input, output) else {
            throw OperationError(
                "--output \(FileError.printable(output))",
                "is the box itself, which its content would replace; name another file"
            )
        }
        let key = try NamedFile.unsealingKey(privateKey).secretKey()
        let box = try Files.read(input, limit: 64 << 20)
        guard let message = SealedBox.open(box, with: key) else {
            let kind = ContentKind(box)
            if kind != .binary { throw NamedFile.box(input, "--input").mismatch(kind, byteCount: box.count) }
            throw OperationError(input, "is not sealed to this key, or was changed", code: "key")
        }
        try message.withBytes { try Files.write(Array($0), to: output, mode: 0o600) }
    }
}
