internal import AsyncHTTPClient
internal import ConnectionProblems
internal import DCAP
internal import NIOCore
internal import NIOHTTP1
internal import NIOSSL
public import Notation
internal import Synchronization

/// A collateral service by its address: Intel's PCS of version 4, or whatever speaks like it, such as a PCCS, Azure's
/// and Alibaba's caches and the simulated processor's service.
public struct ServiceSource: CollateralSource {
    /// Intel's Provisioning Certification Service.
    public static let intelAddress = ServiceAddress.intel.base
    /// A document or a list; lists in hexadecimal text have two characters a byte.
    private static let bodyLimit = 2 << 20

    private let address: ServiceAddress
    private let certificateAuthority: String?
    private let retry: RetryPolicy
    private let timeLimit: Duration
    private let now: @Sendable () -> Timestamp

    /// - Parameters:
    ///   - address: with or without `/sgx/certification/v4`.
    ///   - certificateAuthority: a file, PEM or DER, whose certificates are trusted for TLS instead of the system's;
    ///     the only way to a self-signed service.
    ///   - retry: how often it is asked again when it has no time now.
    ///   - timeLimit: for one answer.
    ///   - now: tells the time: a certificate that was named is trusted while it is valid.
    public init(
        _ address: String,
        certificateAuthority: String? = nil,
        retry: RetryPolicy = RetryPolicy(),
        timeLimit: Duration = .seconds(20),
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.address = ServiceAddress(address)
        self.certificateAuthority = certificateAuthority
        self.retry = retry
        self.timeLimit = timeLimit
        self.now = now
    }

    public var name: String { address.base }

    public func collateral(for request: CollateralRequest) async throws(CollateralError) -> CollateralDelivery {
        guard let certificateAuthority, address.base.hasPrefix("https:") else {
            return try await collateral(for: request, .init())
        }
        let named = try NamedCertificates(certificateAuthority)
        // Whoever shows a named certificate itself is who was named; only of another one is asked who vouches for it,
        // and for which name.
        let mismatch = Mutex<NamedCertificates.Mismatch?>(nil)
        do throws(CollateralError) {
            let exact = named.exactly(now: now) { found in mismatch.withLock { $0 = found } }
            return try await collateral(for: request, exact)
        } catch {
            guard let found = mismatch.withLock({ $0 }) else { throw error }
            if let problem = found.problem { throw CollateralError(name, kind: .refused, problem) }
            return try await collateral(for: request, named.asAuthorities)
        }
    }

    private func collateral(for request: CollateralRequest, _ trust: HTTPClient.Configuration)
        async throws(CollateralError)
        -> CollateralDelivery
    {
        var configuration = trust
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = .seconds(5)
        // Who asks again, and when, is decided here.
        configuration.connectionPool.retryConnectionEstablishment = false
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        let result: Result<CollateralDelivery, CollateralError>
        do throws(CollateralError) {
            result = .success(try await fetch(request, client))
        } catch {
            result = .failure(error)
        }
        try? await client.shutdown()  // nothing is under way any more, and what was fetched is here
        return try result.get()
    }

    private func fetch(_ request: CollateralRequest, _ client: HTTPClient) async throws(CollateralError)
        -> CollateralDelivery
    {
        let info = try await get(address.tcbInfo(request), client)
        let infoChain = try info.issuerChain(["TCB-Info-Issuer-Chain", "SGX-TCB-Info-Issuer-Chain"])
        let identity = try await get(address.qeIdentity(request), client)
        let identityChain = try identity.issuerChain(["SGX-Enclave-Identity-Issuer-Chain"])
        let pckCRL = try await get(address.pckCRL(request), client)
        let rootCRL = try await firstAnswer(address.rootCRL, client)
        let collateral = Collateral(
            rootCRL: rootCRL.body,
            pckCRL: pckCRL.body,
            tcbInfo: info.body,
            qeIdentity: identity.body,
            tcbInfoChain: infoChain,
            qeIdentityChain: identityChain,
            pckCRLChain: try? pckCRL.issuerChain(["SGX-PCK-CRL-Issuer-Chain"])
        )  // used for no verdict
        try check(collateral, request)
        return CollateralDelivery(
            collateral,
            from: name,
            notes: Set((info.warnings + identity.warnings + pckCRL.warnings + rootCRL.warnings)).sorted()
        )
    }

    /// A service may answer with another edition than it was asked for.
    private func check(_ collateral: Collateral, _ request: CollateralRequest) throws(CollateralError) {
        guard case .number(let wanted) = request.edition else { return }
        let stated = CollateralStatement(collateral)
        let numbers = [("TCB info", stated.tcbEvaluationDataNumber), ("QE identity", stated.qeEvaluationDataNumber)]
        for (what, found) in numbers where found != wanted {
            let number = found.map { "\($0)" } ?? "none"
            throw CollateralError(
                name,
                kind: .malformed,
                "\(what) of evaluation \(wanted) was asked for, and \(number) came"
            )
        }
    }

    private func firstAnswer(_ urls: [String], _ client: HTTPClient) async throws(CollateralError) -> ServiceAnswer {
        for url in urls.dropLast() {
            do throws(CollateralError) {
                return try await get(url, client)
            } catch {
                // Only what isn't there is looked for elsewhere.
                guard error.kind == .unknown || error.kind == .refused else { throw error }
            }
        }
        return try await get(urls[urls.count - 1], client)
    }

    private func get(_ url: String, _ client: HTTPClient) async throws(CollateralError) -> ServiceAnswer {
        try await retry.run { () throws(CollateralError) in
            let answer = try await once(url, client)
            try answer.checkStatus()
            return answer
        }
    }

    private func once(_ url: String, _ client: HTTPClient) async throws(CollateralError) -> ServiceAnswer {
        do {
            let limit = TimeAmount.nanoseconds(
                timeLimit.components.seconds * 1_000_000_000 + timeLimit.components.attoseconds / 1_000_000_000
            )
            let response = try await client.execute(HTTPClientRequest(url: url), timeout: limit)
            let body = try await response.body.collect(upTo: Self.bodyLimit)
            return ServiceAnswer(
                url: url,
                status: Int(response.status.code),
                headers: response.headers,
                body: Array(body.readableBytesView)
            )
        } catch {
            let (kind, problem, mend) = Self.problem(error)
            throw CollateralError(url, kind: kind, problem, mend: mend)
        }
    }

    /// What the libraries of the network throw, as what it means for who asked.
    private static func problem(_ error: any Error) -> (CollateralError.Kind, String, CollateralError.Mend?) {
        switch error {
        case is NIOTooManyBytesError: return (.malformed, "the answer is larger than \(bodyLimit) bytes", nil)
        case let error as HTTPClientError where [.invalidURL, .emptyHost, .emptyScheme].contains(error):
            return (.refused, "is no address", nil)
        case let error as HTTPClientError: return (.unreachable, "can't be fetched: \(words(error))", nil)
        case is NIOSSLError, is NIOSSLExtraError:
            let problem = ConnectionProblem.text(error)
            return (.refused, problem, problem.contains("isn't trusted") ? .nameAuthority : nil)
        default: return (.unreachable, "can't be fetched: \(ConnectionProblem.text(error))", nil)
        }
    }

    private static func words(_ error: HTTPClientError) -> String {
        switch error {
        case .connectTimeout, .readTimeout, .writeTimeout, .deadlineExceeded, .getConnectionFromPoolTimeout,
            .tlsHandshakeTimeout:
            "nobody answered in time"
        case .remoteConnectionClosed: "the connection was closed before the answer"
        default: "what answers there doesn't speak HTTP as expected"
        }
    }
}
