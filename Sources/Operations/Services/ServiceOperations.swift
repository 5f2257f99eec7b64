internal import Attestation
internal import DCAPCollateral
internal import Files
internal import Glibc
internal import Notation
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
        let (state, reason) = await state(of: process, record, launch)
        return ServiceStatus(
            service.name,
            state,
            details: ServiceStatus.Details(
                reason: reason,
                launch: launch,
                record: record,
                home: home,
                process: process.processID,
                worth: place.platform.worth
            )
        )
    }

    /// How it is, and what that means for this instance.
    private func state(
        of process: ServiceProcess,
        _ record: ServiceState.Record,
        _ launch: LaunchRecord
    ) async -> (state: ServiceStatus.State, reason: String) {
        let service = process.service
        switch process.presence {
        case .whole: break
        case .launching: return (.starting, "its launcher measures it")
        case .partial where service.exitCode == nil: return (.stopping, "its agent has ended")
        case .gone where !service.hasBegun:
            return (.stopped, "its last start was interrupted; 'mse restart \(service.name)' brings it back")
        case .gone, .partial: return end(of: process)
        }
        switch await process.probe(launch) {
        case .waiting:
            let again = process.lastStart.waitReason.map { ": " + $0 } ?? ""
            return (.waiting, "for its owner's 'mse run'" + again)
        case .running: return (.running, "it answers")
        case .starting: return (.starting, "its application is being loaded")
        case .failing(let status):
            return (.unresponsive, "its application runs, but \(record.healthCheck) answers with status \(status)")
        case .silent:
            let start = process.lastStart
            // An agent whose application failed takes leave of its connections before it ends.
            if start.hasFailed, let problem = start.problem { return (.failed, problem) }
            if start.isStopping { return (.stopping, "it finishes what it answers, and HOME is sealed") }
            return service.hasAnswered
                ? (.unresponsive, "it runs, but does not answer within \(ServiceProcess.probeSeconds) seconds")
                : (.starting, "its agent has not answered yet")
        }
    }

    private func end(of process: ServiceProcess) -> (state: ServiceStatus.State, reason: String) {
        let service = process.service
        let start = process.lastStart
        let code = service.exitCode
        if code == 0, !start.hasEndedByItself { return (.stopped, "'mse restart \(service.name)' brings it back") }
        if let problem = service.refusal ?? start.problem {
            return (.failed, problem + (code.map { " (exit code \($0))" } ?? ""))
        }
        guard let code else {
            return (
                .failed,
                """
                its launcher was ended, such as by a restart of the machine; 'mse restart \(service.name)' brings it \
                back
                """
            )
        }
        return (.failed, "it ended by itself with exit code \(code); \(LastStart.ownersLog(service.name))")
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
    }

    /// Ends the instance and starts it again from its sealed state.
    /// - Parameter waitSeconds: how long its application may take to answer.
    /// - Throws: why it doesn't answer, and whether it is stopped by now.
    public func restart(_ name: String, renews: Bool, waitSeconds: Int) async throws -> Restarted {
        let service = try ServiceState.existing(name, in: state)
        let process = try ServiceProcess(service, in: surroundings)
        let (wasRunning, loss, end) = try await service.withLock {
            let wasRunning = process.isAlive
            // What can't be started again isn't ended.
            try surroundings.places.place(of: service).platform.check(
                package: service.packagePath,
                of: name,
                afterwards: wasRunning ? "; it goes on running with those that it has" : ""
            )
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
            var record = try service.record()
            record.startedAt = surroundings.clock.now
            try service.write(record)
            let end = ContinuousClock.now + .seconds(waitSeconds)
            try await Self.telling(loss) { try await process.start(renews: renews, waitSeconds: waitSeconds) }
            return (wasRunning, loss, end)
        }
        let start = try await Self.telling(loss) {
            try await process.waitUntilRunning(until: end, waitSeconds: waitSeconds)
        }
        return Restarted(
            wasRunning: wasRunning,
            isWaiting: start == .waiting,
            waitReason: start == .waiting ? process.lastStart.waitReason : nil,
            loss: loss
        )
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
        let certificate = try await Verify.certificate(ListeningAddress.reachable(launch.host), launch.port)
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
            (Array(certificate.pem.utf8), output + "/ratls.pem"), (Array(text.utf8), output + "/evidence.json"),
        ])
        folder.keep()
        return output + "/evidence.json"
    }

    /// What the launcher process does; not for people.
    public func launch(_ name: String, renews: Bool) throws -> Int32 {
        let service = try ServiceState.existing(name, in: state)
        return try LauncherProcess(service: service, platform: surroundings.places.place(of: service).platform)
            .run(renews: renews)
    }
}
