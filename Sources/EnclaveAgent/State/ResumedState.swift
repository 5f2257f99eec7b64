internal import Enclave
internal import Notation
internal import RATLS

/// What an earlier start was given.
struct ResumedState: ~Copyable {
    let configuration: Configuration
    private let identity: EnclaveIdentity

    private init(configuration: consuming Configuration, identity: consuming EnclaveIdentity) {
        self.configuration = configuration
        self.identity = identity
    }

    consuming func takeIdentity() -> EnclaveIdentity { identity }

    /// Nil when nothing was sealed yet, or this is another instance than the one that its owner accepted. Then nothing
    /// is lost: the agent waits for its owner again, and what was sealed stays where it is.
    /// - Throws: what isn't a word about what was sealed, as when a file can't be read.
    static func read(
        _ state: SealedState?,
        _ arguments: AgentArguments,
        platform: any EnclavePlatform,
        events: EventLog,
        now: Timestamp
    ) throws
        -> ResumedState?
    {
        guard let state else { return nil }
        do {
            guard let configuration = try Configuration.restored(from: state) else { return nil }
            guard configuration.launch == arguments.launchText else {
                events.write(.waitsAgain(.record))
                return nil
            }
            guard let identity = try EnclaveIdentity.restored(from: state, epoch: configuration.epoch) else {
                events.write(.waitsAgain(.identity))
                return nil
            }
            guard arguments.renews else { return ResumedState(configuration: configuration, identity: identity) }
            let renewed = try EnclaveIdentity(maker: arguments.instance.maker, platform: platform, now: now)
            try renewed.seal(in: state, epoch: configuration.epoch)
            return ResumedState(configuration: configuration, identity: renewed)
        } catch let error as SealedStateError {
            events.write(.stateDamaged(error.file))
            events.write(.waitsAgain(.unopened))
            return nil
        }
    }
}
