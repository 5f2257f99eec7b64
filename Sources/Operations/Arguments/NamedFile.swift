internal import CodeEncryption
internal import Files
internal import Glibc
internal import Notation
internal import PackageFormat
internal import RATLS
internal import Secrets
internal import StrictX509

/// A file that a person named for a purpose: what stands in it must be of that kind, and what isn't is called by what
/// it looks like.
struct NamedFile {
    /// The option that names it, such as `--key`; empty for an argument.
    let option: String
    let path: String
    /// With its article.
    let expected: String
    let mend: String

    private static let lookLimit = 1 << 16

    static func key(_ path: String, _ option: String = "--key") -> NamedFile {
        NamedFile(
            option: option,
            path: path,
            expected: "a key file of \(SecretKey.byteCount) raw bytes",
            mend: "name the .key file that 'mse package' made beside the package"
        )
    }

    static func unsealingKey(_ path: String) -> NamedFile {
        NamedFile(
            option: "--private-key",
            path: path,
            expected: "an X25519 key of \(SecretKey.byteCount) raw bytes",
            mend: "name the secret key that the box was sealed to"
        )
    }

    static func package(_ path: String, _ option: String = "--package") -> NamedFile {
        NamedFile(option: option, path: path, expected: "a package", mend: "name the .tar file that 'mse package' made")
    }

    static func enclave(_ path: String) -> NamedFile {
        NamedFile(
            option: "",
            path: path,
            expected: "a package or a manifest of Gramine",
            mend: "name the .tar file that 'mse package' made, or a .manifest"
        )
    }

    static func secrets(_ path: String, _ option: String = "--secrets") -> NamedFile {
        NamedFile(option: option, path: path, expected: "secrets as JSON", mend: #"write them as {"name": "value"}"#)
    }

    static func box(_ path: String, _ option: String) -> NamedFile {
        NamedFile(option: option, path: path, expected: "a sealed box", mend: "make one with 'mse seal'")
    }

    static func tlsCertificate(_ path: String) -> NamedFile {
        NamedFile(
            option: "--certificate",
            path: path,
            expected: "a certificate chain, PEM,",
            mend: "convert it with 'openssl x509', or name the right one"
        )
    }

    static func tlsKey(_ path: String) -> NamedFile {
        NamedFile(
            option: "--private-key",
            path: path,
            expected: "the key of the owner's certificate, PEM,",
            mend: "convert it with 'openssl pkey', or name the right one"
        )
    }

    static func policy(_ path: String) -> NamedFile {
        NamedFile(
            option: "--policy",
            path: path,
            expected: "a policy in TOML or JSON",
            mend: "docs/policy.md shows a whole one"
        )
    }

    /// Bytes of whatever is in it are judged by whoever asks for them.
    static func evidence(_ path: String) -> NamedFile {
        NamedFile(
            option: "",
            path: path,
            expected: "a quote, a certificate that carries one, or an evidence file",
            mend: "name the file, such as the evidence.json that 'mse evidence' made"
        )
    }

    static func root(_ setting: NamedSetting) -> NamedFile {
        NamedFile(
            option: setting.place,
            path: setting.value,
            expected: "a root certificate, PEM or DER,",
            mend: "'mse simulator root' prints the path of a simulated processor's"
        )
    }

    static func measurement(_ path: String) -> NamedFile {
        NamedFile(
            option: "--expected",
            path: path,
            expected: "MRENCLAVE as 64 or MRTD as 96 hex digits, or a file that holds them,",
            mend: "'mse measure' tells a package's"
        )
    }

    static func content(_ path: String) -> NamedFile {
        NamedFile(option: "--input", path: path, expected: "a file", mend: "name the one that is to be sealed")
    }

    var subject: String { (option.isEmpty ? "" : option + " ") + path.printable(limit: nil) }

    /// What it looks like, by its beginning where it is large.
    private func look() throws(OperationError) -> (kind: ContentKind, byteCount: Int) {
        do {
            guard !Files.isFolder(path) else { throw FileError(path, "is a folder") }
            let file = try OpenFile(path, O_RDONLY)
            // It may be a key.
            var bytes = [UInt8](repeating: 0, count: Self.lookLimit)
            defer { bytes.wipe() }
            let count = try bytes.withUnsafeMutableBytes { try file.read(into: $0) }
            bytes.removeLast(bytes.count - count)
            return (ContentKind(bytes), max(count, try file.byteCount()))
        } catch {
            let problem = (error as? FileError)?.problem ?? "can't be read"
            throw OperationError(subject, "\(problem); \(expected) expected", mend: mend, code: .file)
        }
    }

    /// - Parameter detail: what is wrong with it, where its kind says too little.
    func mismatch(_ kind: ContentKind, byteCount: Int? = nil, _ detail: String? = nil) -> OperationError {
        let size = byteCount.map { ", \($0) bytes" } ?? ""
        return OperationError(
            subject,
            "\(expected) expected, found: it is \(kind.description)\(size)" + (detail.map { " (\($0))" } ?? ""),
            mend: mend,
            code: .fileKind
        )
    }

    func contentKind() throws(OperationError) -> ContentKind { try look().kind }

    /// - Throws: unless it looks like one of these.
    func check(_ isExpected: (ContentKind, Int) -> Bool) throws(OperationError) {
        let (kind, byteCount) = try look()
        guard isExpected(kind, byteCount) else { throw mismatch(kind, byteCount: byteCount) }
    }

    // MARK: Readers

    /// All of it, whatever it looks like.
    /// - Parameter limit: in bytes; more is refused.
    func read(limit: Int) throws(OperationError) -> [UInt8] {
        do {
            return try Files.read(path, limit: limit)
        } catch {
            throw OperationError(subject, "\(error.problem); \(expected) expected", mend: mend, like: error)
        }
    }

    func secretKey() throws -> SecretKey {
        try checkKey()
        return try SecretKey(file: path)
    }

    /// By its size, which a pipe doesn't tell before it is read.
    func checkKey() throws(OperationError) {
        // Looked at without opening it (O_PATH): who writes into a pipe would see its reader go.
        if !Files.isFolder(path), let file = try? OpenFile(path, 0o10000000), (try? file.isRegular) == false { return }
        try check { $1 == SecretKey.byteCount }
    }

    func packageFile() throws -> PackageFile {
        try check { kind, _ in kind == .tar }
        return try PackageFile(path)
    }

    /// A JSON object, as it stands in the file: what a service finds nothing in, it wouldn't get at all.
    func secretObject() throws -> SecretBytes {
        let secrets = try secretJSON()
        let first = secrets.withBytes { $0.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) } }
        guard first == UInt8(ascii: "{") else {
            let words =
                switch first {
                case UInt8(ascii: "["): "an array"
                case UInt8(ascii: "\""): "a string"
                case UInt8(ascii: "t"), UInt8(ascii: "f"): "true or false"
                case UInt8(ascii: "n"): "null"
                default: "a number"
                }
            throw OperationError(
                subject,
                "secrets as a JSON object expected, found: it is \(words)",
                mend: mend,
                code: .fileKind
            )
        }
        return secrets
    }

    /// All of it, whatever it looks like, in guarded memory alone.
    /// - Parameter limit: in bytes; more is refused.
    func secret(limit: Int) throws(OperationError) -> SecretBytes {
        do {
            return try SecretBytes(file: path, limit: limit)
        } catch {
            throw OperationError(subject, "\(error.problem); \(expected) expected", mend: mend, code: .file)
        }
    }

    /// JSON of whatever form, as it stands in the file.
    func secretJSON() throws -> SecretBytes {
        let json = try secret(limit: ConfigurationProtocol.bodyLimit).withoutMark()
        do {
            _ = try SecretNode(json, depthLimit: 60)
        } catch {
            let isUTF16 = json.withBytes { $0.starts(with: [0xFF, 0xFE]) || $0.starts(with: [0xFE, 0xFF]) }
            let kind = Self.kind(of: json)
            guard isUTF16 || kind == .json else { throw mismatch(kind, "\(error)") }
            throw OperationError(
                subject,
                isUTF16
                    ? "\(expected) in UTF-8 expected, found: it is text in UTF-16"
                    : "\(expected) expected, found: its JSON is broken (\(error))",
                mend: isUTF16 ? "save it as UTF-8" : mend,
                code: .fileKind
            )
        }
        return json
    }

    /// The key of a TLS certificate, PEM.
    func privateKeyPEM() throws -> SecretBytes {
        let pem = try secret(limit: 1 << 20)
        let kind = Self.kind(of: pem)
        guard kind == .privateKey, pem.withBytes({ $0.first }) != 0x30 else {
            throw mismatch(kind, byteCount: pem.count)
        }
        return pem
    }

    private static func kind(of secret: borrowing SecretBytes) -> ContentKind {
        var bytes = secret.withBytes { Array($0) }
        defer { bytes.wipe() }
        return ContentKind(bytes)
    }
}
