internal import CodeEncryption
internal import Crypto
internal import Files
internal import Gramine
internal import Notation
internal import PackageFormat
internal import PackageMeasurement
internal import SGXQuote
internal import Secrets
internal import StrictX509

/// What an enclave is measured with, besides the file that is named.
public struct MeasuringOptions: Sendable {
    /// Nil for the one in the library folder.
    public var loader: String?
    /// Nil for where Gramine is installed.
    public var libraryFolder: String?
    public var chroot: String?
    /// Of whoever signs, PEM, public or private.
    public var key: String?
    /// Whether what lint finds insecure or weak is an error.
    public var isStrict: Bool

    public init(
        loader: String? = nil,
        libraryFolder: String? = nil,
        chroot: String? = nil,
        key: String? = nil,
        isStrict: Bool = false
    ) {
        self.loader = loader
        self.libraryFolder = libraryFolder
        self.chroot = chroot
        self.key = key
        self.isStrict = isStrict
    }
}

/// What enclaves measure, and why two of them measure differently.
public struct EnclaveMeasuring: Sendable {
    private let surroundings: Surroundings
    private let tools: GramineTools

    public init(in surroundings: Surroundings = Surroundings(), tools: GramineTools = GramineTools()) {
        self.surroundings = surroundings
        self.tools = tools
    }

    /// Of a package or a manifest.
    public func measure(_ path: String, options: MeasuringOptions = MeasuringOptions()) throws -> EnclaveReport {
        switch try source(path) {
        case .package(let file): try measure(package: file, options)
        case .manifest(let bytes): try measure(manifest: path, bytes, options)
        case .saved:
            throw OperationError(
                path.printable(limit: nil),
                "holds what was measured before; a package or a manifest of Gramine expected",
                mend: "--diff compares it with another",
                code: .fileKind
            )
        }
    }

    /// Why two of them differ, each a package, a manifest, or what was saved of one.
    public func difference(
        _ first: String,
        _ second: String,
        options: MeasuringOptions = MeasuringOptions()
    ) throws -> EnclaveDifference {
        let first = (name: first.printable(limit: nil), measured: try enclave(first, options))
        let second = (name: second.printable(limit: nil), measured: try enclave(second, options))
        return EnclaveDifference(
            from: first.measured.enclave,
            named: first.name,
            to: second.measured.enclave,
            named: second.name,
            notes: first.measured.notes + second.measured.notes
        )
    }

    /// With what lint found; of what was saved that isn't known.
    private func enclave(
        _ path: String,
        _ options: MeasuringOptions
    ) throws -> (enclave: MeasuredEnclave, notes: [String]) {
        guard case .saved(let node) = try source(path) else {
            let report = try measure(path, options: options)
            return (report.enclave, report.notes)
        }
        return try OperationError.naming(path.printable(limit: nil), code: .fileKind) {
            (try MeasuredEnclave(saved: node), [])
        }
    }

    // MARK: Sources

    private enum Source {
        case package(PackageFile)
        case manifest([UInt8])
        case saved(Node)
    }

    /// Any of these tables makes a manifest of Gramine's.
    private static let tables = ["loader", "libos", "fs", "sgx", "sys"]
    /// Of what was saved.
    private static let savedLimit = 256 << 20

    private func source(_ path: String) throws -> Source {
        let named = NamedFile.enclave(path)
        let kind = try named.contentKind()
        if kind == .tar { return .package(try PackageFile(path)) }
        guard [.text, .json].contains(kind) else { throw named.mismatch(kind) }
        let bytes = try named.read(limit: Self.savedLimit)
        if bytes.first(where: { $0 > 0x20 }) == UInt8(ascii: "{") {
            return .saved(
                try OperationError.naming(path.printable(limit: nil), code: .fileKind) { try JSON.read(bytes) }
            )
        }
        // What speaks of no table of Gramine's is some other text, whatever its mistakes are.
        let isManifest = Self.tables.contains { bytes.firstRange(of: Array($0.utf8)) != nil }
        guard isManifest else { throw named.mismatch(kind) }
        // Whose syntax is broken is told where.
        if let root = try? TOML.read(bytes), case .object(let members) = root.value,
            !members.contains(where: { Self.tables.contains($0.name) })
        {
            throw named.mismatch(kind)
        }
        return .manifest(bytes)
    }

    // MARK: Measuring

    private func measure(package: PackageFile, _ options: MeasuringOptions) throws -> EnclaveReport {
        let enclave = try package.enclave(), record = enclave.record
        let notes = LintNotes(enclave, at: package.path)
        if options.isStrict { try notes.checkStrictly() }
        return EnclaveReport(
            MeasuredEnclave(enclave, signer: try signer(options.key)),
            package: .init(record: record, worth: surroundings.places[record.settings.agent.platform]?.platform.worth),
            notes: notes.lines(),
            sizes: { file in
                if let path = file.path.flatMap({ PackageEnclave.machinePath(of: $0) }) {
                    try? OpenFile(onDisk: path).byteCount()
                } else {
                    package.range(of: file.uri)?.count
                }
            }
        )
    }

    private func measure(
        manifest path: String,
        _ bytes: [UInt8],
        _ options: MeasuringOptions
    ) throws -> EnclaveReport {
        let signer = try signer(options.key)
        let libraryFolder = options.libraryFolder ?? GramineInstallation.libraryFolder
        let loaderPath = options.loader ?? GramineInstallation.loader(in: libraryFolder)
        let (loader, image) = try GramineTools.loader(loaderPath)
        // What is signed already is what runs, whichever version wrote it.
        let isSigned = ExactText(path).hasSuffix(".manifest.sgx")
        let enclave =
            isSigned
            ? try tools.enclave(path, signed: bytes, image: image)
            : try tools.enclave(path, reading: bytes, image: image, libraryFolder: libraryFolder, root: options.chroot)
        let notes = LintNotes(
            enclave.written,
            expanded: enclave.manifest,
            at: path,
            files: enclave.files,
            image: image,
            isExpanded: enclave.isExpanded,
            around: tools.around
        )
        if options.isStrict { try notes.checkStrictly() }
        return EnclaveReport(
            MeasuredEnclave(
                enclave.layout,
                measurement: tools.measurement(of: enclave.layout),
                manifest: enclave.manifest,
                files: enclave.files,
                loader: Hex.text(SHA256.hash(data: loader)),
                signer: signer
            ),
            package: nil,
            notes: notes.lines(),
            sizes: { [around = tools.around] file in file.path.flatMap { around.byteCount(of: $0) } }
        )
    }

    /// MRSIGNER of a key, or of the public half of one.
    private func signer(_ path: String?) throws(OperationError) -> FixedBytes<32>? {
        guard let path else { return nil }
        SecretsInMemory.expect()
        do {
            let pem = try SecretBytes(file: path, limit: 1 << 20).withBytes { String(decoding: $0, as: UTF8.self) }
            if let key = try? SigningPublicKey(pem: pem) { return key.signer }
            return try SigningKey(pem: pem).publicKey.signer
        } catch let error as GramineError {
            throw OperationError(
                "--key " + path.printable(limit: nil),
                error.problem,
                mend: error.mend ?? "name the public key: openssl rsa -in KEY -pubout",
                like: error
            )
        } catch let error as FileError {
            throw OperationError("--key " + path.printable(limit: nil), error.problem, like: error)
        } catch {
            throw OperationError("--key " + path.printable(limit: nil), "\(error)", code: .key)
        }
    }
}
