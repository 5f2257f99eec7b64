internal import AppServer
internal import CLinux
internal import CodeEncryption
internal import CodePackage
internal import Crypto
internal import Enclave
internal import Files
internal import Glibc
internal import Gramine
public import Logging
internal import NIOSSL
internal import Notation
internal import PythonHost
internal import RATLS
internal import Synchronization

/// The service's life inside the enclave: configuration, decryption, application, end.
public final class EnclaveAgent: Sendable {
    /// The time limit for configuration ran out.
    public static let timeLimitExitCode: Int32 = 124

    private let arguments: AgentArguments
    private let memory: PrivateMemory
    private let platform: any EnclavePlatform
    private let settings: EnclaveSettings
    private let code: CodeSource
    private let environment: CodeSource?
    private let state: SealedState?
    private let logger: Logger

    /// - Parameter memory: made before the process had a second thread.
    init(_ arguments: AgentArguments, memory: PrivateMemory, logger: Logger) throws {
        self.arguments = arguments
        self.memory = memory
        self.logger = logger
        let platform: any EnclavePlatform
        if getenv(SimulatedEnclave.variable) != nil {
            unsetenv(SimulatedEnclave.variable)
            platform = SimulatedEnclave()
        } else {
            platform = try GraminePlatform(folder: arguments.attestationFolder)
        }
        self.platform = platform
        state = arguments.stateFolder.map { SealedState(folder: $0, platform: platform) }
        let record = try platform.record().map { try EnclaveRecord(JSON.read($0)) }
        if let path = arguments.package {
            let package = try PackageFile(path)
            settings = try record?.settings ?? package.record().settings
            guard let range = package.range(of: "app.tar") else { throw AgentError("\(path): there is no app.tar in it") }
            code = .archive(path: path, range: range, digest: record?.digest(of: "app.tar"))
            environment = package.range(of: "environment.tar").map {
                .archive(path: path, range: $0, digest: record?.digest(of: "environment.tar"))
            }
        } else if let folder = arguments.codeFolder, let application = arguments.application {
            guard ProjectConfiguration.isApplication(application) else {
                throw AgentError("'\(NotationError.printable(application))' is no 'module:variable'")
            }
            settings = EnclaveSettings(application: application, mode: arguments.isPlain ? .open : .encrypted, python: "")
            code = .folder(folder)
            environment = nil
        } else {
            throw AgentError("neither a package nor a folder of code was named")
        }
    }

    /// The agent's whole life; what it can't do is logged.
    /// - Returns: the process's exit code.
    public static func live(_ arguments: AgentArguments, memory: PrivateMemory, logger: Logger, now: Int64) async -> Int32 {
        do {
            return try await EnclaveAgent(arguments, memory: memory, logger: logger).run(now: now)
        } catch {
            memory.remove()
            logger.critical("\(error)")
            return 1
        }
    }

    /// Serves until SIGTERM.
    /// - Returns: the process's exit code.
    func run(now: Int64) async throws -> Int32 {
        let identity = try EnclaveIdentity(
            maker: arguments.maker, id: arguments.id, platform: platform, state: state, now: now, renews: arguments.renews)
        if !identity.isBound { logger.error("the platform's quote is not over this enclave's key: every verifier will refuse it") }
        try Files.write(identity.certificatePEM, to: memory.path("key/cert.ratls.pem"))
        try Files.write(SealedBox.publicKey(of: identity.sealingKey), to: memory.path("key/enclave.pub"))
        let pem = Array(identity.key.pemRepresentation.utf8)
        let tls = try AppServer.tls(certificateChain: Array(identity.certificatePEM.utf8), privateKey: pem)

        let outcome = AgentOutcome()
        let phase = ServicePhase(StartingResponder())
        var limits = ServerLimits()
        limits.headerByteCount = settings.server.headerLimit
        limits.bodyByteCount = max(settings.server.bodyLimit, ConfigurationServer.bodyLimit)
        let server = AppServer(responder: phase, tls: tls, limits: limits, logger: logger)

        let configured = ConfigurationGate()
        if let state, let restored = try Configuration.restored(from: state, id: arguments.id) {
            try unpack(restored)
            configured.open(tlsKey: restored.tlsKey)
        } else {
            phase.change(to: configurationServer(identity.sealingKey, phase, configured))
        }
        let port = try await server.start(host: arguments.host, port: arguments.port)
        logger.notice(
            "listening",
            metadata: [
                "port": "\(port)", "platform": "\(platform.name)", "hiddenMemory": "\(memory.isHidden)",
                "configured": "\(configured.isOpen)",
            ])
        if platform.name == "simulator" { logger.warning("this enclave is simulated: it protects nothing") }
        watchTermination(outcome)
        if arguments.configurationTimeout > 0 { watchTime(outcome, configured) }

        // The interpreter and the environment don't wait for the key.
        let prepared = Task { try await self.startPython() }
        let serving = Task {
            do {
                try await configured.wait()
                let interpreter = try await prepared.value
                try await self.serve(interpreter, server, phase, configured.tlsKey)
                return try await self.keepHome(interpreter, outcome)
            } catch {
                self.report(error)
                outcome.finish(1)
                return
            }
        }
        let exitCode = await outcome.wait()
        await server.shutdown(grace: .seconds(configured.isOpen ? settings.server.grace : 0))
        if exitCode == 0, configured.isOpen { _ = await serving.result }
        memory.remove()
        return exitCode
    }

    // MARK: Configuration

    private func configurationServer(_ sealingKey: borrowing CodeKey, _ phase: ServicePhase, _ configured: ConfigurationGate)
        -> ConfigurationServer
    {
        let key = SharedKey(sealingKey.copy())
        return ConfigurationServer(logger: logger) { [self] body throws(ConfigurationRefusal) in
            let request = try ConfigurationRequest(body, sealingKey: key.value)
            guard request.isFor(arguments.id) else { throw ConfigurationRefusal("configuration.uuid", "the uuid is another instance's") }
            if case .owner = arguments.mode { try check(request.tlsKey) }
            try prove(request)
            let configuration = Configuration(request)
            do {
                try configuration.writeSecrets(to: memory)
                // Last, in one step: from here on a restart finds a configured instance.
                if let state { try configuration.seal(in: state, id: arguments.id) }
            } catch {
                try? Files.remove(memory.code)
                logger.error("the configuration could not be kept: \(error)")
                throw ConfigurationRefusal("configuration.storage", "the configuration could not be kept")
            }
            phase.change(to: StartingResponder())
            configured.open(tlsKey: configuration.tlsKey)
        }
    }

    /// Proves the key on the whole code by decrypting it; a wrong one leaves nothing behind.
    private func prove(_ request: borrowing ConfigurationRequest) throws(ConfigurationRefusal) {
        do {
            try unpack(request.key)
        } catch let error as ConfigurationRefusal {
            throw error
        } catch {
            if case CodeError.notAuthentic = error {
                throw ConfigurationRefusal("configuration.key", "the key doesn't open the code")
            }
            logger.error("the code could not be unpacked: \(error)")
            throw ConfigurationRefusal("configuration.code", "the code could not be unpacked")
        }
    }

    private func unpack(_ configuration: borrowing Configuration) throws {
        try unpack(configuration.key)
        try configuration.writeSecrets(to: memory)
    }

    private func unpack(_ key: borrowing CodeKey?) throws {
        switch settings.mode {
        case .encrypted:
            switch key {
            case .some(let key): try code.decrypt(to: memory.code, key: key)
            case .none: throw ConfigurationRefusal("configuration.key", "the code is encrypted: 'code_secret_key' is needed")
            }
        case .plain(let digest):
            switch key {
            case .some(let key):
                let found = key.withBytes { Array(SHA256.hash(data: $0)) }
                guard found == digest else { throw ConfigurationRefusal("configuration.key", "the start token is another one") }
            case .none: throw ConfigurationRefusal("configuration.key", "the start token is needed as 'code_secret_key'")
            }
            try code.copy(to: memory.code)
        case .open: try code.copy(to: memory.code)
        }
    }

    private func check(_ tlsKey: [UInt8]?) throws(ConfigurationRefusal) {
        guard let tlsKey, case .owner(let path) = arguments.mode else {
            throw ConfigurationRefusal("configuration.tlsKey", "'ssl_private_key' is needed")
        }
        do {
            _ = try AppServer.tls(certificateChain: try Files.read(path, limit: 1 << 20), privateKey: tlsKey)
        } catch {
            throw ConfigurationRefusal("configuration.tlsKey", "'ssl_private_key' is no key of the certificate")
        }
    }

    // MARK: Application

    private func startPython() async throws -> Interpreter {
        if let environment {
            try Files.remove(memory.site)
            try environment.copy(to: memory.site)
        }
        let location = try PythonLocation.linked()
        if !settings.python.isEmpty, settings.python != location.version {
            throw AgentError("the package is for Python \(settings.python), linked is \(location.version)")
        }
        let configuration = Interpreter.Configuration(
            location: location, searchPaths: [memory.site], variables: memory.variables, folder: memory.folder)
        return try Interpreter(configuration, logger: logger)
    }

    private func serve(_ interpreter: Interpreter, _ server: AppServer, _ phase: ServicePhase, _ tlsKey: [UInt8]?) async throws {
        if let state { try PersistentHome(memory: memory, state: state, logger: logger).restore() }
        let application = try await WSGIApplication.load(settings.application, from: memory.code, on: interpreter)
        phase.change(to: WSGIResponder(application, threads: settings.server.threads, logger: logger))
        switch arguments.mode {
        case .attested: break
        case .clear: server.replaceTLS(nil)
        case .owner(let path):
            server.replaceTLS(try AppServer.tls(certificateChain: try Files.read(path, limit: 1 << 20), privateKey: tlsKey ?? []))
        }
        logger.notice("serving", metadata: ["application": "\(settings.application)"])
    }

    /// Seals HOME every ten seconds, and once more at the end.
    private func keepHome(_ interpreter: Interpreter, _ outcome: AgentOutcome) async throws {
        let home = state.map { PersistentHome(memory: memory, state: $0, logger: logger) }
        var seconds = 0
        while !outcome.isFinished {
            try await Task.sleep(for: .milliseconds(200))
            seconds += 1
            if seconds.isMultiple(of: 50) { home?.save() }
        }
        await interpreter.runExitFunctions()
        home?.save()
    }

    private func report(_ error: any Error) {
        let traceback = (error as? PythonError)?.traceback ?? ""
        logger.critical("the application does not start: \(error)\(traceback.isEmpty ? "" : "\n" + traceback)")
    }

    // MARK: Ends

    private func watchTermination(_ outcome: AgentOutcome) {
        let descriptor = clinux_termination_eventfd()
        guard descriptor >= 0 else { return }
        BlockingThread.start {
            if clinux_wait_for_count(descriptor) == 0 { outcome.finish(0) }
        }
    }

    private func watchTime(_ outcome: AgentOutcome, _ configured: ConfigurationGate) {
        Task {
            try await Task.sleep(for: .seconds(self.arguments.configurationTimeout))
            guard !configured.isOpen else { return }
            self.logger.critical("no configuration within \(self.arguments.configurationTimeout) seconds")
            outcome.finish(Self.timeLimitExitCode)
        }
    }
}

/// A key that several closures borrow.
private final class SharedKey: Sendable {
    let value: CodeKey
    init(_ value: consuming CodeKey) { self.value = value }
}
