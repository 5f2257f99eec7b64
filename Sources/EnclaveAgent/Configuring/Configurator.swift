internal import ApplicationServing
internal import CodeEncryption
internal import Enclave
internal import Files
internal import PackageFormat
internal import Secrets

/// Judges what is sent to a waiting agent, and takes it whole or not at all.
struct Configurator: Sendable {
    let arguments: AgentArguments
    let code: ServiceCode
    let memory: PrivateMemory
    let state: SealedState?
    let identity: SharedIdentity
    let events: EventLog
    let log: OwnersLog

    /// - Parameter isWanted: whether its sender is still there; asked again before anything is kept.
    /// - Returns: what the application may be loaded with, once nothing else of the request is in memory any more.
    func configure(
        _ body: borrowing SecretBytes,
        isWanted: () -> Bool
    ) throws(ConfigurationRefusal) -> (accepted: ConfigurationServer.Accepted, opening: Opening) {
        let request = try ConfigurationRequest(body, sealingKey: identity.value.sealingKey, isOpen: code.mode == .open)
        guard request.isFor(arguments.instance.id) else {
            throw ConfigurationRefusal(.uuid, "the uuid is another instance's")
        }
        if case .owner(let certificate) = arguments.mode { try check(request.tlsKey, of: certificate) }
        try prove(request)
        guard isWanted() else {
            memory.discard()
            throw ConfigurationRefusal(.abandoned, "who sent it has gone")
        }
        do {
            return try keep(
                Configuration(request, launch: arguments.launchText),
                continuing: request.continueEpoch,
                for: request.authority
            )
        } catch {
            memory.discard()
            throw refusal(of: error, .storage, "the configuration could not be kept")
        }
    }

    /// What refuses by itself stays as it is; of everything else the operator gets the kind, and who asked what it
    /// means for him.
    private func refusal(
        of error: any Error,
        _ code: AgentEvent.ConfigurationCode,
        _ message: String
    ) -> ConfigurationRefusal {
        if let refusal = error as? ConfigurationRefusal { return refusal }
        if let refusal = error as? KeyRefusal { return ConfigurationRefusal(.key, refusal.description) }
        events.write(.failed(.init(error)))
        return ConfigurationRefusal(code, message)
    }

    private func prove(_ request: borrowing ConfigurationRequest) throws(ConfigurationRefusal) {
        do {
            try code.unpack(request.key, to: memory.code)
        } catch {
            throw refusal(of: error, .code, "the code could not be unpacked")
        }
    }

    private func keep(
        _ configuration: consuming Configuration,
        continuing epoch: Epoch?,
        for authority: ConfigurationRequest.Authority
    )
        throws -> (accepted: ConfigurationServer.Accepted, opening: Opening)
    {
        // Who names none may not know that there is one.
        let otherHomeEpochs = epoch == nil ? state.map { SealedHomes.epochs(in: $0.folder) } ?? [] : []
        let hasHome = try continueHome(epoch)
        try configuration.writeSecrets(to: memory)
        var opening = try configuration.opening(in: state)
        if let state {
            try identity.value.seal(in: state, epoch: configuration.epoch)
            // Last, in one step: from here on a restart finds a configured instance.
            try configuration.seal(in: state)
        }
        log.begin(configuration.key, epoch: configuration.epoch, isResumed: false)
        opening.hasHome = hasHome
        let accepted = ConfigurationServer.Accepted(
            authority: authority,
            epoch: configuration.epoch,
            homeEpoch: configuration.homeEpoch,
            otherHomeEpochs: otherHomeEpochs
        )
        return (accepted, opening)
    }

    /// Puts back the HOME that is to be continued, before anything is accepted.
    /// - Returns: whether there was one to continue.
    private func continueHome(_ epoch: Epoch?) throws -> Bool {
        guard let epoch else { return false }
        do {
            guard let state, try PersistentHome(folder: memory.home, sealed: state.home(epoch)).restore() else {
                throw ConfigurationRefusal(.epoch, "there is no HOME of the epoch that 'continue_epoch' names")
            }
            return true
        } catch is SealedStateError {
            throw ConfigurationRefusal(
                .epoch,
                """
                the sealed HOME of the epoch that 'continue_epoch' names is damaged, or was sealed by another enclave, \
                processor or instance
                """
            )
        }
    }

    private func check(_ key: borrowing SecretBytes?, of certificate: String) throws(ConfigurationRefusal) {
        do {
            switch key {
            case .some(let key):
                _ = try key.withBytes { try ServingCertificate(chainFile: certificate, key: $0.bytes).tls() }
            case .none: throw ConfigurationRefusal(.tlsKey, "'ssl_private_key' is needed")
            }
        } catch let error as ConfigurationRefusal {
            throw error
        } catch {
            throw ConfigurationRefusal(.tlsKey, "'ssl_private_key' is no key of the certificate")
        }
    }
}

extension Configuration {
    /// Of an accepted request: a new epoch.
    init(_ request: borrowing ConfigurationRequest, launch: String) {
        self.init(
            launch: launch,
            homeEpoch: request.continueEpoch ?? Epoch(),
            key: request.key,
            secrets: request.secrets,
            sealedSecrets: request.sealedSecrets,
            tlsKey: request.tlsKey
        )
    }
}
