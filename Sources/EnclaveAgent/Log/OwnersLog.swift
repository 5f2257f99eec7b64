internal import CodeEncryption
internal import Enclave
internal import PackageFormat

/// Settles who may read what the application says, once that is known.
struct OwnersLog: Sendable {
    let setting: EnclaveSettings.Log
    let mode: EnclaveSettings.Mode
    let id: String
    let state: SealedState?
    let events: EventLog
    let log: ApplicationLog

    func begin(_ configuration: borrowing Configuration) {
        switch setting {
        case .open: log.open { [events] in events.write(applicationText: $0) }
        case .none: log.drop()
        case .sealed:
            // Where there is neither key nor token nobody could read it; nor where nothing is kept.
            guard let state, mode != .open else { return log.drop() }
            switch configuration.key {
            case .some(let key):
                do {
                    try log.seal(in: state.folder + "/application.log", root: key, id: id, epoch: configuration.epoch)
                } catch {
                    log.drop()
                    events.write(.failed(.log))
                }
            case .none: log.drop()
            }
        }
    }
}
