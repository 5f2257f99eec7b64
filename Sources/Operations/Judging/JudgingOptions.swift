internal import Attestation
internal import DCAP
internal import DCAPCollateral
internal import Files
public import Notation
internal import PackageFormat
internal import PackageMeasurement
internal import SGXQuote
internal import StrictX509
internal import WallClock

/// What every command that judges is told.
public struct JudgingOptions: Sendable {
    /// Folders, evidence files or addresses, asked in this order.
    public var collateral: [String]
    /// A PEM file that is trusted for a collateral service's TLS instead of the system's authorities.
    public var collateralAuthority: String?
    public var policy: String?
    /// Hexadecimal text, or a file that holds it.
    public var expected: String?
    public var package: String?
    public var trustedRoot: String?
    /// Nil is now.
    public var at: Timestamp?
    /// Something of the package is to be released: it must be the package's enclave, whatever else the policy allows.
    var isRelease = false

    public init(
        collateral: [String] = [],
        collateralAuthority: String? = nil,
        policy: String? = nil,
        expected: String? = nil,
        package: String? = nil,
        trustedRoot: String? = nil,
        at: Timestamp? = nil
    ) {
        self.collateral = collateral
        self.collateralAuthority = collateralAuthority
        self.policy = policy
        self.expected = expected
        self.package = package
        self.trustedRoot = trustedRoot
        self.at = at
    }

    func time(_ clock: WallClock) -> Timestamp { at ?? clock.now }

    /// A time of RFC 3339.
    public static func time(_ text: String) throws(OperationError) -> Timestamp {
        guard let time = Timestamp(rfc3339: text) else {
            throw OperationError("", "a time such as 2026-01-31T12:00:00Z expected", code: .usage)
        }
        return time
    }

    /// Root and policy, with the reference values that were named besides.
    /// What the options name is read before anything is asked of anybody: a mistake in them is told even where they
    /// turn out not to matter.
    func verifier(_ defaults: JudgingDefaults, _ package: JudgedPackage?) throws -> Verifier {
        try checkSources()
        var policy = AttestationPolicy()
        if let path = self.policy {
            let bytes = try NamedFile.policy(path).read(limit: AttestationPolicy.byteLimit)
            do {
                policy = try AttestationPolicy(bytes)
            } catch {
                let kind = ContentKind(bytes)
                guard kind == .text || kind == .json else {
                    throw NamedFile.policy(path).mismatch(kind, byteCount: bytes.count)
                }
                throw OperationError(
                    "--policy \(path.printable(limit: nil))",
                    "\(error)",
                    mend: NamedFile.policy(path).mend,
                    code: .policy
                )
            }
        }
        if let expected { try Self.add(expected, to: &policy) }
        if let package {
            // The original's packages say no measurement; they are judged by whatever else names one.
            if isRelease {
                policy.measurement.released =
                    try package.measurement ?? onlyMeasurement(of: package.file, policy)
            } else if let measurement = package.measurement {
                policy.measurement.mrenclave.append(measurement)
            } else if !policy.namesReference {
                policy.measurement.mrenclave.append(try package.file.enclave().measurement)
            }
        }
        return Verifier(anchor: try anchor(defaults), policy: policy)
    }

    /// - Throws: for a source that isn't there, or certificates for its TLS that aren't.
    private func checkSources() throws {
        for name in sources { try CollateralOrigin.check(name) }
        try Self.checkAuthority(authority)
    }

    /// What was named here, with the option that names it.
    private var sources: [NamedSetting] { collateral.map { NamedSetting(value: $0, place: "--collateral") } }
    private var authority: NamedSetting? {
        collateralAuthority.map { NamedSetting(value: $0, place: "--collateral-ca") }
    }
    private var root: NamedSetting? { trustedRoot.map { NamedSetting(value: $0, place: "--trusted-root") } }

    private static func checkAuthority(_ setting: NamedSetting?) throws(OperationError) {
        guard let setting else { return }
        do throws(CollateralError) {
            _ = try NamedCertificates(setting.value)
        } catch {
            let subject = "\(setting.place) \(setting.value.printable(limit: nil))"
            throw OperationError(subject, error.problem, mend: error.mend?.commandLineMend, code: .fileKind)
        }
    }

    /// Intel's root, or the one that was named instead.
    func anchor(_ defaults: JudgingDefaults) throws -> TrustAnchor {
        guard let setting = root ?? defaults.trustedRoot else { return .intel }
        let file = NamedFile.root(setting)
        do {
            return try TrustAnchor(file: try file.read(limit: 1 << 16))
        } catch let error as TrustAnchorError {
            throw OperationError(
                file.subject,
                "\(error)",
                mend: "a root certificate, PEM or DER, is expected",
                code: .fileKind
            )
        }
    }

    /// Of a package that says no measurement: its key is for one enclave, and which one that is has to be said.
    private func onlyMeasurement(of file: PackageFile, _ policy: AttestationPolicy) throws -> FixedBytes<32> {
        guard policy.namesReference else { return try file.enclave().measurement }
        let named = policy.measurement.mrenclave
        // What `--expected` names stands last.
        if let only = named.last, expected != nil || named.count == 1 { return only }
        throw OperationError(
            file.path,
            """
            is a package of the original, which says no measurement, and the policy lists \(named.count) values of \
            MRENCLAVE where one is expected
            """,
            mend: "name the one that its key is for with --expected",
            code: .packageMeasurement
        )
    }

    private static func add(_ expected: String, to policy: inout AttestationPolicy) throws {
        var text = expected
        var found = "'\(expected.printable())'"
        if Hex.bytes(text) == nil || text.isEmpty, Files.exists(text) {
            let bytes = try NamedFile.measurement(text).read(limit: 64 << 20)
            found = "that \(found) is \(ContentKind(bytes).description)"
            text =
                bytes.first == UInt8(ascii: "{")
                ? try reference(bytes, expected)
                : String(
                    decoding: PlainText.utf8(Array(bytes.prefix(4096))).filter { $0 > 0x20 },
                    as: UTF8.self
                )
        }
        if text.hasPrefix("0x") || text.hasPrefix("0X") { text.removeFirst(2) }
        let bytes = Hex.bytes(text) ?? []
        if let mrenclave = FixedBytes<32>(bytes) {
            policy.measurement.mrenclave.append(mrenclave)
        } else if let mrtd = FixedBytes<48>(bytes) {
            policy.tdx.mrtd.append(mrtd)
        } else {
            throw OperationError(
                "--expected",
                "MRENCLAVE as 64 or MRTD as 96 hex digits expected, or a file that holds them; found \(found)",
                code: .fileKind
            )
        }
    }

    /// The value in what `measure --json` said, and `package` wrote.
    private static func reference(_ bytes: [UInt8], _ path: String) throws -> String {
        try OperationError.naming("--expected \(path.printable(limit: nil))", code: .fileKind) {
            try MeasuredEnclave(saved: JSON.read(bytes)).mrenclave
        }
    }

    /// Collateral for a quote: from what was named, else from where it was launched, else from the configured default.
    func collateral(
        for quote: Quote,
        place: LaunchPlace?,
        at time: Timestamp,
        maximumAge: Duration = AttestationPolicy().tcb.maximumCollateralAge,
        _ defaults: JudgingDefaults,
        _ surroundings: Surroundings
    ) async throws -> CollateralDelivery {
        if collateral.isEmpty, let own = try place?.platform.collateral(at: time) { return own }
        let origin = try origin(maximumAge: maximumAge, at: time, defaults, surroundings)
        do {
            return try await origin.collateral(for: quote)
        } catch let error as CollateralError {
            guard collateral.isEmpty else { throw OperationError(error) }
            let own = surroundings.places.all.lazy.compactMap { $0.platform.mend(forCollateralOf: quote) }.first
            throw Self.fromDefault(error, mend: own ?? Self.sourceMend, origin.source)
        }
    }

    private static let sourceMend =
        "name another source with --collateral: a folder, an evidence file or the address of a service"

    /// Nobody named that source here: where it was named, and that another can be, isn't known either.
    static func fromDefault(
        _ error: CollateralError,
        mend: String = sourceMend,
        _ source: JudgingDefaults.Source
    ) -> OperationError {
        let places = source.names.map(\.place).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        let problem = error.problem + " (it was asked because of \(places.joined(separator: ", ")))"
        return OperationError(error.source, problem, mend: error.mend?.commandLineMend ?? mend, like: error)
    }

    func origin(
        maximumAge: Duration,
        at time: Timestamp,
        _ defaults: JudgingDefaults,
        _ surroundings: Surroundings
    ) throws -> CollateralOrigin {
        // Before the cache answers in the service's place.
        try checkSources()
        if collateralAuthority == nil { try Self.checkAuthority(defaults.collateralAuthority) }
        return CollateralOrigin(
            source: collateral.isEmpty ? try defaults.source() : JudgingDefaults.Source(names: sources),
            certificateAuthority: collateralAuthority ?? defaults.collateralAuthority?.value,
            maximumAge: maximumAge,
            state: surroundings.state,
            clock: surroundings.clock,
            anchor: try anchor(defaults),
            time: time
        )
    }
}
