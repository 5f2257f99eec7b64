internal import CodeEncryption
internal import Files
internal import Gramine
internal import Notation
internal import SGXQuote
internal import Secrets
internal import WallClock

/// What an enclave is signed from, and how.
public struct SigningOptions: Sendable {
    /// What makes the signature.
    public enum Signer: Sendable {
        /// A private key, PEM; nil for where Gramine keeps one.
        case key(String?, passphrase: Passphrase?)
        /// Somebody else, who gets the digest from this file.
        case elsewhere(digest: String)
        /// A signature that somebody else made of the digest, and his public key, PEM.
        case made(signature: String, publicKey: String)
    }

    /// Of an encrypted key.
    public enum Passphrase: Sendable {
        case text(String)
        /// The first line of a file or pipe.
        case file(String)
    }

    public var manifest: String
    public var output: String
    /// Nil for the manifest's name with another ending.
    public var signatureFile: String?
    /// Nil for the one in the library folder.
    public var loader: String?
    /// Nil for where Gramine is installed.
    public var libraryFolder: String?
    /// `YYYY-MM-DD`, or `today`.
    public var date: String
    public var chroot: String?
    public var dependencyFile: String?
    public var signer: Signer
    /// Whether what lint finds insecure or weak is an error.
    public var isStrict: Bool

    public init(
        manifest: String,
        output: String,
        signatureFile: String? = nil,
        loader: String? = nil,
        libraryFolder: String? = nil,
        date: String = "today",
        chroot: String? = nil,
        dependencyFile: String? = nil,
        signer: Signer,
        isStrict: Bool = false
    ) {
        self.manifest = manifest
        self.output = output
        self.signatureFile = signatureFile
        self.loader = loader
        self.libraryFolder = libraryFolder
        self.date = date
        self.chroot = chroot
        self.dependencyFile = dependencyFile
        self.signer = signer
        self.isStrict = isStrict
    }

    /// As an option, checked where it is read.
    public static func date(_ text: String) throws(OperationError) -> String {
        if text.lowercased() == Self.today { return Self.today }
        guard (try? SigningDate(text)) != nil else { throw Arguments.mismatch("\"today\" or YYYY-MM-DD") }
        return text
    }

    static let today = "today"

    var isDatedToday: Bool { date.lowercased() == Self.today }

    fileprivate var signaturePath: String {
        if let signatureFile { return signatureFile }
        let ending = ".manifest"
        let bytes = manifest.utf8
        let stem = bytes.suffix(ending.utf8.count).elementsEqual(ending.utf8) ? bytes.dropLast(9) : bytes[...]
        return String(Substring(stem)) + ".sig"
    }
}

/// What signing tells.
public struct SigningReport: Sendable {
    /// As Gramine's signer prints it.
    public let listing: String
    /// What lint found insecure or weak, and what it found besides.
    public let warnings: [String]
    public let remarks: [String]
}

extension GramineTools {
    /// The private key, or whoever stands for it.
    private enum Key {
        case own(SigningKey)
        case elsewhere
        case made([UInt8], SigningPublicKey)
    }

    /// Expands a manifest, measures its enclave and signs it; everything is written at the end, or nothing.
    public func sign(_ options: SigningOptions) throws(OperationError) -> SigningReport {
        let date = try date(options)
        let (key, keyPath) = try key(options.signer)
        let libraryFolder = options.libraryFolder ?? GramineInstallation.libraryFolder
        let loader = options.loader ?? GramineInstallation.loader(in: libraryFolder)
        let image = try Self.loader(loader).image
        let enclave = try enclave(
            options.manifest,
            reading: Self.read(options.manifest, option: "--manifest", limit: Manifest.byteLimit),
            image: image,
            libraryFolder: libraryFolder,
            root: options.chroot
        )
        let notes = LintNotes(
            enclave.written,
            expanded: enclave.manifest,
            at: options.manifest,
            files: enclave.files,
            image: image,
            isExpanded: enclave.isExpanded,
            isDatedToday: options.isDatedToday,
            around: around
        )
        if options.isStrict { try notes.checkStrictly() }
        let measurement = measurement(of: enclave.layout)
        let body = SigstructBody(settings: enclave.layout.settings, measurement: measurement, date: date)
        var parts: [ToolOutput.Part] = [(enclave.text, options.output, "--output")]
        switch (key, options.signer) {
        case (.own(let key), _):
            do { parts.append((try key.sign(body).bytes, options.signaturePath, "--sigfile")) } catch {
                throw error.about(keyPath ?? "")
            }
        case (.made(let signature, let key), .made(let path, _)):
            do {
                let sigstruct = try Sigstruct(body, signature: signature, key: key)
                parts.append((sigstruct.bytes, options.signaturePath, "--sigfile"))
            } catch {
                throw error.about(path)
            }
        case (_, .elsewhere(let path)): parts.append((body.digest.array, path, "--digest-out"))
        default: break
        }
        if let path = options.dependencyFile {
            let dependencies = enclave.files.map(\.path) + [loader] + (keyPath.map { [$0] } ?? [])
            let text = options.output + ":" + dependencies.map { " \\\n\t" + $0 }.joined() + "\n"
            parts.append((Array(text.utf8), path, "--depfile"))
        }
        let output = ToolOutput(parts)
        // The manifest may become its own expansion.
        let manifest =
            FileIdentity(path: options.manifest) == FileIdentity(path: options.output)
            ? [] : [(options.manifest, "--manifest")]
        try output.check(inputs: manifest + [(loader, "--libpal")] + (keyPath.map { [($0, "--key")] } ?? []))
        let replaced = replacedFiles(parts, enclave.files)
        try output.write()
        let all = notes.lines() + replaced, warnings = notes.lines(from: .warning) + replaced
        return SigningReport(
            listing: enclave.layout.listing(of: enclave.manifest) + "Measurement:\n    \(measurement)\n",
            warnings: warnings,
            remarks: all.filter { !warnings.contains($0) }
        )
    }

    private func date(_ options: SigningOptions) throws(OperationError) -> SigningDate {
        if options.isDatedToday {
            if case .key = options.signer {
            } else {
                throw OperationError(
                    "--date",
                    "a date such as 2026-01-31 is needed where a signature is made elsewhere: both steps sign the same",
                    code: .usage
                )
            }
        }
        let text = options.isDatedToday ? String(clock.now.description.prefix(10)) : options.date
        do { return try SigningDate(text) } catch {
            throw OperationError("--date", "\"today\" or YYYY-MM-DD expected", code: .usage)
        }
    }

    /// A file that is trusted and replaced has another digest than the one that is signed. Gramine's signer takes it,
    /// and an enclave that never opens the file is none the worse.
    private func replacedFiles(_ parts: [ToolOutput.Part], _ files: [TrustedFile]) -> [String] {
        parts.compactMap { part in
            let name = Files.split(part.path).name
            guard let identity = FileIdentity(path: part.path),
                files.contains(where: { file in
                    file.path.utf8.count >= name.utf8.count && Files.split(file.path).name == name
                        && identity == FileIdentity(path: file.path)
                })
            else { return nil }
            return """
                \(part.option) \(part.path.printable(limit: nil)): is a trusted file itself, and was replaced after it \
                was hashed: the enclave can't open it, and each time another value is signed; don't trust it
                """
        }
    }

    private func key(_ signer: SigningOptions.Signer) throws(OperationError) -> (Key, path: String?) {
        switch signer {
        case .elsewhere: return (.elsewhere, nil)
        case .made(let signature, let publicKey):
            let bytes = try Self.read(signature, option: "--signature-in", limit: 1 << 16)
            let pem = try Self.read(publicKey, option: "--key", limit: 1 << 20)
            do {
                return (.made(bytes, try SigningPublicKey(pem: String(decoding: pem, as: UTF8.self))), publicKey)
            } catch {
                throw error.about(publicKey)
            }
        case .key(let named, let passphrase):
            SecretsInMemory.expect()
            let path = named ?? GramineInstallation.key(variables)
            let pem: SecretBytes
            do { pem = try SecretBytes(file: path, limit: 1 << 20) } catch {
                throw OperationError(
                    "--key " + path.printable(limit: nil),
                    error.problem,
                    mend: "name the key with --key, or make one: openssl genrsa -3 -out enclave-key.pem 3072",
                    like: error
                )
            }
            var words = try passphrase?.bytes()
            defer { words?.wipe() }
            do {
                let text = pem.withBytes { String(decoding: $0, as: UTF8.self) }
                return (.own(try SigningKey(pem: text, passphrase: words)), path)
            } catch {
                throw error.about(path)
            }
        }
    }
}

extension SigningOptions.Passphrase {
    fileprivate func bytes() throws(OperationError) -> [UInt8] {
        switch self {
        case .text(let text): return Array(text.utf8)
        case .file(let path):
            do {
                let all = try SecretBytes(file: path == "-" ? "/dev/stdin" : path, limit: 1 << 16)
                return all.withBytes { Array($0.prefix { $0 != 0x0A && $0 != 0x0D }) }
            } catch {
                throw OperationError("--passphrase-file " + path.printable(limit: nil), error.problem, like: error)
            }
        }
    }
}
