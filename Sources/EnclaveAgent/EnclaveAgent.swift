internal import AppServer
internal import ApplicationServing
internal import CodeEncryption
internal import Crypto
public import Enclave
internal import Files
internal import Glibc
internal import Logging
internal import Notation
internal import PackageFormat
internal import PythonHost
internal import RATLS
internal import Secrets
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
    private let code: ServiceCode
    private let environment: CodeSource?
    private let state: SealedState?
    private let events: EventLog
    private let log: ApplicationLog

    /// - Parameter memory: made before the process had a second thread.
    init(
        _ arguments: AgentArguments,
        on platform: any EnclavePlatform,
        memory: PrivateMemory,
        events: EventLog,
        log: ApplicationLog
    ) throws {
        self.arguments = arguments
        self.memory = memory
        self.events = events
        self.log = log
        self.platform = platform
        state = try arguments.stateFolder.map { try SealedState(folder: $0, id: arguments.id, platform: platform) }
        let files = try MeasuredFiles(platform.measuredContent())
        if let path = arguments.package {
            let package = try PackageFile(path)
            settings = try files.settings(of: package)
            guard let source = try CodeSource.member("app.tar", of: package, files: files) else {
                throw AgentError("\(path): there is no app.tar in it")
            }
            code = ServiceCode(source: source, mode: settings.mode, proof: try KeyProof(package))
            environment = try CodeSource.member("environment.tar", of: package, files: files)
            guard platform.name == settings.agent.platform.rawValue, arguments.mode.tls == settings.agent.tls,
                arguments.attestationFolder == settings.agent.attestationFolder
            else {
                throw AgentError(
                    "\(path): platform, TLS mode or attestation folder are others than what was measured",
                    .unmeasured
                )
            }
        } else if let folder = arguments.codeFolder, let application = arguments.application {
            guard ProjectConfiguration.isApplication(application) else {
                throw AgentError("'\(NotationError.printable(application))' is no 'module:variable'")
            }
            try files.checkFolder(folder)
            settings = EnclaveSettings(
                application: application,
                mode: arguments.isPlain ? .open : .encrypted,
                python: "",
                agent: .init(path: "", loader: "", platform: .sgx)
            )
            code = ServiceCode(source: .folder(folder), mode: settings.mode, proof: nil)
            environment = nil
        } else {
            throw AgentError("neither a package nor a folder of code was named")
        }
    }

    /// The agent's whole life. Its events go to the operator, all else that is said in this process to the owner alone.
    /// - Parameter output: this process's standard output and error, taken before anybody wrote to them.
    /// - Returns: the process's exit code.
    public static func live(
        _ arguments: AgentArguments,
        on platform: any EnclavePlatform,
        memory: PrivateMemory,
        events: EventLog,
        log: ApplicationLog,
        output: CapturedOutput,
        now: Int64
    ) async -> Int32 {
        let exitCode: Int32
        do {
            exitCode = try await EnclaveAgent(arguments, on: platform, memory: memory, events: events, log: log)
                .run(now: now)
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
        let resumed = try ResumedState.read(state, arguments, platform: platform, events: events, now: now)
        let isConfigured: Bool
        let identity: SharedIdentity
        let configured = ConfigurationGate()
        let ownersLog = OwnersLog(
            setting: settings.log,
            mode: settings.mode,
            id: arguments.id,
            state: state,
            events: events,
            log: log
        )
        switch consume resumed {
        case .some(let resumed):
            try code.unpack(resumed.configuration.key, to: memory.code)
            try resumed.configuration.writeSecrets(to: memory)
            ownersLog.begin(resumed.configuration)
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
        let certificate = ServingCertificate(
            chain: Array(identity.value.certificatePEM.utf8),
            key: Array(identity.value.key.pemRepresentation.utf8)
        )
        let serving = try certificate.tls()

        let outcome = AgentOutcome()
        let report = StartReport()
        let phase = ServicePhase(StartingResponder())
        var limits = ServerLimits()
        limits.headerByteCount = settings.server.headerLimit
        limits.bodyByteCount = settings.server.bodyLimit
        let server: AppServer
        if isConfigured {
            server = AppServer(responder: phase, tls: serving, limits: limits, logger: Self.silence)
        } else {
            let waiting = try certificate.tls(protocols: [ConfigurationProtocol.name, "http/1.1"])
            let configurator = Configurator(
                arguments: arguments,
                code: code,
                memory: memory,
                state: state,
                identity: identity,
                events: events,
                log: ownersLog,
                gate: configured
            )
            server = AppServer(
                responder: ConfigurationServer(report: report, events: events, configurator: configurator),
                tls: waiting,
                limits: ConfigurationServer.limits,
                logger: Self.silence
            )
        }
        let servingLimits = limits
        let port = try await server.start(host: arguments.host, port: arguments.port)
        events.write(.listening(port: port, isConfigured: configured.isOpen, isMemoryHidden: memory.isHidden))
        if platform.isSimulated { events.write(.simulated) }
        let progress = Mutex(Progress.starting)
        watchTermination(outcome)
        watchStop(outcome) { progress.withLock { if case .serving(let home) = $0 { home } else { nil } } }
        if arguments.configurationTimeout > 0 { watchTime(outcome, configured) }

        // The interpreter and the environment don't wait for the key.
        let failures = SealedReport(events: events, log: log)
        let start = ApplicationStart(
            settings: settings,
            environment: environment,
            memory: memory,
            platform: platform,
            report: failures
        )
        let prepared = Task { try start.host() }
        let life = Task {
            do {
                let opening = await configured.wait()
                if !isConfigured { server.change(to: phase, tls: serving, limits: servingLimits) }
                let home = state.map {
                    HomeKeeper(
                        memory: memory,
                        state: $0,
                        epoch: opening.homeEpoch,
                        wasRestored: opening.hasHome,
                        log: log
                    )
                }
                try await home?.restore()
                let host = try await prepared.value
                phase.change(to: try await start.responder(on: host))
                try self.serveTLS(server, opening.tlsKey)
                self.events.write(.serving)
                progress.withLock { $0 = .serving(home) }
                report.end(.started)
                return await self.end(outcome, server, host, home)
            } catch {
                report.end(failures.startFailed(error))
                outcome.finish(1)
                return 1
            }
        }
        let exitCode = await outcome.wait()
        // An import that never returns must not keep the process: until the application is there, there is nothing to
        // drain or seal.
        if exitCode == 0, case .serving = progress.withLock({ $0 }) {
            let code = await life.value
            memory.remove()
            return code
        }
        // Whoever configured it and waits for the start isn't left waiting.
        report.end(.failed(code: "agent.ended", incident: nil, text: "it was ended before its application had started"))
        await server.shutdown(grace: .seconds(configured.isOpen ? settings.server.grace : 0))
        memory.remove()
        return exitCode
    }

    /// What AppServer would say: everything that it knows is a stranger's.
    private static var silence: Logger { Logger(label: "", factory: { _ in SwiftLogNoOpLogHandler() }) }

    /// The application's own way to be reached, now that it is there.
    private func serveTLS(_ server: AppServer, _ key: SharedSecret?) throws {
        switch arguments.mode {
        case .attested: break
        case .clear: server.replaceTLS(nil)
        case .owner(let path):
            server.replaceTLS(
                try ServingCertificate(chainFile: path, key: key?.value.withBytes { Array($0) } ?? []).tls()
            )
        }
    }

    // MARK: Ends

    /// Serves until somebody ends it; then drains, and seals HOME a last time, as often as the grace allows.
    /// - Returns: the exit code: 1 when HOME's last changes could not be kept; what was sealed before is whole.
    private func end(_ outcome: AgentOutcome, _ server: AppServer, _ host: ApplicationHost, _ home: HomeKeeper?)
        async -> Int32
    {
        _ = await outcome.wait()
        let end = ContinuousClock.now + .seconds(settings.server.grace)
        await host.end(server, grace: .seconds(settings.server.grace))
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

/// How far the application is.
private enum Progress: Sendable {
    case starting
    /// - Parameter home: nil where nothing is kept.
    case serving(HomeKeeper?)
}
