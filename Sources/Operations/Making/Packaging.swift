internal import Attestation
internal import CodeEncryption
internal import CodePackage
internal import Files
internal import Foundation
internal import Gramine
internal import Notation
internal import RATLS
internal import RATLSTransport

/// What owners do with projects, packages, code and secrets.
public struct Packaging: Sendable {
    private let state: StateFolder

    public init(state: StateFolder = StateFolder()) { self.state = state }

    public struct Product: Sendable {
        public var package: String
        /// The code key, or the start token of plain code.
        public var key: String
        /// What the owner should know.
        public var notes: [String]
    }

    /// - Parameter key: an earlier key to encrypt with; nil makes one.
    public func package(project: String, output: String, encrypts: Bool, key: String?) throws -> Product {
        try state.prepare()
        let timestamp = Int64(Date().timeIntervalSince1970 * 1_000_000_000)
        let builder = PackageBuilder(
            project: project, output: output, runtime: try Runtime.ofThisMachine(), cache: state.cache, encrypts: encrypts,
            timestamp: timestamp)
        let made = if let key { try builder.build(key: CodeKey(file: key)) } else { try builder.build() }
        return Product(package: made.package, key: made.key, notes: made.notes)
    }

    /// The reference value and where it comes from.
    public func measure(_ package: String) throws -> (value: String, explanation: String, json: String) {
        let file = try PackageFile(package)
        let record = try file.record()
        let value = Hex.text(record.measurement)
        let mode: String =
            switch record.settings.mode {
            case .encrypted: "encrypted, started by its key"
            case .plain: "plain, started by its token"
            case .open: "plain, started by anybody"
            }
        let enclave = record.settings.enclave
        let explanation = """
            MRENCLAVE    \(value)
              application  \(record.settings.application), code \(mode)
              Python       \(record.settings.python)
              enclave      \(enclave.byteCount >> 20) MiB, \(enclave.threads) threads, product \(enclave.productID), SVN \(enclave.securityVersion)
              files        \(record.files.count), of the runtime and app.tar, environment.tar
              loader       of the simulated processor: this is no value of a real enclave

            """
        let node = Node.object(["mrenclave": Node(value), "simulated": true, "record": record.node])
        return (value, explanation, JSON.pretty(node))
    }

    /// - Returns: how many files.
    public func encrypt(_ folder: String, to output: String, key: String) throws -> Int {
        if !Files.exists(key) { try CodeKey().write(to: key) }
        let ignoreFile = folder + "/" + IgnoreList.fileName
        let ignored =
            Files.exists(ignoreFile)
            ? IgnoreList(text: String(decoding: try Files.read(ignoreFile, limit: 1 << 20), as: UTF8.self)) : IgnoreList()
        return try TreeEncryption.encrypt(folder, to: output, key: CodeKey(file: key), ignoring: ignored)
    }

    public func decrypt(_ folder: String, to output: String, key: String) throws -> Int {
        try TreeEncryption.decrypt(folder, to: output, key: CodeKey(file: key))
    }

    /// Seals a file to one enclave. A certificate or service is judged first; a raw key is taken as it is.
    /// - Returns: the refusal, when there is one.
    public func seal(_ input: String, receiver: String, output: String, options: JudgingOptions) async throws -> Judgement? {
        let message = try Files.read(input, limit: 64 << 20)
        let key: [UInt8]
        if Files.exists(receiver), let raw = try? Files.read(receiver, limit: SealedBox.publicKeyByteCount),
            raw.count == SealedBox.publicKeyByteCount
        {
            key = raw
        } else {
            let judgement = try await Verify(target: receiver, options: options, state: state).run()
            guard judgement.isAccepted else { return judgement }
            guard let certificate = judgement.verdict.evidence.certificate else {
                throw OperationError(receiver, "carries no key to seal to")
            }
            key = certificate.binding.sealingKey
            guard key.contains(where: { $0 != 0 }) else { throw OperationError(receiver, "its enclave has no key to seal to") }
        }
        try Files.write(try SealedBox.seal(message, to: key), to: output)
        return nil
    }

    public func unseal(_ input: String, privateKey: String, output: String) throws {
        let key = try CodeKey(file: privateKey)
        guard let message = SealedBox.open(try Files.read(input, limit: 64 << 20), with: key) else {
            throw OperationError(input, "is not sealed to this key, or was changed")
        }
        try Files.write(message, to: output, mode: 0o600)
    }
}
