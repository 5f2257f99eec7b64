internal import Attestation
internal import DCAPCollateral
internal import Files
internal import FoundationEssentials
internal import Glibc
public import Notation
internal import PackageFormat
internal import RATLS
internal import SimulatedProcessor
internal import StrictX509

/// What operators do with instances that were launched here.
public struct ServiceOperations: Sendable {
    private let state: StateFolder

    public init(state: StateFolder = StateFolder()) { self.state = state }

    /// One instance as `status` and `list` show it.
    public struct Status: Sendable {
        public var node: Node
        public var state: String

        /// What keeps it from being told more of; nil when nothing does.
        public var problem: String? { if case .string(let text)? = node["problem"]?.value { text } else { nil } }

        /// Whether nobody is served, and nobody will be without somebody's doing.
        public var isDown: Bool { ["stopped", "failed", "unresponsive", "damaged"].contains(state) }

        public var json: String { JSON.pretty(node) }
        public func field(_ name: String) -> String {
            switch node[name]?.value {
            case .string(let text)?: NotationError.printable(text, limit: 2000)
            case .number(let digits)?: digits
            case .array(let elements)?:
                elements.compactMap { if case .string(let text) = $0.value { text } else { nil } }.joined(
                    separator: " "
                )
            default: "-"
            }
        }
    }

    public func status(_ name: String) async throws -> Status {
        try await status(of: ServiceState.existing(name, in: state))
    }

    /// One that can't be read is among them, with what is wrong; it hides none of the others.
    public func list() async throws -> [Status] {
        // At once: those that don't answer take their time.
        let services = try ServiceState.all(in: state)
        return await withTaskGroup(of: (Int, Status).self) { group in
            for (index, service) in services.enumerated() {
                group.addTask {
                    do {
                        return (index, try await status(of: service))
                    } catch {
                        let node = Node.object([
                            "name": Node(service.name), "state": "damaged", "problem": Node("\(error)"),
                        ])
                        return (index, Status(node: node, state: "damaged"))
                    }
                }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }.sorted { $0.key < $1.key }.map(\.value)
        }
    }

    public static func json(_ list: [Status]) -> String { JSON.pretty(Node(.array(list.map(\.node)))) }

    private func status(of service: ServiceState) async throws -> Status {
        let record = try service.record()
        let launch = try service.launch()
        let process = ServiceProcess(service)
        // There is none before the first sealing.
        let home = try? process.homeReport()
        let (word, reason) = await state(of: service, record, launch)
        let node = Node.object([
            "name": Node(service.name), "id": Node(launch.id), "state": Node(word), "platform": Node(record.platform),
            "url": Node(NetworkAddress.text(launch.sans[0], launch.port)),
            "sans": Node(.array(launch.sans.map { Node($0) })),
            "mrenclave": Node(record.mrenclave),
            "startedAt": Node(CalendarTime.text(record.startedAt)),
            "notAfter": Node(CalendarTime.text(launch.notAfter)),
            "homeSavedAt": home?.savedAt.map { Node(CalendarTime.text($0)) } ?? Node(.null),
            "homeError": home?.problem.map { Node(ServiceProcess.words($0)) } ?? Node(.null), "reason": Node(reason),
            "pid": process.isAlive ? service.processes().map { Node(Int($0.agent.id)) } : Node(.null),
        ])
        return Status(node: node, state: word)
    }

    /// One word, and what it means for this instance.
    private func state(of service: ServiceState, _ record: ServiceState.Record, _ launch: LaunchRecord) async -> (
        word: String, reason: String
    ) {
        let process = ServiceProcess(service)
        guard process.isAlive else {
            if service.exitCode == 0 { return ("stopped", "'mse restart \(service.name)' brings it back") }
            let problem =
                service.refusal ?? LastStart(service).problem
                ?? "it ended by itself; \(LastStart.ownersLog(service.name))"
            return ("failed", problem + (service.exitCode.map { " (exit code \($0))" } ?? ""))
        }
        switch await process.probe(launch) {
        case .waiting: return ("waiting", "for its owner's 'mse run'")
        case .running: return ("running", "it answers")
        case .starting: return ("starting", "its application is being loaded")
        case .failing(let status):
            return ("unresponsive", "its application runs, but \(record.healthCheck) answers with status \(status)")
        case .silent:
            let start = LastStart(service)
            // An agent whose application failed takes leave of its connections before it ends.
            if start.hasFailed, let problem = start.problem { return ("failed", problem) }
            return service.hasAnswered
                ? ("unresponsive", "it runs, but does not answer within \(ServiceProcess.probeSeconds) seconds")
                : ("starting", "its agent has not answered yet")
        }
    }

    /// How an instance is ended.
    public enum End: Hashable, Sendable {
        /// HOME is sealed first; where that fails, the instance goes on running.
        case saving
        /// Whatever becomes of HOME's last changes.
        case discarding
        /// With its package, logs and sealed state.
        case removing
    }

    /// - Returns: what was lost; nil for nothing, or for what was to be removed.
    public func stop(_ name: String, _ end: End) async throws -> String? {
        let service = try ServiceState.existing(name, in: state)
        return try await service.withLock {
            switch end {
            case .saving:
                try await ServiceProcess(service).stop()
                return nil
            case .discarding:
                return try await ServiceProcess(service).discard().map { "what HOME held since \($0) is lost" }
            case .removing:
                _ = try await ServiceProcess(service).discard(graceSeconds: 40)
                try service.remove()
                return nil
            }
        }
    }

    /// What became of an instance that was started again.
    public struct Restarted: Sendable {
        /// It had to be stopped first.
        public var wasRunning: Bool
        /// It waits for its owner, since nothing that was sealed configures it; otherwise it answers.
        public var isWaiting: Bool
    }

    /// Ends the instance and starts it again from its sealed state.
    /// - Parameter waitSeconds: how long its application may take to answer.
    /// - Throws: why it doesn't answer, and whether it is stopped by now.
    public func restart(_ name: String, renews: Bool, waitSeconds: Int) async throws -> Restarted {
        let service = try ServiceState.existing(name, in: state)
        let process = ServiceProcess(service)
        let (wasRunning, end) = try await service.withLock {
            let wasRunning = process.isAlive
            try await process.stop(afterwards: "; it isn't started again: 'mse restart \(name)' does that")
            do {
                try process.checkAddress()
            } catch var error as OperationError where wasRunning {
                error.problem = "is stopped now, and can't be started again: " + error.problem
                throw error
            }
            var record = try service.record()
            record.startedAt = Int64(Date().timeIntervalSince1970)
            try service.write(record)
            let end = ContinuousClock.now + .seconds(waitSeconds)
            try await process.start(renews: renews, waitSeconds: waitSeconds)
            return (wasRunning, end)
        }
        let start = try await process.waitUntilRunning(until: end, waitSeconds: waitSeconds)
        return Restarted(wasRunning: wasRunning, isWaiting: start == .waiting)
    }

    /// Certificate, quote and collateral as one file, and the certificate beside it.
    public func evidence(_ name: String, output: String) async throws -> String {
        let service = try ServiceState.existing(name, in: state)
        let launch = try service.launch()
        let certificate = try await Verify.certificate(Target.reachable(launch.host), launch.port)
        let time = Int64(Date().timeIntervalSince1970)
        let collateral = try await JudgingOptions().collateral(
            for: certificate.quote,
            platform: try Verify.platform(of: service, state),
            at: time,
            state
        ).collateral
        let file = EvidenceFile(certificate: certificate, collateral: collateral, collectedAt: time)
        let text = JSON.pretty(try file.node())
        var folder = try ResultFolder(output)
        try Files.write([
            (Array(certificate.pem.utf8), output + "/ratls.pem"), (Array(text.utf8), output + "/evidence.json"),
        ])
        folder.keep()
        return output + "/evidence.json"
    }

    /// What the launcher process does; not for people.
    public func launch(_ name: String, renews: Bool) throws -> Int32 {
        try ServiceProcess(ServiceState.existing(name, in: state)).launch(renews: renews, state)
    }
}
