internal import Attestation
internal import DCAP
internal import DCAPCollateral
internal import Files
internal import Glibc
internal import Notation
internal import RATLS
internal import RATLSTransport
internal import SGXQuote
internal import SimulatedProcessor
internal import StrictX509

/// Judges a service, an address, an evidence file, a certificate or a quote.
public struct Verify: Sendable {
    public var target: String
    public var options: JudgingOptions
    /// Where the pin goes when it is accepted.
    public var certificateOut: String?
    private let state: StateFolder

    public init(
        target: String,
        options: JudgingOptions,
        certificateOut: String? = nil,
        state: StateFolder = StateFolder()
    ) {
        self.target = target
        self.options = options
        self.certificateOut = certificateOut
        self.state = state
    }

    public func run() async throws -> Judgement {
        // Where it can't go is told before anybody is called.
        let pin = try certificateOut.map { try PinFile($0) }
        var judgement = try await judge()
        guard let pin else { return judgement }
        if !judgement.isAccepted {
            judgement.pin = try pin.refuse()
        } else if let certificate = judgement.verdict.evidence.certificate {
            judgement.pin = try pin.write(certificate.pem, verdict: judgement.json)
        } else {
            throw OperationError(
                NotationError.printable(target),
                "is accepted, but is a quote without a certificate: there is nothing to pin"
            )
        }
        return judgement
    }

    private func judge() async throws -> Judgement {
        let verifier = try options.verifier(state)
        let time = options.time()
        switch try Target(target, state) {
        case .file(let path): return try await judge(file: path, verifier, time)
        case .service(let service, let host, let port):
            let launch = try service.launch()
            let certificate = try await Self.certificate(host, port)
            let platform = try Self.platform(of: service, state)
            let delivery = try await collateral(certificate.quote, platform, verifier, time)
            let verdict = verifier.judge(
                Evidence(certificate),
                with: delivery.collateral,
                expecting: Expectation(name: service.name, id: launch.id),
                at: time
            )
            return Judgement(
                title: "\(service.name)  \(NetworkAddress.text(host, port))",
                verdict: verdict,
                package: try package,
                collateral: delivery
            )
        case .address(let host, let port):
            let certificate = try await Self.certificate(host, port)
            let delivery = try await collateral(certificate.quote, nil, verifier, time)
            let verdict = verifier.judge(
                Evidence(certificate),
                with: delivery.collateral,
                expecting: Expectation(host: host),
                at: time
            )
            return Judgement(title: target, verdict: verdict, package: try package, collateral: delivery)
        }
    }

    private var package: JudgedPackage? { get throws { try options.package.map { try JudgedPackage($0) } } }

    /// The certificate of whoever answers; nothing is sent.
    static func certificate(_ host: String, _ port: Int) async throws -> AttestedCertificate {
        let connection = try await AttestedConnection.open(host: host, port: port) { _ in true }
        defer { connection.close() }
        return connection.certificate
    }

    /// The simulated processor of a service that was launched on it.
    static func platform(of service: ServiceState, _ state: StateFolder) throws -> SimulatedPlatform? {
        try service.record().platform == "simulator" ? SimulatedPlatform(folder: state.simulator) : nil
    }

    private func judge(file path: String, _ verifier: Verifier, _ time: Int64) async throws -> Judgement {
        let bytes = try Files.read(path, limit: EvidenceFile.byteLimit)
        let input: EvidenceInput
        do {
            input = try EvidenceInput(bytes)
        } catch {
            throw OperationError(path, "\(error)", code: "evidence")
        }
        let delivery: CollateralDelivery
        if let own = input.collateral, options.collateral.isEmpty {
            delivery = CollateralDelivery(own, from: path)
        } else {
            delivery = try await collateral(input.evidence.quote, nil, verifier, time)
        }
        var judgement = Judgement(
            title: path,
            verdict: verifier.judge(input.evidence, with: delivery.collateral, at: time),
            package: try package,
            collateral: delivery
        )
        judgement.notes += input.notes
        return judgement
    }

    private func collateral(_ quote: Quote, _ platform: SimulatedPlatform?, _ verifier: Verifier, _ time: Int64)
        async throws
        -> CollateralDelivery
    {
        try await options.collateral(
            for: quote,
            platform: platform,
            at: time,
            maximumAge: verifier.policy.tcb.maximumCollateralAge,
            state
        )
    }
}
