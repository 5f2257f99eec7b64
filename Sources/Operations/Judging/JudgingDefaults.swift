internal import DCAPCollateral
internal import Files
internal import Notation

/// What judging takes where the command line says nothing: from the environment and `config.toml`, read once a command.
struct JudgingDefaults: Sendable {
    /// A file; nil for Intel's.
    let trustedRoot: NamedSetting?
    /// Whom to trust for the TLS of a source of collateral.
    let collateralAuthority: NamedSetting?
    /// Folders, files or addresses; empty where this machine's configuration decides.
    private let names: [NamedSetting]
    private let environment: [String: String]

    /// - Throws: `OperationError` for a file that others can write, or that isn't understood: it names whom to trust.
    init(_ state: StateFolder) throws {
        environment = state.environment
        let variable = environment["MSE_COLLATERAL"].flatMap {
            $0.isEmpty ? nil : NamedSetting(value: $0, place: "MSE_COLLATERAL")
        }
        try state.checkPlace()
        guard Files.exists(state.configurationPath) else {
            (trustedRoot, collateralAuthority, names) = (nil, nil, variable.map { [$0] } ?? [])
            return
        }
        try state.checkConfiguration()
        let path = state.configurationPath
        let (names, authority, root) = try OperationError.naming(path, code: .stateConfiguration) {
            var reader = try ObjectReader(TOML.read(try Files.read(path, limit: 1 << 16)))
            let names = try reader.texts("collateral")
            let (authority, root) = (try reader.string("collateral_ca"), try reader.string("trusted_root"))
            try reader.finish()
            return (names, authority, root)
        }
        trustedRoot = root.map { state.setting("trusted_root", $0) }
        collateralAuthority = authority.map { state.setting("collateral_ca", $0) }
        self.names = variable.map { [$0] } ?? names?.map { state.setting("collateral", $0) } ?? []
    }

    /// Where collateral comes from when nobody says.
    struct Source {
        var names: [NamedSetting]
        /// How often a service is asked.
        var retry = RetryPolicy()
        /// What isn't followed of the file that named it.
        var notes: [String] = []
    }

    private func machine() throws(OperationError) -> ProviderConfiguration? {
        do throws(CollateralError) {
            return try ProviderConfiguration(environment: environment)
        } catch {
            throw OperationError(error)
        }
    }

    /// - Throws: `OperationError` for a configuration of this machine that isn't understood; it is read where nothing
    ///   else says.
    func source() throws -> Source {
        guard names.isEmpty else { return Source(names: names) }
        guard let machine = try machine() else {
            let place = "Intel's service, since nothing names another"
            return Source(names: [NamedSetting(value: ServiceSource.intelAddress, place: place)])
        }
        let named = environment[ProviderConfiguration.variable].flatMap { $0.isEmpty ? nil : $0 }
        let place =
            named.map { "\(ProviderConfiguration.variable) \($0.printable(limit: nil))" } ?? ProviderConfiguration.path
        var source = Source(names: [NamedSetting(value: machine.service, place: place)], retry: machine.retry)
        if !machine.usesSecureCertificate {
            let path = environment[ProviderConfiguration.variable] ?? ProviderConfiguration.path
            source.notes.append(
                """
                use_secure_cert is false in \(path): that isn't followed, the service's TLS is verified; \
                --collateral-ca names its certificate
                """
            )
        }
        return source
    }
}

extension ObjectReader {
    /// One string, or an array of them.
    fileprivate mutating func texts(_ name: String) throws(NotationError) -> [String]? {
        guard let node = optional(name) else { return nil }
        if case .string(let text) = node.value { return [text] }
        return try strings(name, limit: 16)?.map(\.text)
    }
}
