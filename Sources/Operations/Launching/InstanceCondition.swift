internal import Notation
internal import RATLS

/// How an instance is, in one word.
public enum InstanceState: String, Sendable {
    case starting, waiting, running, unresponsive, stopping, stopped, failed
    /// What is kept of it can't be read.
    case damaged
}

/// How an instance is, and what that means for it: by its processes, by the log of its last start and, where it
/// answers, by its own word.
struct InstanceCondition: Sendable {
    let state: InstanceState
    let reason: String

    private init(_ state: InstanceState, _ reason: String) {
        self.state = state
        self.reason = reason
    }

    /// - Parameter seconds: that it has to answer.
    init(
        of process: ServiceProcess,
        _ record: ServiceState.Record,
        _ launch: LaunchRecord,
        seconds: Int = ServiceProcess.probeSeconds
    ) async {
        let service = process.service
        switch process.presence {
        case .whole: self = await Self.answer(of: process, record, launch, seconds: seconds)
        case .launching: self.init(.starting, "its launcher measures it")
        case .partial where service.exitCode == nil: self.init(.stopping, "its agent has ended")
        case .gone where !service.hasBegun:
            self.init(.stopped, "its last start was interrupted; \(Self.restart(service.name))")
        case .gone, .partial: self = Self.end(of: process)
        }
    }

    private static func answer(
        of process: ServiceProcess,
        _ record: ServiceState.Record,
        _ launch: LaunchRecord,
        seconds: Int
    ) async -> InstanceCondition {
        let service = process.service
        let expiry = process.expiry(of: launch).map { "; \($0)" } ?? ""
        switch await process.probe(launch, seconds: seconds) {
        case .waiting where process.lastStart.wasConfigured:
            return Self(
                .unresponsive,
                """
                it says that it waits, though it was configured: its application, or who broke into that, answers in \
                its agent's place
                """
            )
        case .waiting:
            let again = process.lastStart.waitReason.map { ": " + $0 } ?? ""
            return Self(.waiting, "for its owner's 'mse run'" + again + expiry)
        case .running(let status):
            let note = HealthPath(record.healthCheck).note(on: status).map { "; \($0)" } ?? ""
            return Self(.running, "it answers" + note + expiry)
        case .starting: return Self(.starting, "its application is being loaded")
        case .failing(let status):
            return Self(.unresponsive, "its application runs, but \(record.healthCheck) answers with status \(status)")
        case .silent:
            let start = process.lastStart
            // An agent whose application failed takes leave of its connections before it ends.
            if start.hasFailed, let problem = start.problem { return Self(.failed, problem) }
            if start.isStopping { return Self(.stopping, "it finishes what it answers, and HOME is sealed") }
            return service.hasAnswered
                ? Self(.unresponsive, "it runs, but does not answer within \(seconds) seconds")
                : Self(.starting, "its agent has not answered yet")
        }
    }

    private static func end(of process: ServiceProcess) -> InstanceCondition {
        let service = process.service
        let start = process.lastStart
        let code = service.exitCode
        if code == 0, !start.hasEndedByItself { return Self(.stopped, restart(service.name)) }
        if let problem = service.refusal ?? start.problem {
            return Self(.failed, problem + (code.map { " (exit code \($0))" } ?? ""))
        }
        guard let code else {
            return Self(
                .failed,
                "its launcher was ended, such as by a restart of the machine; \(restart(service.name))"
            )
        }
        return Self(.failed, "it ended by itself with exit code \(code); \(LastStart.ownersLog(service.name))")
    }

    private static func restart(_ name: String) -> String { "'mse restart \(name)' brings it back" }

    /// What whoever calls it by its name is told instead of what the network says; nil where it is there.
    func absence(of name: String) -> OperationError? {
        let events = "'mse logs \(name)' shows its events"
        let (problem, mend): (String, String)
        switch state {
        case .running, .waiting: return nil
        case .stopped: (problem, mend) = ("is stopped", reason)
        case .failed: (problem, mend) = ("has failed: \(reason)", "\(events), 'mse restart \(name)' starts it again")
        case .stopping: (problem, mend) = ("is stopping: \(reason)", "then \(Self.restart(name))")
        case .starting:
            (problem, mend) = ("is still starting: \(reason)", "try again when 'mse status \(name)' says that it waits")
        case .unresponsive, .damaged:
            (problem, mend) = ("does not answer: \(reason)", "\(events), 'mse restart \(name)' starts it again")
        }
        return OperationError(name, problem, mend: mend, code: .serviceNotRunning)
    }
}
