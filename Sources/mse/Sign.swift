import ArgumentParser
import CommandInterface
import Operations

struct Sign: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign",
        abstract: "Measure and sign an enclave of Gramine, as gramine-sgx-sign does.",
        discussion:
            """
            Example: mse sign --manifest app.manifest --output app.manifest.sgx --key enclave-key.pem \
            --libpal /usr/lib/x86_64-linux-gnu/gramine/sgx/libpal.so --date 2026-01-31

            Where the key is held elsewhere: --digest-out writes the SHA-256 that is to be signed (RSASSA-PKCS1-v1_5), \
            and the same command with --signature-in, and the public key as --key, takes the signature.
            """
    )

    @Option(name: .shortAndLong, help: "The manifest.", completion: .file())
    var manifest: String
    @Option(
        name: .shortAndLong,
        help: "The expanded manifest to write, such as app.manifest.sgx.",
        transform: { try outputFile($0) }
    )
    var output: String
    @Option(
        name: [.customShort("s"), .customLong("sigfile")],
        help: "The signature to write; by default the manifest's name with .sig in place of .manifest.",
        transform: { try outputFile($0) }
    )
    var signatureFile: String?
    @Option(name: [.customShort("l"), .customLong("libpal")], help: "Gramine's loader.", completion: .file())
    var loader: String?
    @Option(name: .customLong("pkglibdir"), help: "Where Gramine's loader and library OS are.", completion: .directory)
    var libraryFolder: String?
    @Option(
        name: .shortAndLong,
        help: "The date in the signature: today (UTC), or YYYY-MM-DD.",
        transform: { try SigningOptions.date($0) }
    )
    var date = "today"
    @Option(help: "A folder that stands for the root.", completion: .directory)
    var chroot: String?
    @Option(
        name: .customLong("depfile"),
        help: "A file of dependencies to write, for Ninja and Make.",
        transform: { try outputFile($0) }
    )
    var dependencyFile: String?
    @Option(help: "What makes the signature: a file.")
    var with = "file"
    @Option(
        name: .shortAndLong,
        help: "The key, PEM; by default enclave-key.pem in ~/.config/gramine.",
        completion: .file()
    )
    var key: String?
    @Option(
        name: [.customShort("p"), .customLong("passphrase"), .customLong("password")],
        help: "The key's passphrase; everybody on this machine reads it here."
    )
    var passphrase: String?
    @Option(help: "A file or pipe whose first line is the key's passphrase; - is standard input.", completion: .file())
    var passphraseFile: String?
    @Option(
        name: .customLong("digest-out"),
        help: "Sign elsewhere: write what is to be signed, 32 bytes.",
        transform: { try outputFile($0) }
    )
    var digest: String?
    @Option(
        name: .customLong("signature-in"),
        help: "The signature that was made of it, 384 bytes.",
        completion: .file()
    )
    var signature: String?
    @Flag(name: .shortAndLong, help: "Print the enclave's layout; so it is without it.")
    var verbose = false
    @Flag(name: .shortAndLong, help: "Don't print the enclave's layout, nor what only costs.")
    var quiet = false
    @Flag(help: "Refuse settings that are insecure or weak.")
    var strict = false

    func validate() throws {
        guard with == "file" else { throw ValidationError("--with: 'file' expected; a key elsewhere: --digest-out.") }
        guard digest == nil || signature == nil else {
            throw ValidationError("--digest-out and --signature-in are two steps.")
        }
        guard digest == nil || key == nil else {
            throw ValidationError("With --digest-out nothing is signed here, and no --key is needed.")
        }
        guard signature == nil || key != nil else {
            throw ValidationError("--signature-in needs the public key of whoever signed, as --key.")
        }
        guard !quiet || !verbose else { throw ValidationError("Name one of --verbose and --quiet.") }
        guard passphrase == nil || passphraseFile == nil else {
            throw ValidationError("Name one of --passphrase and --passphrase-file.")
        }
        guard digest == nil && signature == nil || passphrase == nil && passphraseFile == nil else {
            throw ValidationError("A passphrase is of no use where the signature is made elsewhere.")
        }
        guard digest == nil || signatureFile == nil else {
            throw ValidationError("With --digest-out there is no signature to write to --sigfile yet.")
        }
    }

    private var signer: SigningOptions.Signer {
        if let digest { return .elsewhere(digest: digest) }
        if let signature, let key { return .made(signature: signature, publicKey: key) }
        let words = passphrase.map { SigningOptions.Passphrase.text($0) }
        return .key(key, passphrase: words ?? passphraseFile.map { .file($0) })
    }

    func run() async throws {
        if signature == nil { Output.warn(private: key, passphraseFile) }
        if passphrase != nil {
            Output.note(
                """
                WARNING: whoever uses this machine reads the passphrase in the list of processes; name a file or pipe \
                with --passphrase-file
                """
            )
        }
        let options = SigningOptions(
            manifest: manifest,
            output: output,
            signatureFile: signatureFile,
            loader: loader,
            libraryFolder: libraryFolder,
            date: date,
            chroot: chroot,
            dependencyFile: dependencyFile,
            signer: signer,
            isStrict: strict
        )
        let progress = ProgressLine()
        let report = try await Output.attempt {
            defer { progress.end() }
            return try GramineTools(progress: { progress.tell("\($0)") }).sign(options)
        }
        for warning in report.warnings { Output.note(warning) }
        guard !quiet else { return }
        for remark in report.remarks { Output.note(remark) }
        try Output.write(report.listing)
    }
}
