internal import Attestation
internal import DCAP
internal import DCAPCollateral
internal import Glibc
internal import Notation
internal import RATLS
internal import RATLSTransport
internal import SGXQuote
internal import StrictX509

/// Judges a service, an address, an evidence file, a certificate or a quote.
public struct Verify: Sendable {
    public var target: String
    public var options: JudgingOptions
    /// Where the pin goes when it is accepted.
    public var certificateOut: String?
    private let surroundings: Surroundings

    public init(
        target: String,
        options: JudgingOptions,
        certificateOut: String? = nil,
        in surroundings: Surroundings = Surroundings()
    ) {
        self.target = target
        self.options = options
        self.certificateOut = certificateOut
        self.surroundings = surroundings
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
                target.printable(),
                "is accepted, but is a quote without a certificate: there is nothing to pin",
                code: .pin
            )
        }
        return judgement
    }

    private func judge() async throws -> Judgement {
        let session = try JudgingSession(options, surroundings)
        switch try Target(target, surroundings.state) {
        case .file(let path):
            return try await session.judge(.init(file: path, try EvidenceInput(file: path)))
        case .service(let service, let host, let port):
            let place = try surroundings.places.place(of: service)
            let certificate = try await ServiceProcess(service, at: place, surroundings.clock).called {
                try await Self.certificate(host, port)
            }
            return try await session.judge(
                .init(
                    title: "\(service.name)  \(NetworkAddress.text(host, port))",
                    evidence: Evidence(certificate),
                    expectation: Expectation(name: service.name, id: try service.launch().id),
                    place: place
                )
            )
        case .address(let host, let port):
            return try await session.judge(
                .init(
                    title: target,
                    evidence: Evidence(try await Self.certificate(host, port)),
                    expectation: Expectation(host: host)
                )
            )
        }
    }

    /// The certificate of whoever answers; nothing is sent.
    static func certificate(_ host: String, _ port: Int) async throws -> AttestedCertificate {
        let connection = try await AttestedConnection.open(host: host, port: port) { _ in true }
        defer { connection.close() }
        return connection.certificate
    }
}
