internal import Attestation
internal import DCAPCollateral
internal import Files
internal import Glibc
public import Notation
internal import PackageFormat
internal import RATLS
internal import StrictX509
internal import WallClock

/// What operators do with instances that were launched here.
public struct ServiceOperations: Sendable {
    private let surroundings: Surroundings
    private var state: StateFolder { surroundings.state }

    public init(in surroundings: Surroundings = Surroundings()) { self.surroundings = surroundings }

    public func status(_ name: String) async throws -> ServiceStatus {
        try await status(of: ServiceState.existing(name, in: state))
    }

    /// One that can't be read is among them, with what is wrong; it hides none of the others.
    public func list() async throws -> [ServiceStatus] {
        // At once: those that don't answer take their time.
        let services = try ServiceState.all(in: state)
        let all = await withTaskGroup(of: ServiceStatus.self) { group in
            for service in services {
                group.addTask {
                    do {
                        return try await status(of: service)
                    } catch {
                        return ServiceStatus(damaged: service.name, "\(error)")
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        return all.sorted { $0.name < $1.name }
    }

    private func status(of service: ServiceState) async throws -> ServiceStatus {
        let record = try service.record()
        let launch = try service.launch()
        let place = try surroundings.places.place(of: service)
        let process = ServiceProcess(service, at: place, surroundings.clock)
        // There is none before the first sealing.
        let home = try? process.homeReport()
        let condition = await InstanceCondition(of: process, record, launch)
        return ServiceStatus(
            service.name,
            condition.state,
            details: ServiceStatus.Details(
                reason: condition.reason,
                launch: launch,
                record: record,
                home: home,
                process: process.processID,
                worth: place.platform.worth
            )
        )
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
        if end == .removing { try service.checkRemoval() }
        if end == .removing, service.isUnfinished {
            try await service.withLock { if service.isUnfinished { try service.remove() } }
            guard Files.exists(service.folder) else { return nil }
        }
        guard end != .removing else {
            try await service.withLock {
                for process in processes(of: service) { _ = try await process.discard(graceSeconds: 40) }
                try service.remove()
            }
            return nil
        }
        let process = try ServiceProcess(service, in: surroundings)
        return try await service.withLock {
            switch end {
            case .saving:
                try await process.stop()
                return nil
            case .discarding, .removing:
                return try await process.discard()
            }
        }
    }

    /// Where it was launched; where its record doesn't say that any more, wherever it may run.
    private func processes(of service: ServiceState) -> [ServiceProcess] {
        if let process = try? ServiceProcess(service, in: surroundings) { return [process] }
        return surroundings.places.all.map { ServiceProcess(service, at: $0, surroundings.clock) }
    }

    /// What became of an instance that was started again.
    public struct Restarted: Sendable {
        /// It had to be stopped first.
        public var wasRunning: Bool
        /// It waits for its owner, since nothing that was sealed configures it; otherwise it answers.
        public var isWaiting: Bool
        /// Why what was sealed doesn't configure it; nil when there is none.
        public var waitReason: String?
        /// What of HOME had been lost already, as when it was killed; nil for nothing.
        public var loss: String?
        /// The end that it got, where it was prolonged: then it waits, since its owner accepted another.
        public var end: Timestamp?
        /// Epochs of HOME that its owner may continue, 64 hex digits each, the last sealed one first.
        public var homeEpochs: [String]
        /// What a person should know of how it answers.
        public var note: String?
    }

    /// Ends the instance and starts it again from its sealed state.
    /// - Parameters:
    ///   - renews: whether it gets another key, quote and certificate.
    ///   - days: how long it lives from now on; nil leaves its end as it is.
    ///   - waitSeconds: how long its application may take to answer.
    /// - Throws: why it doesn't answer, and whether it is stopped by now.
    public func restart(_ name: String, renews: Bool, days: Int? = nil, waitSeconds: Int) async throws -> Restarted {
        let service = try ServiceState.existing(name, in: state)
        let process = try ServiceProcess(service, in: surroundings)
        let (wasRunning, launch, loss, end) = try await service.withLock {
            let wasRunning = process.isAlive
            let launch = try Self.prolonged(service.launch(), days: days, now: surroundings.clock.now)
            // What can't be started again isn't ended.
            try surroundings.places.place(of: service).platform.check(
                package: service.packagePath,
                of: name,
                afterwards: wasRunning ? "; it goes on running with those that it has" : ""
            )
            if let expiry = process.expiry(of: launch) {
                throw OperationError(
                    name,
                    "\(expiry)\(wasRunning ? "; it goes on running" : "")",
                    code: .serviceExpired
                )
            }
            let loss = process.loss
            if loss == nil {
                try await process.stop(afterwards: "; it isn't started again: 'mse restart \(name)' does that")
            }
            do {
                try process.checkAddress()
            } catch var error as OperationError where wasRunning {
                error.problem = "is stopped now, and can't be started again: " + error.problem
                throw error
            }
            if days != nil { try service.write(launch) }
            var record = try service.record()
            record.startedAt = surroundings.clock.now
            try service.write(record)
            let end = ContinuousClock.now + .seconds(waitSeconds)
            try await Self.telling(loss) { try await process.start(renews: renews, waitSeconds: waitSeconds) }
            return (wasRunning, launch, loss, end)
        }
        let start = try await Self.telling(loss) {
            try await process.waitUntilRunning(until: end, waitSeconds: waitSeconds)
        }
        var result = Restarted(
            wasRunning: wasRunning,
            isWaiting: start == .waiting,
            loss: loss,
            end: days.map { _ in launch.notAfter },
            homeEpochs: service.homeEpochs
        )
        switch start {
        case .waiting: result.waitReason = process.lastStart.waitReason
        case .running(let status): result.note = try HealthPath(service.record().healthCheck).note(on: status)
        }
        return result
    }

    /// The same instance with another end.
    private static func prolonged(_ launch: LaunchRecord, days: Int?, now: Timestamp) throws -> LaunchRecord {
        guard let days else { return launch }
        guard Spawn.days.contains(days) else {
            throw OperationError(
                "--days",
                "\(Spawn.days.lowerBound) to \(Spawn.days.upperBound) expected, found \(days)",
                code: .usage
            )
        }
        var launch = launch
        launch.notAfter = now + .seconds(days * 86400)
        return launch
    }

    /// Once it is started again, nobody else tells what its earlier end had lost.
    private static func telling<Value>(_ loss: String?, _ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch var error as OperationError {
            if let loss { error.problem += "; " + loss }
            throw error
        }
    }

    /// Certificate, quote and collateral as one file, and the certificate beside it.
    public func evidence(_ name: String, output: String) async throws -> String {
        let service = try ServiceState.existing(name, in: state)
        let launch = try service.launch()
        let files = (certificate: output + "/ratls.pem", evidence: output + "/evidence.json")
        for path in [files.certificate, files.evidence] where Files.isTaken(path) {
            guard try FileKind(path) == .file, (try? EvidenceInput(file: path)) != nil else {
                throw OperationError(
                    path.printable(limit: nil),
                    "is there and is no evidence; it would be lost",
                    mend: "name another folder with --output",
                    code: .exists
                )
            }
        }
        let certificate = try await ServiceProcess(service, in: surroundings).called {
            try await Verify.certificate(ListeningAddress.reachable(launch.host), launch.port)
        }
        let time = surroundings.clock.now
        let collateral = try await JudgingOptions().collateral(
            for: certificate.quote,
            place: try surroundings.places.place(of: service),
            at: time,
            JudgingDefaults(state),
            surroundings
        ).collateral
        let file = EvidenceFile(certificate: certificate, collateral: collateral, collectedAt: time)
        let text = try file.json()
        var folder = try ResultFolder(output)
        try Files.write([
            (Array(certificate.pem.utf8), files.certificate), (Array(text.utf8), files.evidence),
        ])
        folder.keep()
        return files.evidence
    }

    /// What the launcher process does; not for people.
    public func launch(_ name: String, renews: Bool) throws -> Int32 {
        let service = try ServiceState.existing(name, in: state)
        return try LauncherProcess(service: service, platform: surroundings.places.place(of: service).platform)
            .run(renews: renews)
    }
}
