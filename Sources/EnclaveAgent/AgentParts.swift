internal import AppServer
internal import ApplicationServing
internal import Enclave
internal import Files
internal import PackageFormat
internal import Secrets
internal import Threads
internal import WallClock

/// What does the steps of the agent's life.
struct AgentParts: Sendable {
    let terms: AgentLife.Terms

    private let arguments: AgentArguments
    private let memory: PrivateMemory
    private let events: EventLog
    private let log: ApplicationLog
    private let clock: WallClock
    private let report: StartReport
    private let failures: SealedReport
    private let start: ApplicationStart
    /// Nil where a configuration is taken up again.
    private let configurationServer: ConfigurationServer?
    private let endpoint: AgentEndpoint

    private let opening: Promise<Opening>
    private let host = Promise<Result<ApplicationHost, any Error>>()
    private let home = Promise<HomeKeeper>()
    private let loaded = Promise<LoadedApplication>()
    private let served = Promise<ApplicationHost>()

    private struct LoadedApplication: Sendable {
        let host: ApplicationHost
        let responder: any Responder
        let tls: AgentEndpoint.ApplicationTLS
    }

    /// Takes up what an earlier start was given, or makes a new identity, and begins to answer.
    init(
        _ arguments: AgentArguments,
        on platform: any EnclavePlatform,
        memory: PrivateMemory,
        events: EventLog,
        log: ApplicationLog,
        clock: WallClock
    ) async throws {
        (self.arguments, self.memory, self.events, self.log, self.clock) = (arguments, memory, events, log, clock)
        let now = clock.now
        let state = try arguments.stateFolder.map {
            try SealedState(folder: $0, id: arguments.instance.id, platform: platform)
        }
        let service = try MeasuredService(arguments, on: platform)
        let settings = service.settings
        let ownersLog = OwnersLog(
            setting: settings.log,
            mode: settings.mode,
            id: arguments.instance.id,
            folder: state.map { $0.folder + "/application.log" },
            events: events,
            log: log
        )
        let opening = Promise<Opening>()
        let identity: SharedIdentity
        switch try ResumedState.read(state, arguments, platform: platform, events: events, now: now) {
        case .some(let resumed):
            try service.code.unpack(resumed.configuration.key, to: memory.code)
            try resumed.configuration.writeSecrets(to: memory)
            ownersLog.begin(resumed.configuration.key, epoch: resumed.configuration.epoch, isResumed: true)
            opening.keep(try resumed.configuration.opening(in: state))
            identity = SharedIdentity(resumed.takeIdentity())
        case .none:
            identity = SharedIdentity(
                try EnclaveIdentity(maker: arguments.instance.maker, platform: platform, now: now)
            )
        }
        if !identity.value.isBound { events.write(.quoteUnbound) }
        try identity.value.publish(in: memory)

        let isConfigured = opening.value != nil
        report = StartReport()
        configurationServer =
            isConfigured
            ? nil
            : ConfigurationServer(
                report: report,
                events: events,
                configurator: Configurator(
                    arguments: arguments,
                    code: service.code,
                    memory: memory,
                    state: state,
                    identity: identity,
                    events: events,
                    log: ownersLog
                ),
                opening: opening
            )
        var limits = ServerLimits()
        limits.headerByteCount = settings.server.headerLimit
        limits.bodyByteCount = settings.server.bodyLimit
        endpoint = try AgentEndpoint(identity.value.servingCertificate, waiting: configurationServer, limits: limits)
        failures = SealedReport(events: events, log: log)
        start = ApplicationStart(
            settings: settings,
            environment: service.environment,
            memory: memory,
            platform: platform,
            report: failures
        )
        terms = AgentLife.Terms(
            isConfigured: isConfigured,
            hasTimeLimit: arguments.instance.timeLimit != nil,
            keepsHome: state != nil,
            grace: .seconds(settings.server.grace)
        )
        self.opening = opening

        let port = try await endpoint.server.start(host: arguments.instance.host, port: arguments.instance.port)
        events.write(.listening(port: port, isConfigured: isConfigured, isMemoryHidden: memory.isHidden))
        if platform.isSimulated { events.write(.simulated) }
    }

    /// - Returns: what came of a step; nil where nothing is to be said, as when it was cancelled.
    func perform(_ step: AgentLife.Step) async -> AgentLife.Event? {
        switch step {
        case .prepare:
            await prepare()
            return nil
        case .judgeConfigurations:
            await configurationServer?.judge()
            return nil
        case .awaitConfiguration: return await opening.wait() == nil ? nil : .configured
        case .awaitTimeLimit: return await awaitTimeLimit()
        case .awaitTermination: return await ProcessSignal.termination.next() ? .termination : nil
        case .awaitStopRequest: return await ProcessSignal.stopRequest.next() ? .stopRequest : nil
        case .restoreHome: return await restoreHome()
        case .load: return await load()
        case .serve:
            await serve()
            return nil
        case .keepHome:
            await home.wait()?.keep()
            return nil
        case .saveHome: return .saved(await home.wait()?.save(.request) ?? false)
        case .tellEnding:
            events.write(.stopping)
            return nil
        case .drain: return await drain()
        case .sealHome(let limit): return .sealed(await sealHome(within: limit))
        case .close(let grace):
            // Whoever configured it and waits for the start isn't left waiting.
            report.end(
                .failed(code: "agent.ended", incident: nil, text: "it was ended before its application had started")
            )
            await endpoint.server.shutdown(grace: grace)
            return .closed
        }
    }

    // MARK: Before it serves

    private func prepare() async {
        do {
            host.keep(.success(try await BlockingThread.run { try start.host() }))
        } catch {
            host.keep(.failure(error))
        }
    }

    private func awaitTimeLimit() async -> AgentLife.Event? {
        guard let limit = arguments.instance.timeLimit, case .some = try? await Task.sleep(for: limit) else {
            return nil
        }
        guard opening.value == nil else { return nil }
        events.write(.timeLimit(seconds: Int(limit.components.seconds)))
        return .timeLimit
    }

    private func restoreHome() async -> AgentLife.Event? {
        if configurationServer != nil { endpoint.leaveConfiguration() }
        guard let opening = await opening.wait(), let sealed = opening.home else { return nil }
        let home = HomeKeeper(
            memory: memory,
            sealed: sealed,
            wasRestored: opening.hasHome,
            log: log,
            events: events,
            clock: clock
        )
        do {
            try await home.restore()
        } catch {
            report.end(failures.startFailed(error))
            return .startFailed
        }
        self.home.keep(home)
        return .restored
    }

    private func load() async -> AgentLife.Event? {
        if configurationServer != nil { endpoint.leaveConfiguration() }
        do {
            guard let opening = await opening.wait() else { return nil }
            guard let host = try await host.wait()?.get() else { return nil }
            let application = LoadedApplication(
                host: host,
                responder: try await start.responder(on: host),
                tls: try applicationTLS(opening.tlsKey)
            )
            loaded.keep(application)
            return .loaded
        } catch {
            // Nobody waits for an application whose agent has ended.
            guard !Task.isCancelled else { return nil }
            report.end(failures.startFailed(error))
            return .startFailed
        }
    }

    private func applicationTLS(_ key: SharedSecret?) throws -> AgentEndpoint.ApplicationTLS {
        switch arguments.mode {
        case .attested: .attested
        case .clear: .clear
        case .owner(let path):
            if let key {
                .owner(try key.value.withBytes { try ServingCertificate(chainFile: path, key: $0.bytes).tls() })
            } else {
                throw TLSMaterialError.key
            }
        }
    }

    // MARK: While it serves, and after

    private func serve() async {
        guard let application = await loaded.wait() else { return }
        endpoint.serve(application.responder, over: application.tls)
        events.write(.serving)
        report.end(.started)
        served.keep(application.host)
    }

    private func drain() async -> AgentLife.Event? {
        guard let host = await served.wait() else { return nil }
        let end = ContinuousClock.now + terms.grace
        await host.end(endpoint.server, grace: terms.grace)
        return .drained(left: max(.zero, end - .now))
    }

    /// For threads that never let go of the interpreter.
    private static let standLimit = Duration.seconds(1)

    /// As often as the time allows: files that change while they are read, and room that isn't there, tell nobody.
    private func sealHome(within limit: Duration) async -> Bool {
        guard let home = await home.wait() else { return true }
        // Files are read one after the other: what the application's own threads write meanwhile would be torn.
        if case .success(let host)? = host.value { await host.stand(within: Self.standLimit) }
        let attempts = Backoff(first: .milliseconds(100), longest: .milliseconds(500))
        let isSealed: Bool?? = try? await attempts.first(within: limit) {
            // Once more, in case that a library's call was still writing.
            guard await home.save(.end) else { return nil }
            return await home.save(.period) ? true : nil
        }
        return isSealed == true
    }
}
