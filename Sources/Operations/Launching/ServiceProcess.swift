internal import Files
internal import FoundationEssentials
internal import Glibc
internal import KernelEvents
internal import Notation
internal import PackageFormat
internal import Processes
internal import RATLS
internal import RATLSTransport
internal import StrictX509
internal import Threads
internal import WallClock

/// A handle on one instance as it runs: starts it, asks it how it is, and ends it.
struct ServiceProcess: Sendable {
    let service: ServiceState
    private let place: LaunchPlace
    private let clock: WallClock

    init(_ service: ServiceState, at place: LaunchPlace, _ clock: WallClock) {
        self.service = service
        self.place = place
        self.clock = clock
    }

    init(_ service: ServiceState, in surroundings: Surroundings) throws {
        self.init(service, at: try surroundings.places.place(of: service), surroundings.clock)
    }

    private static let startSeconds = 60

    /// - Throws: when its address can't be had, in words for an instance whose launch record names it.
    func checkAddress() throws {
        let launch = try service.launch()
        try ListeningAddress(host: launch.host, port: launch.port).check(for: service.name)
    }

    /// Starts it in the background, and waits until its agent answers.
    /// - Throws: why it doesn't; nothing is started for an address that can't be had.
    /// - Parameter isNew: nothing of it is to be left when this program is ended before it answers.
    func start(renews: Bool, isNew: Bool = false, waitSeconds: Int = startSeconds) async throws {
        try checkAddress()
        let launch = try service.launch()
        // In this order: whose processes are known, and how they ended isn't, has failed to whoever asks meanwhile, and
        // for good where this program is ended here.
        try InstanceProcesses.forget(service)
        try service.write(exitCode: nil)
        try service.write(refusal: nil)
        try service.forgetAnswer()
        let launcher = try place.engine.start(service, renews: renews)
        if !isNew {
            launcher.letGo()
            Unfinished.remark("\(service.name) goes on starting: ask with 'mse status \(service.name)'")
        }
        defer { launcher.letGo() }
        let events = KernelEvents()
        events.watch(process: launcher.id)
        let end = ContinuousClock.now + .seconds(waitSeconds)
        let hasAnswered = try await Self.attempts.first(within: .seconds(waitSeconds), pause: Self.pause(events)) {
            () -> Bool? in
            place.engine.watch(service, by: events)
            if let code = service.exitCode {
                throw ended(code)
            }
            if launcher.exitCode != nil, service.exitCode == nil {
                throw OperationError(service.name, "its launcher ended", code: .serviceFailed)
            }
            let seconds = min(Self.probeSeconds, end.secondsLeft)
            return await probe(launch, seconds: seconds) == .silent ? nil : true
        }
        guard hasAnswered == true else {
            throw OperationError(service.name, "did not answer within \(waitSeconds) seconds", code: .serviceTimeout)
        }
        try service.noteAnswer()
    }

    /// How often an instance is asked that tells nothing: what it answers, nobody but itself knows.
    private static let attempts = Backoff(first: .milliseconds(20), longest: .milliseconds(400))
    /// However much happens to it, it isn't asked more often.
    private static let leastDistance = Duration.milliseconds(10)

    /// Waits as long, or until something happens to the instance.
    private static func pause(_ events: KernelEvents) -> (Duration) async throws -> Void {
        { distance in
            let began = ContinuousClock.now
            try await events.next(within: distance)
            let left = began + min(leastDistance, distance) - .now
            if left > .zero { try await Task.sleep(for: left) }
        }
    }

    /// How an instance answers.
    enum Answer: Hashable, Sendable {
        /// Not at all, or somebody else does.
        case silent
        case waiting
        /// Configured; the application isn't there yet.
        case starting
        case running(status: Int)
        /// The application is there, and its health path says that it can't serve.
        case failing(status: Int)
    }

    /// For a probe, however the other side behaves.
    static let probeSeconds = 5

    /// Asks the instance how it is; nothing secret is sent, and who answers is compared with the launch record.
    /// - Parameter seconds: that it has for the whole of its answer.
    func probe(_ launch: LaunchRecord, seconds: Int = probeSeconds) async -> Answer {
        let id = launch.id
        let end = ContinuousClock.now + .seconds(seconds)
        let path = (try? service.record().healthCheck) ?? "/"
        guard
            let connection = try? await AttestedConnection.open(
                host: ListeningAddress.reachable(launch.host),
                port: launch.port,
                seconds: seconds,
                judge: { $0.launch?.id == id }
            ),
            let response = try? await connection.request("GET", path, seconds: end.secondsLeft, bodyLimit: 0)
        else { return .silent }
        return switch response.header("Mse-Status") {
        case "Waiting": .waiting
        case "Starting": .starting
        default: response.status < 500 ? .running(status: response.status) : .failing(status: response.status)
        }
    }

    /// That its time is over, and what gives it another; nil while it isn't.
    func expiry(of launch: LaunchRecord) -> String? {
        guard launch.notAfter <= clock.now else { return nil }
        return """
            its certificate ended at \(launch.notAfter), and nobody accepts it any more; 'mse restart \(service.name) \
            --renew --days N' prolongs it, and has it wait for its owner again, who keeps HOME with 'mse run … \
            --continue EPOCH'
            """
    }

    /// Does what calls it. Where nobody answers, what became of it is told in place of what the network says. Whoever
    /// answers in its place is judged as anybody.
    func called<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as any CodedError where error.code.hasPrefix("network.") {
            throw await absence() ?? error
        }
    }

    private func absence() async -> OperationError? {
        guard let record = try? service.record(), let launch = try? service.launch() else { return nil }
        return await InstanceCondition(of: self, record, launch).absence(of: service.name)
    }

    /// How a start went that is no failure.
    enum Start: Hashable, Sendable {
        case running(status: Int)
        /// Nothing that was sealed configures it.
        case waiting
    }

    /// Waits until the application answers.
    /// - Throws: why it doesn't. What the application said is its owner's to read.
    func waitUntilRunning(until end: ContinuousClock.Instant, waitSeconds: Int) async throws -> Start {
        let launch = try service.launch()
        let events = KernelEvents()
        var answer = Answer.silent
        let start = try await Self.attempts.first(within: end - .now, pause: Self.pause(events)) { () -> Start? in
            place.engine.watch(service, by: events)
            answer = await probe(launch, seconds: min(Self.probeSeconds, end.secondsLeft))
            switch answer {
            case .running(let status): return .running(status: status)
            case .waiting: return .waiting
            case .silent, .starting, .failing: break
            }
            if let code = service.exitCode {
                throw ended(code)
            }
            // What launched it outlives its agent, to write down how that ended.
            guard presence != .gone || service.exitCode != nil else {
                throw OperationError(
                    service.name,
                    "has ended while it started; \(LastStart.ownersLog(service.name))",
                    code: .serviceFailed
                )
            }
            return nil
        }
        if let start { return start }
        let found =
            switch answer {
            case .failing(let status):
                "has started, but \((try? service.record().healthCheck) ?? "/") answers with status \(status)"
            case .starting: "is still starting"
            default: "does not answer"
            }
        throw OperationError(
            service.name,
            """
            \(found) after \(waitSeconds) seconds; it goes on: ask with 'mse status \(service.name)'; \
            \(LastStart.ownersLog(service.name))
            """,
            code: .serviceTimeout
        )
    }

    private func ended(_ code: Int) -> OperationError {
        if let refusal = service.refusal { return OperationError(service.name, refusal, code: .serviceFailed) }
        return OperationError(service.name, words(ended: code, while: " while it started"), code: .serviceFailed)
    }

    private func words(ended code: Int, while: String = "") -> String {
        let start = lastStart
        if start.hasEndedByItself {
            return "ended by itself with exit code \(code)\(`while`); \(LastStart.ownersLog(service.name))"
        }
        if code == 0, start.problem == nil { return "was stopped\(`while`)" }
        return "ended with exit code \(code)\(`while`): \(start.problem ?? LastStart.ownersLog(service.name))"
    }

    /// How it ended, where it has or does so within some seconds; nil where it goes on.
    func end(within seconds: Int) async -> String? {
        // Nobody cancels whoever waits here.
        try? await first(within: .seconds(seconds)) { service.exitCode.map { words(ended: $0) } }
    }

    /// Asks the agent to seal HOME and end. Where that fails it goes on running, and nothing is lost.
    /// - Parameter afterwards: what a person has to know besides, who interrupts this: the agent was asked already.
    /// - Throws: why it goes on, or that it ended, now or by itself earlier, without having sealed HOME's last changes.
    func stop(waitSeconds: Int = 90, afterwards: String = "") async throws {
        try await waitUntilLaunched(waitSeconds)
        guard presence != .gone else { return try checkEnd("has ended already") }
        let refusals = (try? homeReport())?.refusals ?? 0
        let name = service.name
        Unfinished.remark("\(name) was asked to end, and does: ask with 'mse status \(name)'\(afterwards)")
        place.engine.send(.whenSaved, to: service)
        let hasEnded = try await hasEnded(within: waitSeconds) {
            guard let report = try? homeReport(), report.refusals > refusals else { return }
            throw OperationError(
                service.name,
                "goes on running: \((report.problem ?? .notSaved).words); \(Self.mend(service.name))",
                code: .homeNotSaved
            )
        }
        guard hasEnded else {
            throw OperationError(
                service.name,
                "has not ended within \(waitSeconds) seconds; \(Self.mend(service.name))",
                code: .serviceTimeout
            )
        }
        // One that had not yet begun to listen to that had nothing to seal either.
        guard service.exitCode != 128 + Int(SIGUSR1) else { return try service.write(exitCode: 0) }
        try checkEnd("has ended")
    }

    private func checkEnd(_ words: String) throws(OperationError) {
        guard let loss else { return }
        throw OperationError(
            service.name,
            "\(words), but \(loss)",
            mend: "'mse restart \(service.name)' starts it with what was sealed before",
            code: .homeLost
        )
    }

    /// What of HOME is lost, and why, by the way it ended; nil while it goes on, and where all of HOME is sealed.
    var loss: String? {
        let start = lastStart
        // While it waits for its owner, there is no HOME. One that couldn't be launched had none either.
        guard presence == .gone, start.wasConfigured, service.refusal == nil, let since = lastSealing,
            let problem = problemOfEnd(start)
        else { return nil }
        // Without its launcher an agent seals HOME nevertheless, but nobody writes down how it ended.
        let isKnown = (service.exitCode ?? start.agentsExitCode) != nil
        return "what HOME held since \(since) \(isKnown ? "is" : "may be") lost: \(problem)"
    }

    /// Why HOME's last changes weren't sealed before it ended.
    private func problemOfEnd(_ start: LastStart) -> String? {
        // Whoever launched it may have gone before he wrote down how it ended.
        guard let code = service.exitCode ?? start.agentsExitCode else { return "its launcher was ended" }
        if code != 0, let problem = (try? homeReport())?.problem { return problem.words }
        // Whoever ends it from outside, or from within in the agent's place, leaves no word of HOME.
        if code >= 128 { return "signal \(code - 128) ended it" }
        return start.hasEndedByItself ? "the application ended its process" : nil
    }

    /// Since when changes of HOME aren't sealed; nil where there is no HOME.
    private var lastSealing: String? {
        do {
            return try homeReport().since
        } catch {
            return Files.exists(service.sealedFolder + "/" + HomeReport.fileName) ? HomeReport.untold : nil
        }
    }

    var lastStart: LastStart { LastStart(service, logFiles: place.engine.logFiles(of: service)) }

    /// A launcher that still measures has no agent yet that could be asked anything.
    private func waitUntilLaunched(_ seconds: Int) async throws {
        _ = try await first(within: .seconds(seconds)) { presence == .launching ? nil : true }
    }

    /// Ends the agent whatever becomes of HOME's last changes.
    /// - Returns: what of HOME is lost; nil when all of it is sealed, or there is none.
    func discard(graceSeconds: Int = 5) async throws -> String? {
        try await waitUntilLaunched(60)
        guard presence != .gone else { return loss }
        place.engine.send(.orderly, to: service)
        let isClean = try await hasEnded(within: graceSeconds)
        kill()
        _ = try await hasEnded(within: 10)
        if isClean, service.exitCode == 0 { return nil }
        // Whoever discards knows that it ended; that it was cut short is no failure.
        try service.write(exitCode: 0)
        return lastSealing.map { "what HOME held since \($0) is lost" }
    }

    func homeReport() throws -> HomeReport {
        try HomeReport(in: service.sealedFolder, now: clock.now)
    }

    /// Waits until nothing of it is there.
    /// - Parameter look: after whatever happened to it; what it throws ends the wait.
    private func hasEnded(within seconds: Int, _ look: () throws -> Void = {}) async throws -> Bool {
        let hasEnded = try await first(within: .seconds(seconds)) { () -> Bool? in
            guard presence != .gone else { return true }
            try look()
            return nil
        }
        return hasEnded ?? false
    }

    /// Looks once in any case, and again after whatever happened to the instance.
    /// - Returns: the first answer; nil when there was none within the time.
    private func first<Value>(within limit: Duration, _ look: () throws -> Value?) async throws -> Value? {
        let events = KernelEvents()
        let end = ContinuousClock.now + limit
        while true {
            // Before it looks, so that nothing comes in between.
            place.engine.watch(service, by: events)
            if let value = try look() { return value }
            let left = end - .now
            guard left > .zero else { return nil }
            try await events.next(within: left)
        }
    }

    private static func mend(_ name: String) -> String {
        "mend that and try again, or end it with 'mse stop \(name) --discard', which loses HOME's last changes"
    }

    func kill() { place.engine.send(.kill, to: service) }

    var presence: InstancePresence { place.engine.presence(of: service) }

    var isAlive: Bool { processID != nil || presence == .launching }

    /// The agent's, on this machine; nil unless all of the instance is there.
    var processID: Int32? { if case .whole(let process) = presence { process } else { nil } }
}

extension HomeReport {
    /// Since when changes of HOME aren't sealed.
    fileprivate var since: String { isTimeUntold ? Self.untold : savedAt.map { $0.description } ?? "its start" }
    fileprivate static let untold = "a time that its report doesn't tell"
}

extension ContinuousClock.Instant {
    /// Until then, in whole seconds that have begun; one at least, since a network can't be asked for less.
    var secondsLeft: Int {
        let left = (self - .now).components
        return max(1, Int(left.seconds) + (left.attoseconds > 0 ? 1 : 0))
    }
}
