internal import CodeEncryption
internal import Enclave
internal import PythonHost

/// What fails in the application is told its owner; the operator sees that something did, and which entry is its.
struct SealedReport: ApplicationReport {
    let events: EventLog
    let log: ApplicationLog

    func failed(_ text: String) { events.write(.applicationFailed(entry(text))) }

    func refused(_ text: String) { log.append(.errors, Array("mse: \(text)".utf8)) }

    /// What kept it from starting, as who sent the configuration is told.
    func startFailed(_ error: any Error) -> StartReport.Outcome {
        let traceback = (error as? PythonError)?.traceback ?? ""
        let text = "\(error)\(traceback.isEmpty ? "" : "\n" + traceback)"
        let incident = entry(text)
        switch error {
        case let error as SealedStateError: events.write(.stateDamaged(error.file))
        case is PythonError: events.write(.startFailed(incident))
        // Not the application's doing.
        default: events.write(.failed(.init(error)))
        }
        return .failed(
            code: error is PythonError ? "application.start" : "agent.start",
            incident: incident.text,
            text: text
        )
    }

    private func entry(_ text: String) -> Incident {
        let incident = Incident()
        log.append(.failure, Array(text.utf8), incident: incident)
        return incident
    }
}
