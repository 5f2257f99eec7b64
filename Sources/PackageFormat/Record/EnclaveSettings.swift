package import Notation

/// What decides trust besides the files: entry point, mode, and how the agent serves (docs/formats/record.md).
public struct EnclaveSettings: Hashable, Sendable {
    /// `module:variable`.
    public var application: String
    public var mode: Mode
    public var enclave = Enclave()
    public var server = Server()
    public var log = Log.sealed
    public var agent: Agent
    /// The version of the interpreter, such as 3.11.2.
    public var python: String

    /// How the code lies in the package, and so what starts it.
    public enum Mode: Hashable, Sendable {
        /// Started by the key that opens it.
        case encrypted
        /// Started by a token of 32 bytes whose SHA-256 this is.
        case plain(tokenDigest: [UInt8])
        /// The original's plain packages: anybody's first POST starts them.
        case open
    }

    /// Who may read what the application says.
    public enum Log: String, Hashable, Sendable, CaseIterable {
        /// Its owner, with the key or token.
        case sealed
        /// The operator too.
        case open
        /// Nobody.
        case none
    }

    public struct Enclave: Hashable, Sendable {
        /// A power of two from 256 MiB to 64 GiB.
        public var byteCount = 1 << 30
        public var threads = 64
        /// Whether the host may read all of its memory.
        public var isDebug = false
        public var productID = 1
        public var securityVersion = 1
        public init() {}

        package static let byteCounts = (256 << 20)...(64 << 30)
        /// Of each thread: its save areas, control structure, block and stacks.
        package static let bytesPerThread = 90 << 12
        /// Left for manifest, loader and a little heap.
        private static let reserve = 64 << 20

        /// Nil where the processor can make such an enclave.
        package var problem: String? {
            guard Self.byteCounts.contains(byteCount), byteCount & (byteCount - 1) == 0 else {
                return "a power of two from \"256M\" to \"64G\" expected"
            }
            let needed = threads * Self.bytesPerThread + Self.reserve
            return needed <= byteCount
                ? nil : "\(threads) threads need \(needed >> 20) MiB, and there are \(byteCount >> 20)"
        }
    }

    public struct Server: Hashable, Sendable {
        public var interface = "auto"
        /// Of the application.
        public var threads = 4
        /// Seconds that running requests may take after SIGTERM.
        public var grace = 30
        public var bodyLimit = 256 << 20
        public var headerLimit = 64 << 10
        public init() {}
    }

    /// What is started, and what it can't be told otherwise.
    public struct Agent: Hashable, Sendable {
        /// The program, and what loads it.
        public var path: String
        public var loader: String
        public var platform: Platform
        public var tls = TLS.attested
        /// Gramine's pseudo files.
        public var attestationFolder = "/dev/attestation"

        public init(path: String, loader: String, platform: Platform) {
            self.path = path
            self.loader = loader
            self.platform = platform
        }
    }

    /// What an enclave runs on, and so who signs its quotes and keeps its sealing keys. A package is for one.
    public enum Platform: String, CaseIterable, Hashable, Sendable {
        /// A processor that doesn't exist: it protects nothing.
        case simulator
        /// Intel SGX, under Gramine.
        case sgx

        package static let expected = allCases.map(\.rawValue).joined(separator: " or ") + " expected"
    }

    /// Which certificate serves the application: the enclave's own, none, or one of the owner's.
    public enum TLS: String, CaseIterable, Hashable, Sendable {
        case attested, clear, owner
    }

    public init(application: String, mode: Mode, python: String, agent: Agent) {
        self.agent = agent
        self.application = application
        self.mode = mode
        self.python = python
    }

    package var node: Node {
        let modeNode: Node =
            switch mode {
            case .encrypted: .object(["kind": "encrypted"])
            case .plain(let digest): .object(["kind": "plain", "tokenSHA256": Node(Hex.text(digest))])
            case .open: .object(["kind": "open"])
            }
        return .object([
            "application": Node(application), "mode": modeNode, "python": Node(python),
            "agent": .object([
                "path": Node(agent.path), "loader": Node(agent.loader), "platform": Node(agent.platform.rawValue),
                "tls": Node(agent.tls.rawValue),
                "attestationFolder": Node(agent.attestationFolder),
            ]),
            "enclave": .object([
                "byteCount": Node(enclave.byteCount), "threads": Node(enclave.threads),
                "debug": Node(.boolean(enclave.isDebug)), "productID": Node(enclave.productID),
                "securityVersion": Node(enclave.securityVersion),
            ]),
            "server": .object([
                "interface": Node(server.interface), "threads": Node(server.threads), "grace": Node(server.grace),
                "bodyLimit": Node(server.bodyLimit),
                "headerLimit": Node(server.headerLimit),
            ]),
            "log": Node(log.rawValue),
        ])
    }

    /// Reads what `node` wrote.
    package init(_ node: Node) throws(NotationError) {
        var root = try ObjectReader(node)
        func required<Value>(_ value: Value?, _ name: String) throws(NotationError) -> Value {
            guard let value else { throw NotationError(at: root.place, member: name, "is missing") }
            return value
        }
        application = try required(root.string("application"), "application")
        python = try required(root.string("python"), "python")
        var agentReader = try ObjectReader(root.required("agent"), path: "agent")
        let path = try required(agentReader.string("path"), "agent.path")
        let loader = try required(agentReader.string("loader"), "agent.loader")
        guard let platform = Platform(rawValue: try required(agentReader.string("platform"), "agent.platform")) else {
            throw NotationError(at: agentReader.place, member: "agent.platform", Platform.expected)
        }
        agent = Agent(path: path, loader: loader, platform: platform)
        guard let tls = TLS(rawValue: try required(agentReader.string("tls"), "agent.tls")) else {
            throw NotationError(at: agentReader.place, member: "agent.tls", "attested, clear or owner expected")
        }
        agent.tls = tls
        agent.attestationFolder = try required(agentReader.string("attestationFolder"), "agent.attestationFolder")
        try agentReader.finish()
        var modeReader = try ObjectReader(root.required("mode"), path: "mode")
        switch try modeReader.string("kind") {
        case "encrypted": mode = .encrypted
        case "open": mode = .open
        case "plain":
            guard let digest = Hex.bytes(try modeReader.string("tokenSHA256") ?? ""), digest.count == 32 else {
                throw NotationError(at: modeReader.place, member: "mode.tokenSHA256", "64 hex digits expected")
            }
            mode = .plain(tokenDigest: digest)
        default: throw NotationError(at: modeReader.place, member: "mode.kind", "encrypted, plain or open expected")
        }
        try modeReader.finish()
        var enclaveReader = try ObjectReader(root.required("enclave"), path: "enclave")
        enclave.byteCount = try required(enclaveReader.integer("byteCount", in: 0...Int.max), "enclave.byteCount")
        enclave.threads = try required(enclaveReader.integer("threads", in: 1...4096), "enclave.threads")
        enclave.isDebug = try required(enclaveReader.boolean("debug"), "enclave.debug")
        enclave.productID = try required(enclaveReader.integer("productID", in: 0...65535), "enclave.productID")
        enclave.securityVersion = try required(
            enclaveReader.integer("securityVersion", in: 0...65535),
            "enclave.securityVersion"
        )
        if let problem = enclave.problem {
            throw NotationError(at: enclaveReader.place, member: "enclave", problem)
        }
        try enclaveReader.finish()
        var serverReader = try ObjectReader(root.required("server"), path: "server")
        server.interface = try required(serverReader.string("interface"), "server.interface")
        server.threads = try required(serverReader.integer("threads", in: 1...256), "server.threads")
        server.grace = try required(serverReader.integer("grace", in: 0...3600), "server.grace")
        server.bodyLimit = try required(serverReader.integer("bodyLimit", in: 0...Int.max), "server.bodyLimit")
        server.headerLimit = try required(serverReader.integer("headerLimit", in: 1024...Int.max), "server.headerLimit")
        try serverReader.finish()
        guard let log = Log(rawValue: try required(root.string("log"), "log")) else {
            throw NotationError(at: root.place, member: "log", "sealed, open or none expected")
        }
        self.log = log
        try root.finish()
    }
}
