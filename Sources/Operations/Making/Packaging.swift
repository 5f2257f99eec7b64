internal import Attestation
internal import CodeEncryption
internal import Files
internal import Notation
internal import PackageBuilding
public import PackageFormat
internal import RATLS
internal import RATLSTransport
internal import Secrets
internal import StrictX509
internal import WallClock

/// What owners do with projects, packages, code and secrets.
public struct Packaging: Sendable {
    private let surroundings: Surroundings
    private var state: StateFolder { surroundings.state }

    public init(in surroundings: Surroundings = Surroundings()) { self.surroundings = surroundings }

    public struct Product: Sendable {
        public var package: String
        /// The code key, or the start token of plain code.
        public var key: String
        /// What its enclave measures, and of what, for those who verify it.
        public var reference: String?
        /// What the owner should know.
        public var notes: [String]
    }

    /// What packages the same project encrypted, to be typed into a shell.
    public static func encryptingCommand(project: String, output: String) -> String {
        "mse package --project \(ShellWord(path: project)) --output \(ShellWord(path: output)) --encrypt"
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
        try ProjectFiles.checkFolder(project)
        try checkState(project)
        try state.prepare()
        let timestamp = surroundings.clock.nanoseconds
        var builder = PackageBuilder(
            project: project,
            output: output,
            runtime: try Runtime.ofThisMachine(for: place.platform),
            cache: state.cache,
            encrypts: encrypts,
            timestamp: timestamp
        )
        builder.checksImports = checksImports
        let measuring = EnclaveMeasuring(in: surroundings)
        builder.makesReference = { Array(try measuring.measure($0).json.utf8) }
        let made: PackageBuilder.Product
        do {
            made = if let key { try builder.build(key: NamedFile.key(key).secretKey()) } else { try builder.build() }
        } catch let error as PackageError {
            throw error.withCommandLineMend
        }
        try MadePackages(state).note(made.package)
        return Product(package: made.package, key: made.key, reference: made.reference, notes: made.notes)
    }

    /// Keys of the simulated processor and what is sealed lie there.
    private func checkState(_ project: String) throws {
        for folder in [project + "/mse_src", project + "/tests"] {
            guard let real = try? Files.resolved(folder),
                Files.isInside(try Files.resolvedPlace(state.path), real)
            else { continue }
            throw OperationError(
                "MSE_HOME \(state.path.printable(limit: nil))",
                "lies in \(folder.printable(limit: nil)), which ships: the package would hold this user's state",
                mend: "name a folder outside of it",
                code: .outputIsInput
            )
        }
    }

    /// - Returns: how many files.
    public func encrypt(_ folder: String, to output: String, key: String) throws -> Int {
        SecretsInMemory.expect()
        // Nothing is made for a folder that isn't there.
        guard Files.isFolder(folder) else {
            throw OperationError(folder.printable(limit: nil), Self.noFolder(folder), code: .notFound)
        }
        try Self.checkPlace(output, apartFrom: folder)
        try Self.checkPlace(key, apartFrom: folder, "--key ")
        let isNew = !Files.exists(key)
        if !isNew { try NamedFile.key(key).checkKey() }
        if isNew {
            try SecretKey().write(to: key)
            // Not removed: a key may be of more use than its owner remembers.
            Unfinished.remark("the new key stays in \(key.printable(limit: nil))")
        }
        do {
            var notes: [String] = []
            let ignored = try ProjectFiles.ignoreList(folder, &notes)
            let tree = try CodeTree(folder, ignoring: ignored)
            try ProjectFiles.checkReadable(tree, in: folder)
            let count = try TreeEncryption.encrypt(tree, to: output, key: SecretKey(file: key))
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

    /// - Throws: unless it can be made, and lies apart from the folder that is read.
    private static func checkPlace(_ place: String, apartFrom folder: String, _ option: String = "") throws {
        if let objection = try SeparateTrees(reading: folder).objection(to: place) {
            throw OperationError(
                option + place.printable(limit: nil),
                objection,
                mend: "name a place outside of it",
                code: .outputIsInput
            )
        }
        guard option.isEmpty, Files.isTaken(place) else { return }
        throw OperationError(
            place.printable(limit: nil),
            "exists already",
            mend: "name a folder that doesn't",
            code: .exists
        )
    }

    public func decrypt(_ folder: String, to output: String, key: String) throws -> Int {
        SecretsInMemory.expect()
        guard Files.isFolder(folder) else {
            throw OperationError(folder.printable(limit: nil), Self.noFolder(folder), code: .notFound)
        }
        try Self.checkPlace(output, apartFrom: folder)
        return try TreeEncryption.decrypt(folder, to: output, key: NamedFile.key(key).secretKey())
    }

    /// Whom a box is for.
    public enum Receiver: Sendable {
        /// A service's name, an address, or a file with its certificate or evidence; judged first.
        case judged(String, JudgingOptions)
        /// A key of 32 bytes in a file, or as 64 hex digits, that somebody else vouches for.
        case unverified(String)

        /// - Throws: for what is neither a file's name nor a key that can be sealed to.
        public static func unverifiedKey(_ text: String) throws(OperationError) -> String {
            guard let bytes = Hex.bytes(text), !bytes.isEmpty, bytes.count == SealedBox.publicKeyByteCount else {
                if Files.exists(text) { return text }
                let isHex = text.utf8.allSatisfy { Hex.value(of: $0) != nil }
                throw Arguments.mismatch(
                    "a public key of 32 bytes, in a file that is there or as 64 hex digits,",
                    found: isHex ? "\(text.utf8.count) hex digits" : nil
                )
            }
            guard (try? SealedBox.seal(SecretBytes(capacity: 0) { _ in 0 }, to: bytes)) != nil else {
                throw Arguments.mismatch("a public key that somebody has the secret key of", found: "one of no use")
            }
            return text
        }
    }

    /// Seals a file to one enclave.
    /// - Returns: the refusal, when there is one.
    public func seal(_ input: String, to receiver: Receiver, output: String) async throws -> Judgement? {
        SecretsInMemory.expect()
        guard !Self.isSame(input, output) else {
            throw OperationError(
                "--output \(output.printable(limit: nil))",
                "is the input itself, which the box would replace; name another file",
                code: .outputIsInput
            )
        }
        try Self.checkNew(output)
        let message = try NamedFile.content(input).secret(limit: 64 << 20)
        let box: [UInt8]
        switch receiver {
        case .judged(let target, let options):
            try ReleasedMaterial.checkKey(in: message, from: input, of: options.package)
            switch try await Release(options, surroundings).recipient(target) {
            case .refused(let judgement): return judgement
            case .accepted(let recipient): box = try recipient.seal(message)
            }
        case .unverified(let text):
            let key = try Self.bareKey(text)
            do throws(SecretError) {
                box = try SealedBox.seal(message, to: key)
            } catch {
                throw OperationError("--unverified-key \(text.printable(limit: nil))", "is \(error)", code: .key)
            }
        }
        try box.withUnsafeBytes { try Files.writeNew($0, to: output, mode: 0o644) }
        return nil
    }

    /// A result takes nobody's place: it could be the only copy of a key or a package, or a device.
    private static func checkNew(_ output: String) throws(OperationError) {
        guard Files.isTaken(output) else { return }
        throw OperationError(
            "--output \(output.printable(limit: nil))",
            "exists already and would be lost",
            mend: "name another file",
            code: .exists
        )
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
                """
                a public key of \(SealedBox.publicKeyByteCount) bytes, in a file or as \
                \(2 * SealedBox.publicKeyByteCount) hex digits,
                """,
            mend: "or name with --receiver the service or its certificate, which is judged"
        )
        try named.check { $1 == SealedBox.publicKeyByteCount }
        return try Files.read(text, limit: 4096)
    }

    public func unseal(_ input: String, privateKey: String, output: String) throws {
        SecretsInMemory.expect()
        guard !Self.isSame(input, output) else {
            throw OperationError(
                "--output \(output.printable(limit: nil))",
                "is the box itself, which its content would replace; name another file",
                code: .outputIsInput
            )
        }
        try Self.checkNew(output)
        let key = try NamedFile.unsealingKey(privateKey).secretKey()
        let box = try NamedFile.box(input, "--input").read(limit: 64 << 20)
        guard let message = SealedBox.open(box, with: key) else {
            let kind = ContentKind(box)
            if kind != .binary { throw NamedFile.box(input, "--input").mismatch(kind, byteCount: box.count) }
            throw OperationError(input, "is not sealed to this key, or was changed", code: .key)
        }
        try message.withBytes { try Files.writeNew($0, to: output, mode: 0o600) }
    }
}
