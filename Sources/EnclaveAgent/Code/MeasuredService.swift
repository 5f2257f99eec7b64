internal import Enclave
internal import Notation
internal import PackageFormat

/// The service that was measured: its settings, its code and its environment.
struct MeasuredService: Sendable {
    let settings: EnclaveSettings
    let code: ServiceCode
    /// Nil where the package has none.
    let environment: CodeSource?

    /// - Throws: where what the arguments name isn't what was measured, or can't be read.
    init(_ arguments: AgentArguments, on platform: any EnclavePlatform) throws {
        let files = try MeasuredFiles(platform.measuredContent(), argument: arguments.record)
        if let path = arguments.package {
            try self.init(PackageFile(path), files, as: arguments)
        } else if let folder = arguments.codeFolder, let application = arguments.application {
            try self.init(application, in: folder, files, isPlain: arguments.isPlain)
        } else {
            throw AgentError("neither a package nor a folder of code was named")
        }
    }

    private init(
        _ package: PackageFile,
        _ files: MeasuredFiles,
        as arguments: AgentArguments
    ) throws {
        settings = try files.settings(of: package)
        guard let source = try CodeSource.member("app.tar", of: package, files: files) else {
            throw AgentError("\(package.path): there is no app.tar in it")
        }
        code = ServiceCode(source: source, mode: settings.mode, proof: try KeyProof(package, mode: settings.mode))
        environment = try CodeSource.member("environment.tar", of: package, files: files)
        guard arguments.platform == settings.agent.platform, arguments.mode.tls == settings.agent.tls,
            arguments.attestationFolder == settings.agent.attestationFolder
        else {
            throw AgentError(
                "\(package.path): platform, TLS mode or attestation folder are others than what was measured",
                .unmeasured
            )
        }
    }

    /// The original's unpacked code, by its arguments.
    private init(_ application: String, in folder: String, _ files: MeasuredFiles, isPlain: Bool) throws {
        guard ProjectConfiguration.isApplication(application) else {
            throw AgentError("'\(application.printable())' is no 'module:variable'")
        }
        try files.checkFolder(folder)
        settings = EnclaveSettings(
            application: application,
            mode: isPlain ? .open : .encrypted,
            python: "",
            agent: .init(path: "", loader: "", platform: .sgx)
        )
        code = ServiceCode(source: .folder(folder), mode: settings.mode, proof: nil)
        environment = nil
    }
}
