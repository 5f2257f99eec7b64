internal import CodeEncryption
internal import Enclave
internal import PackageFormat
internal import Secrets

/// Settles who may read what the application says, once that is known.
struct OwnersLog: Sendable {
    let setting: EnclaveSettings.Log
    let mode: EnclaveSettings.Mode
    let id: String
    /// Where a sealed one is kept; nil where nothing is.
    let folder: String?
    let events: EventLog
    let log: ApplicationLog

    /// - Parameters:
    ///   - key: code key or start token: whoever holds it reads what is sealed.
    ///   - epoch: of the configuration that brought it.
    ///   - isResumed: whether that configuration was accepted by an earlier run.
    func begin(_ key: borrowing SecretKey?, epoch: Epoch, isResumed: Bool) {
        switch setting {
        case .open: log.open { [events] in events.write(applicationText: $0) }
        case .none: log.drop()
        case .sealed:
            // Where there is neither key nor token nobody could read it; nor where nothing is kept.
            guard let folder, mode != .open else { return log.drop() }
            switch key {
            case .some(let key):
                do {
                    try log.seal(in: folder, root: key, id: id, epoch: epoch, isResumed: isResumed)
                } catch {
                    log.drop()
                    events.write(.failed(.log))
                }
            case .none: log.drop()
            }
        }
    }
}
