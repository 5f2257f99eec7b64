internal import AppServer
internal import CLinux
internal import CodeEncryption
internal import CodePackage
internal import Crypto
internal import Enclave
internal import Files
internal import Glibc
internal import Gramine
internal import Logging
internal import NIOSSL
internal import Notation
internal import PythonHost
internal import RATLS
internal import Synchronization
internal import Threads

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
    /// Nil for code in a folder.
    private let keyProof: KeyProof?
    private let state: SealedState?
    private let events: EventLog
    private let log: ApplicationLog

    /// - Parameter memory: made before the process had a second thread.
    init(_ arguments: AgentArguments, memory: PrivateMemory, events: EventLog, log: ApplicationLog) throws {
        self.arguments = arguments
        self.memory = memory
        self.events = events
        self.log = log
        let platform: any EnclavePlatform
        if getenv(SimulatedEnclave.variable) != nil {
            unsetenv(SimulatedEnclave.variable)
            platform = SimulatedEnclave()
        } else {
            platform = try GraminePlatform(folder: arguments.attestationFolder)
        }
        self.platform = platform
        state = try arguments.stateFolder.map { try SealedState(folder: $0, id: arguments.id, platform: platform) }
        let record = try platform.record().map { try EnclaveRecord(JSON.read($0)) }
        if let path = arguments.package {
            let package = try PackageFile(path)
            settings = try record?.settings ?? package.record().settings
            guard let code = try CodeSource.member("app.tar", of: package, record: record) else {
                throw AgentError("\(path): there is no app.tar in it")
            }
            self.code = code
            environment = try CodeSource.member("environment.tar", of: package, record: record)
            keyProof = try KeyProof(package)
            guard arguments.mode.tls == settings.agent.tls, arguments.attestationFolder == settings.agent.attestationFolder else {
                throw AgentError("\(path): TLS mode or attestation folder are others than what was measured", .unmeasured)
            }
        } else if let folder = arguments.codeFolder, let application = arguments.application {
            guard ProjectConfiguration.isApplication(application) else {
                throw AgentError("'\(NotationError.printable(application))' is no 'module:variable'")
            }
            settings = EnclaveSettings(
                application: application, mode: arguments.isPlain ? .open : .encrypted, python: "",
                agent: .init(path: "", loader: ""))
            code = .folder(folder)
            environment = nil
            keyProof = nil
        } else {
            throw AgentError("neither a package nor a folder of code was named")
        }
    }

    /// The agent's whole life. Its events go to the operator, all else that is said in this process to the owner alone.
    /// - Parameter output: this process's standard output and error, taken before anybody wrote to them.
    /// - Returns: the process's exit code.
    public static func live(
        _ arguments: AgentArguments,
        memory: PrivateMemory,
        events: EventLog,
        log: ApplicationLog,
        output: CapturedOutput,
        now: Int64
    ) async -> Int32 {
        let exitCode: Int32
        do {
            exitCode = try await EnclaveAgent(arguments, memory: memory, events: events, log: log).run(now: now)
        } catch {
            memory.remove()
            log.append(.failure, Array("\(error)".utf8))
            events.write(.failed(.init(error)))
            exitCode = 1
        }
        output.drain()
        log.close()
        events.write(.ended(exitCode: exitCode))
        return exitCode
    }

    /// Serves until SIGTERM.
    /// - Returns: the process's exit code.
    func run(now: Int64) async throws -> Int32 {
        let resumed = try resumedState(now: now)
        let isConfigured: Bool
        let identity: SharedIdentity
        let configured = ConfigurationGate()
        switch consume resumed {
        case .some(let resumed):
            try unpack(resumed.configuration.key)
            try resumed.configuration.writeSecrets(to: memory)
            keepLog(resumed.configuration)
            configured.open(resumed.configuration.opening)
            isConfigured = true
            identity = SharedIdentity(resumed.takeIdentity())
        case .none:
            isConfigured = false
            identity = SharedIdentity(try EnclaveIdentity(maker: arguments.maker, platform: platform, now: now))
        }
        if !identity.value.isBound { events.write(.quoteUnbound) }
        try Files.write(identity.value.certificatePEM, to: memory.path("key/cert.ratls.pem"))
        try Files.write(SealedBox.publicKey(of: identity.value.sealingKey), to: memory.path("key/enclave.pub"))
        let chain = Array(identity.value.certificatePEM.utf8)
        let key = Array(identity.value.key.pemRepresentation.utf8)
        let serving = try AppServer.tls(certificateChain: chain, privateKey: key)

        let outcome = AgentOutcome()
        let report = StartReport()
        let phase = ServicePhase(StartingResponder())
        var limits = ServerLimits()
        limits.headerByteCount = settings.server.headerLimit
        limits.bodyByteCount = max(settings.server.bodyLimit, ConfigurationServer.bodyLimit)
        let server: AppServer
        if isConfigured {
            server = AppServer(responder: phase, tls: serving, limits: limits, logger: Self.silence)
        } else {
            let waiting = try AppServer.tls(
                certificateChain: chain, privateKey: key, protocols: [ConfigurationProtocol.name, "http/1.1"])
            server = AppServer(
                responder: configurationServer(identity, report, configured), tls: waiting, limits: limits, logger: Self.silence)
        }
        let port = try await server.start(host: arguments.host, port: arguments.port)
        events.write(.listening(port: port, isConfigured: configured.isOpen, isMemoryHidden: memory.isHidden))
        if platform.name == "simulator" { events.write(.simulated) }
        let progress = Mutex(Progress.starting)
        watchTermination(outcome)
        watchStop(outcome) { progress.withLock { if case .serving(let home) = $0 { home } else { nil } } }
        if arguments.configurationTimeout > 0 { watchTime(outcome, configured) }

        // The interpreter and the environment don't wait for the key.
        let prepared = Task { try await self.startPython() }
        let life = Task {
            do {
                let opening = await configured.wait()
                if !isConfigured { server.change(to: phase, tls: serving) }
                let home = state.map { HomeKeeper(memory: memory, state: $0, epoch: opening.homeEpoch, wasRestored: opening.hasHome) }
                try await home?.restore()
                let interpreter = try await prepared.value
                try await self.serve(interpreter, server, phase, opening.tlsKey)
                progress.withLock { $0 = .serving(home) }
                report.end(.started)
                return await self.end(outcome, server, interpreter, home)
            } catch {
                report.end(self.failure(error))
                outcome.finish(1)
                return 1
            }
        }
        let exitCode = await outcome.wait()
        // An import that never returns must not keep the process: until the application is there, there is nothing to drain or seal.
        if exitCode == 0, case .serving = progress.withLock({ $0 }) {
            let code = await life.value
            memory.remove()
            return code
        }
        await server.shutdown(grace: .seconds(configured.isOpen ? settings.server.grace : 0))
        memory.remove()
        return exitCode
    }

    // MARK: Resuming

    /// What an earlier start was given, where this one is the same instance under the record that its owner accepted. Otherwise
    /// nothing is lost: the agent waits for its owner again, and what was sealed stays where it is.
    private func resumedState(now: Int64) throws -> ResumedState? {
        guard let state else { return nil }
        do {
            guard let configuration = try Configuration.restored(from: state) else { return nil }
            guard configuration.launch == arguments.launchText else {
                events.write(.waitsAgain(.record))
                return nil
            }
            guard let identity = try EnclaveIdentity.restored(from: state, epoch: configuration.epoch) else {
                events.write(.waitsAgain(.identity))
                return nil
            }
            guard arguments.renews else { return ResumedState(configuration: configuration, identity: identity) }
            let renewed = try EnclaveIdentity(maker: arguments.maker, platform: platform, now: now)
            try renewed.seal(in: state, epoch: configuration.epoch)
            return ResumedState(configuration: configuration, identity: renewed)
        } catch is SealedStateError {
            events.write(.waitsAgain(.unopened))
            return nil
        }
    }

    // MARK: Configuration

    private func configurationServer(_ identity: SharedIdentity, _ report: StartReport, _ configured: ConfigurationGate)
        -> ConfigurationServer
    {
        ConfigurationServer(report: report, events: events) { [self] body, isWanted throws(ConfigurationRefusal) in
            let request = try ConfigurationRequest(body, sealingKey: identity.value.sealingKey, isOpen: settings.mode == .open)
            guard request.isFor(arguments.id) else { throw ConfigurationRefusal(.uuid, "the uuid is another instance's") }
            if case .owner = arguments.mode { try check(request.tlsKey) }
            try prove(request)
            guard isWanted() else {
                memory.discard()
                throw ConfigurationRefusal(.abandoned, "who sent it has gone")
            }
            let configuration = Configuration(request, launch: arguments.launchText)
            do {
                let hasHome = try continueHome(request.continueEpoch)
                try configuration.writeSecrets(to: memory)
                if let state {
                    try identity.value.seal(in: state, epoch: configuration.epoch)
                    // Last, in one step: from here on a restart finds a configured instance.
                    try configuration.seal(in: state)
                }
                let accepted = ConfigurationServer.Accepted(
                    authority: request.authority, epoch: configuration.epoch, homeEpoch: configuration.homeEpoch)
                keepLog(configuration)
                var opening = configuration.opening
                opening.hasHome = hasHome
                configured.open(opening)
                return accepted
            } catch {
                memory.discard()
                if let refusal = error as? ConfigurationRefusal { throw refusal }
                events.write(.failed(.init(error)))
                throw ConfigurationRefusal(.storage, "the configuration could not be kept")
            }
        }
    }

    /// Puts back the HOME that is to be continued, before anything is accepted.
    /// - Returns: whether there was one to continue.
    private func continueHome(_ epoch: Epoch?) throws -> Bool {
        guard let epoch else { return false }
        guard let state, try PersistentHome(memory: memory, state: state, epoch: epoch).restore() else {
            throw ConfigurationRefusal(.epoch, "there is no HOME of the epoch that 'continue_epoch' names")
        }
        return true
    }

    /// Proves the key on the whole code by decrypting it; a wrong one leaves nothing behind.
    private func prove(_ request: borrowing ConfigurationRequest) throws(ConfigurationRefusal) {
        do {
            // Anybody may send keys: a wrong one costs no more than the smallest file.
            if case .encrypted = settings.mode, let keyProof {
                switch request.key {
                case .some(let key):
                    guard try keyProof.accepts(key) else { throw ConfigurationRefusal(.key, "the key doesn't open the code") }
                case .none: break
                }
            }
            try unpack(request.key)
        } catch let error as ConfigurationRefusal {
            throw error
        } catch {
            if case CodeError.notAuthentic = error {
                throw ConfigurationRefusal(.key, "the key doesn't open the code")
            }
            events.write(.failed(.init(error)))
            throw ConfigurationRefusal(.code, "the code could not be unpacked")
        }
    }

    private func unpack(_ key: borrowing CodeKey?) throws {
        switch settings.mode {
        case .encrypted:
            switch key {
            case .some(let key): try code.decrypt(to: memory.code, key: key)
            case .none: throw ConfigurationRefusal(.key, "the code is encrypted: 'code_secret_key' is needed")
            }
        case .plain(let digest):
            switch key {
            case .some(let key):
                let found = key.withBytes { Array(SHA256.hash(data: $0)) }
                guard found == digest else { throw ConfigurationRefusal(.key, "the start token is another one") }
            case .none: throw ConfigurationRefusal(.key, "the start token is needed as 'code_secret_key'")
            }
            try code.copy(to: memory.code)
        case .open: try code.copy(to: memory.code)
        }
    }

    private func check(_ tlsKey: [UInt8]?) throws(ConfigurationRefusal) {
        guard let tlsKey, case .owner(let path) = arguments.mode else {
            throw ConfigurationRefusal(.tlsKey, "'ssl_private_key' is needed")
        }
        do {
            _ = try AppServer.tls(certificateChain: try Files.read(path, limit: 1 << 20), privateKey: tlsKey)
        } catch {
            throw ConfigurationRefusal(.tlsKey, "'ssl_private_key' is no key of the certificate")
        }
    }

    // MARK: Application

    /// What AppServer would say: everything that it knows is a stranger's.
    private static var silence: Logger { Logger(label: "", factory: { _ in SwiftLogNoOpLogHandler() }) }

    /// From now on it is known who may read what the application says.
    private func keepLog(_ configuration: borrowing Configuration) {
        switch settings.log {
        case .open: log.open { [events] in events.write(applicationText: $0) }
        case .none: log.drop()
        case .sealed:
            // Where there is neither key nor token nobody could read it; nor where nothing is kept.
            guard let state, settings.mode != .open else { return log.drop() }
            switch configuration.key {
            case .some(let key):
                do {
                    try log.seal(in: state.folder + "/application.log", root: key, id: arguments.id, epoch: configuration.epoch)
                } catch {
                    log.drop()
                    events.write(.failed(.log))
                }
            case .none: log.drop()
            }
        }
    }

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
        return try Interpreter(configuration, report: SealedReport(events: events, log: log))
    }

    private func serve(_ interpreter: Interpreter, _ server: AppServer, _ phase: ServicePhase, _ tlsKey: [UInt8]?) async throws {
        // What an application names by a relative path lies beside its code, in private memory.
        guard chdir(memory.code) == 0 else { throw FileError(memory.code, doing: "work in the folder") }
        // From here on the process runs code that isn't ours.
        platform.close()
        let application = try await WSGIApplication.load(settings.application, from: memory.code, on: interpreter)
        // An application that handles signals would never be asked to end: those that end the agent are taken back.
        for signal in ProcessSignal.allCases { signal.count() }
        phase.change(to: WSGIResponder(application, threads: settings.server.threads, report: SealedReport(events: events, log: log)))
        switch arguments.mode {
        case .attested: break
        case .clear: server.replaceTLS(nil)
        case .owner(let path):
            server.replaceTLS(try AppServer.tls(certificateChain: try Files.read(path, limit: 1 << 20), privateKey: tlsKey ?? []))
        }
        events.write(.serving)
    }

    private func failure(_ error: any Error) -> StartReport.Outcome {
        let traceback = (error as? PythonError)?.traceback ?? ""
        let text = "\(error)\(traceback.isEmpty ? "" : "\n" + traceback)"
        let incident = Incident()
        log.append(.failure, Array(text.utf8), incident: incident)
        events.write(.startFailed(incident))
        return .failed(code: error is PythonError ? "application.start" : "agent.start", incident: incident.text, text: text)
    }

    // MARK: Ends

    /// Serves until somebody ends it; then drains, and seals HOME a last time, as often as the grace allows.
    /// - Returns: the exit code: 1 when HOME's last changes could not be kept; what was sealed before is whole.
    private func end(_ outcome: AgentOutcome, _ server: AppServer, _ interpreter: Interpreter, _ home: HomeKeeper?) async -> Int32 {
        _ = await outcome.wait()
        let end = ContinuousClock.now + .seconds(settings.server.grace)
        await server.shutdown(grace: .seconds(settings.server.grace))
        await interpreter.runExitFunctions(within: max(.seconds(1), end - .now))
        guard let home else { return 0 }
        repeat {
            if await home.save() { return 0 }
            try? await Task.sleep(for: .milliseconds(500))  // nobody cancels this task
        } while ContinuousClock.now < end
        return 1
    }

    private func watchTermination(_ outcome: AgentOutcome) {
        ProcessSignal.termination.watch { outcome.finish(0) }
    }

    /// `mse stop` asks that HOME be sealed first; where that fails, the service goes on.
    /// - Parameter home: nil while there is nothing to seal.
    private func watchStop(_ outcome: AgentOutcome, _ home: @escaping @Sendable () -> HomeKeeper?) {
        ProcessSignal.stopRequest.watch {
            Task { if await home()?.save(isAsked: true) ?? true { outcome.finish(0) } }
        }
    }

    private func watchTime(_ outcome: AgentOutcome, _ configured: ConfigurationGate) {
        Task {
            try await Task.sleep(for: .seconds(self.arguments.configurationTimeout))
            guard !configured.isOpen else { return }
            self.events.write(.timeLimit(seconds: self.arguments.configurationTimeout))
            outcome.finish(Self.timeLimitExitCode)
        }
    }
}

/// What fails in the application is told its owner; the operator sees that something did, and which entry is its.
private struct SealedReport: ApplicationReport {
    let events: EventLog
    let log: ApplicationLog

    func failed(_ text: String) {
        let incident = Incident()
        log.append(.failure, Array(text.utf8), incident: incident)
        events.write(.applicationFailed(incident))
    }
}

/// How far the application is.
private enum Progress: Sendable {
    case starting
    /// - Parameter home: nil where nothing is kept.
    case serving(HomeKeeper?)
}

/// What an earlier start was given.
private struct ResumedState: ~Copyable {
    let configuration: Configuration
    private let identity: EnclaveIdentity

    init(configuration: consuming Configuration, identity: consuming EnclaveIdentity) {
        self.configuration = configuration
        self.identity = identity
    }

    consuming func takeIdentity() -> EnclaveIdentity { identity }
}

/// The identity, borrowed by who serves with it and who seals it.
private final class SharedIdentity: Sendable {
    let value: EnclaveIdentity
    init(_ value: consuming EnclaveIdentity) { self.value = value }
}
