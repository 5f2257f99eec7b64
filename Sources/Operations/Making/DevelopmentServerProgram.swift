internal import CLinux
internal import Files
internal import Glibc
internal import Processes
internal import StrictX509

/// `mse-serve`: the server that packages get in their enclaves, without enclave or encryption.
public struct DevelopmentServerProgram: Sendable {
    public var application: String
    public var folder: String
    public var sitePackages: [String]
    public var host: String
    public var port: Int
    public var options = Options()

    /// What it has values of its own for.
    public struct Options: Sendable {
        /// PEM files.
        public var certificate: String?
        public var privateKey: String?
        public var interface = "auto"
        public var threads = 4
        /// Seconds that running requests may take after SIGTERM.
        public var grace = 30
        public init() {}
    }

    public init(application: String, folder: String, sitePackages: [String], host: String, port: Int) {
        self.application = application
        self.folder = folder
        self.sitePackages = sitePackages
        self.host = host
        self.port = port
    }

    /// Runs it in this process's place: with its id, signals and exit code. Returns only by throwing.
    ///
    /// The TLS files are looked at before: one without the other would serve in clear.
    public func replaceThisProcess() throws -> Never {
        guard (options.certificate == nil) == (options.privateKey == nil) else {
            throw OperationError(
                options.certificate == nil ? "--private-key" : "--certificate",
                "--certificate and --private-key stand only together",
                code: .usage
            )
        }
        if let certificate = options.certificate {
            try NamedFile.tlsCertificate(certificate).check { kind, _ in kind == .certificate(isPEM: true) }
        }
        if let privateKey = options.privateKey {
            try NamedFile.tlsKey(privateKey).check { kind, _ in kind == .privateKey }
        }
        try run(arguments).replaceThisProcess()
    }

    /// Starts it beside this program, with which it ends. Everything that it says goes to standard error.
    func start(environment: [String: String?], in folder: String) throws -> RunningProgram {
        // Killed without a word, this program can't end it.
        var server = try run(arguments + ["--parent", "\(getpid())"])
        server.environment = environment
        server.folder = folder
        return try server.start(output: STDERR_FILENO)
    }

    /// Whoever called this program reads that one's messages as its own.
    private func run(_ arguments: [String]) throws -> ProgramRun {
        var server = ProgramRun(try Programs.path(of: .developmentServer), arguments)
        server.name = "mse"
        return server
    }

    private var arguments: [String] {
        var arguments = [
            application, "--app-dir", folder, "--host", host, "--port", "\(port)", "--interface", options.interface,
            "--threads", "\(options.threads)", "--grace", "\(options.grace)",
        ]
        for folder in sitePackages { arguments += ["--site-packages", folder] }
        if let certificate = options.certificate { arguments += ["--certificate", certificate] }
        if let privateKey = options.privateKey { arguments += ["--private-key", privateKey] }
        return arguments
    }
}
