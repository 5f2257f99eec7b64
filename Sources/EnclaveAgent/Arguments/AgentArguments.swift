internal import Notation
public import PackageFormat
public import RATLS

/// What the agent is told at its start: where its code and state are, and whom it serves.
public struct AgentArguments: Sendable {
    /// Which certificate serves the application.
    public enum Mode: Hashable, Sendable {
        /// The enclave's own.
        case attested
        /// None: HTTP in clear, for a proxy that ends TLS.
        case clear
        /// The owner's chain, PEM file; its key comes with the configuration.
        case owner(certificate: String)

        var tls: EnclaveSettings.TLS {
            switch self {
            case .attested: .attested
            case .clear: .clear
            case .owner: .owner
            }
        }
    }

    /// What a launch record says, or arguments in its place.
    public struct Instance: Sendable {
        public var id: String
        public var maker: CertificateMaker
        public var host: String
        public var port: Int
        /// For the configuration; nil waits for ever.
        public var timeLimit: Duration?

        /// - Parameter timeLimit: nil waits for ever.
        public init(id: String, maker: CertificateMaker, host: String, port: Int, timeLimit: Duration?) {
            self.id = id
            self.maker = maker
            self.host = host
            self.port = port
            self.timeLimit = timeLimit
        }
    }

    /// Nil with a package, whose settings say it.
    public var application: String?
    public var package: String?
    /// What was measured of the package, canonical JSON.
    public var record: String?
    /// The original's unpacked code.
    public var codeFolder: String?
    /// What the process runs on, as it was told; a package is for one.
    public var platform: EnclaveSettings.Platform
    public var instance: Instance
    public var mode: Mode
    /// Plain code, by the original's argument.
    public var isPlain: Bool
    /// For sealed files; nil keeps nothing.
    public var stateFolder: String?
    public var renews: Bool
    /// Gramine's pseudo files.
    public var attestationFolder: String

    /// What the owner accepts besides the measurement; sealed with the configuration, so that a start under another one
    /// is told.
    var launchText: String {
        let maker = instance.maker
        if let launch = maker.launch { return String(decoding: launch.encoded, as: UTF8.self) }
        return JSON.canonical(
            .object([
                "id": Node(instance.id), "sans": Node(.array(maker.sans.map { Node($0) })),
                "subject": maker.subject.map { Node($0) },
                "mode": Node("\(mode)"),
                // Where the certificate only carries the configuration, its end follows the clock.
                "notAfter": mode == .attested ? Node(Int(maker.notAfter.seconds)) : nil,
            ])
        )
    }

    public init(
        application: String?,
        package: String?,
        record: String?,
        codeFolder: String?,
        platform: EnclaveSettings.Platform,
        instance: Instance,
        mode: Mode,
        isPlain: Bool,
        stateFolder: String?,
        renews: Bool,
        attestationFolder: String
    ) {
        self.application = application
        self.package = package
        self.record = record
        self.codeFolder = codeFolder
        self.platform = platform
        self.instance = instance
        self.mode = mode
        self.isPlain = isPlain
        self.stateFolder = stateFolder
        self.renews = renews
        self.attestationFolder = attestationFolder
    }
}
