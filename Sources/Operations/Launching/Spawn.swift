internal import CLinux
internal import Files
internal import FoundationEssentials
internal import Glibc
internal import Notation
public import PackageFormat
internal import PackageMeasurement
internal import RATLS
internal import WallClock

/// Launches an instance of a package, and returns when it waits for its key.
public struct Spawn: Sendable {
    public var name: String
    public var package: String
    public var sans: [String]
    public var host: String
    public var port: Int
    public var subject: String?
    public var days: Int
    /// Seconds to wait for the configuration; 0 waits for ever.
    public var timeout: Int
    public var platform: EnclaveSettings.Platform
    public var isDebug: Bool
    private let surroundings: Surroundings

    public init(
        name: String,
        package: String,
        sans: [String],
        host: String,
        port: Int,
        subject: String?,
        days: Int,
        timeout: Int,
        platform: EnclaveSettings.Platform,
        isDebug: Bool,
        in surroundings: Surroundings = Surroundings()
    ) {
        self.name = name
        self.package = package
        self.sans = sans
        self.host = host
        self.port = port
        self.subject = subject
        self.days = days
        self.timeout = timeout
        self.platform = platform
        self.isDebug = isDebug
        self.surroundings = surroundings
    }

    /// An instance's name.
    public static func name(_ text: String) throws(OperationError) -> String {
        guard LaunchRecord.isName(text) else {
            throw OperationError("", "1 to 63 of a–z, 0–9 and '-' expected", code: .usage)
        }
        return text
    }

    /// A DNS name or an address.
    public static func san(_ text: String) throws(OperationError) -> String {
        guard SubjectAlternativeName(text) != nil else {
            throw OperationError(
                "",
                "a DNS name or an address expected; a name has a–z, 0–9, '-' and '_' and no dot at its end, "
                    + "one in other letters has a form in these that begins with 'xn--' (RFC 5891), "
                    + "and '*' stands alone before two names at least, as in '*.example.com'",
                code: .usage
            )
        }
        return text
    }

    /// A certificate's subject.
    public static func subject(_ text: String) throws(OperationError) -> String {
        guard LaunchRecord.isSubject(text) else {
            throw OperationError("", "a name such as 'CN=service,O=Company' expected", code: .usage)
        }
        return text
    }

    /// How many days a certificate may live.
    public static let days = 1...Int(LaunchRecord.longestLife.components.seconds / 86400)
    /// Seconds.
    public static let timeouts = LaunchRecord.configurationTimeouts

    /// - Throws: for what no launch record can say.
    public func check() throws { _ = try launchRecord(now: surroundings.clock.now) }

    private func launchRecord(now: Timestamp) throws -> LaunchRecord {
        guard Self.days.contains(days) else {
            throw OperationError(
                "--days",
                "\(Self.days.lowerBound) to \(Self.days.upperBound) expected, found \(days)",
                code: .usage
            )
        }
        try checkReach()
        return try OperationError.naming(name, code: .usage) {
            let record = try LaunchRecord(
                id: UUID().uuidString.lowercased(),
                name: name,
                sans: Self.once(sans),
                host: host,
                port: port,
                subject: subject,
                notAfter: now + .seconds(days * 86400),
                configurationTimeout: timeout
            )
            // Whoever verifies reads no longer one.
            let count = record.encoded.count
            guard count <= LaunchRecord.byteLimit else {
                throw NotationError(
                    at: .none,
                    """
                    names and subject make a launch record of \(count) bytes; at most \(LaunchRecord.byteLimit) are \
                    taken
                    """
                )
            }
            return record
        }
    }

    /// Where an instance listens when nobody says so: this machine's own address, of the version that its names have.
    public static func defaultHost(for sans: [String]) -> String {
        let isOfVersion6 = sans.allSatisfy { san in
            if case .address(let bytes)? = SubjectAlternativeName(san) { bytes.count == 16 } else { false }
        }
        return isOfVersion6 && !sans.isEmpty ? "::1" : "127.0.0.1"
    }

    /// - Throws: for names by which nobody can call what listens there.
    private func checkReach() throws(OperationError) {
        let names = sans.compactMap { SubjectAlternativeName($0) }
        guard !names.allSatisfy(\.isPattern) || names.isEmpty else {
            throw OperationError(
                "--san",
                "'\(names[0])' stands for many names, none of which it says",
                mend: "name one that is called besides, such as '--san api\(names[0].description.dropFirst())'",
                code: .usage
            )
        }
        guard let host = SubjectAlternativeName(host), case .address = host, host.isLoopback, !names.isEmpty,
            names.allSatisfy({ if case .address = $0 { $0.isLoopback && $0 != host } else { false } })
        else { return }
        throw OperationError(
            "--host",
            "\(host) isn't reached by '\(names[0])', the only name",
            mend: "name '--host \(names[0])', or '--san \(host)' besides",
            code: .usage
        )
    }

    /// What its operator may not expect: it is called from elsewhere, and listens for this machine alone.
    private var reachNote: String? {
        guard SubjectAlternativeName(host)?.isLoopback == true,
            let called = sans.compactMap({ SubjectAlternativeName($0) }).first(where: { !$0.isPattern }),
            !called.isLoopback
        else { return nil }
        return "listens on   \(host), which this machine alone reaches; --host names another address"
    }

    /// - Returns: a line for the person.
    public func run() async throws -> String {
        let service = try ServiceState(name, in: surroundings.state)
        try surroundings.state.prepare()
        let now = surroundings.clock.now
        let launch = try launchRecord(now: now)
        let file = try NamedFile.package(package).packageFile()
        let record = try file.record()
        guard record.settings.agent.platform == platform else {
            let packaged = record.settings.agent.platform.rawValue
            throw OperationError(
                "--platform \(platform.rawValue)",
                """
                \(package.printable(limit: nil)) is packaged for \(packaged), which is measured; name --platform \
                \(packaged), or package the project again with --platform \(platform.rawValue)
                """,
                code: .platformOther
            )
        }
        let place = try surroundings.places.place(on: platform, for: name)
        try place.platform.check()
        try place.platform.check(package: package, of: package, afterwards: "")
        let measurement = try file.enclave().measurement
        let process = ServiceProcess(service, at: place, surroundings.clock)
        return try await service.withLock {
            guard !Files.exists(service.folder) else {
                throw OperationError(
                    name,
                    "exists already; stop it with 'mse stop \(name) --remove', or take another name",
                    code: .exists
                )
            }
            try ListeningAddress(host: host, port: port).check()
            do {
                Unfinished.begin(service.folder)
                try Files.makeFolder(service.folder, mode: 0o700)
                try Files.makeFolder(service.sealedFolder, mode: 0o700)
                try FileCopy.copy(package, to: service.packagePath)
                try service.write(launch)
                try service.write(
                    .init(
                        platform: platform,
                        engine: place.engine.name,
                        isDebug: isDebug,
                        startedAt: now,
                        mrenclave: measurement,
                        healthCheck: file.configuration.healthCheck
                    )
                )
                do {
                    try await process.start(renews: false, isNew: true)
                } catch let error as OperationError {
                    // No application has said anything yet.
                    var error = error
                    error.quotation = service.logTail(8)
                    throw error
                }
            } catch {
                // What was made here goes again.
                process.kill()
                try? Files.remove(service.folder)
                throw error
            }
            Unfinished.end(service.folder)
            let losses = place.platform.losses(without: place.engine.missingProtection(of: service))
            return
                """
                \(name) waits for its key at \(NetworkAddress.text(of: launch)) \
                (\(place.platform.worth.words))\(reachNote.map { "\n  " + $0 } ?? "")\(losses.map { "\n  " + $0 }.joined())
                """
        }
    }

    /// Each name once, however it is written.
    private static func once(_ sans: [String]) -> [String] {
        var known: Set<SubjectAlternativeName> = []
        return sans.compactMap { text in
            guard let name = SubjectAlternativeName(text) else { return text }
            guard known.insert(name).inserted else { return nil }
            if case .address = name { return name.description }
            return text
        }
    }
}
