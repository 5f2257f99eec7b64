import DCAP
import DCAPCollateral
import Files
import Notation
import SGXQuote
import SimulatedProcessor
import TestSupport
import Testing

/// What a service of version 4 answers about the simulated processor.
struct Served: Sendable {
    static let now = Timestamp(seconds: 1_764_000_000)
    static let request = CollateralRequest(
        fmspc: FixedBytes([0, 1, 2, 3, 4, 5] as [UInt8])!,
        authority: .platform,
        tee: .sgx
    )
    let collateral: Collateral
    let authorityChain: [UInt8]
    let anchor: TrustAnchor

    init(at time: Timestamp = now) throws {
        let folder = try TemporaryFolder()
        let platform = try SimulatedPlatform.make(in: folder.path, now: time - .seconds(100 * 86400))
        var collateral = try platform.collateral(at: time)
        collateral.pckCRLChain = platform.authorityChain
        self.collateral = collateral
        authorityChain = platform.authorityChain
        anchor = try TrustAnchor(file: try Files.read(SimulatedPlatform.rootPath(in: folder.path)))
    }

    var trial: CollateralTrial { CollateralTrial(anchor: anchor, now: { Self.now }) }

    /// Every way in which an answer of the service can be wrong and still be read.
    var damaged: [Collateral] {
        /// One digit of the document's signature is another.
        func forged(_ document: [UInt8]) -> [UInt8] {
            var bytes = document
            let place = bytes.count - 10
            bytes[place] = bytes[place] == 0x30 ? 0x31 : 0x30
            return bytes
        }
        func changed(_ list: [UInt8]) -> [UInt8] { list.dropLast() + [(list.last ?? 0) ^ 1] }
        var all = [Collateral](repeating: collateral, count: 8)
        all[0].tcbInfo = forged(collateral.tcbInfo)
        all[1].qeIdentity = forged(collateral.qeIdentity)
        all[2].rootCRL = changed(collateral.rootCRL)
        all[3].pckCRL = changed(collateral.pckCRL)
        all[4].tcbInfoChain = authorityChain
        all[5].qeIdentityChain = []
        all[6].pckCRL = collateral.rootCRL
        all[7].tcbInfo = Array("{}".utf8)
        return all
    }

    static func encoded(_ text: [UInt8]) -> String {
        text.map {
            (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x2B
                ? String(UnicodeScalar($0)) : "%" + Hex.text([$0])
        }.joined()
    }

    func answer(_ path: String) -> LoopbackService.Answer {
        typealias Answer = LoopbackService.Answer
        let bare = path.split(separator: "?").first.map(String.init) ?? ""
        switch bare {
        case "/sgx/certification/v4/tcb":
            return Answer(
                headers: [("tcb-info-issuer-chain", Self.encoded(collateral.tcbInfoChain))],
                body: collateral.tcbInfo
            )
        case "/sgx/certification/v4/qe/identity":
            return Answer(
                headers: [("SGX-Enclave-Identity-Issuer-Chain", Self.encoded(collateral.qeIdentityChain))],
                body: collateral.qeIdentity
            )
        case "/sgx/certification/v4/pckcrl":
            return Answer(
                headers: [("SGX-PCK-CRL-Issuer-Chain", Self.encoded(authorityChain))],
                body: Array(Hex.text(collateral.pckCRL).utf8)
            )
        case "/sgx/certification/v4/rootcacrl": return Answer(body: Array(Hex.text(collateral.rootCRL).utf8))
        default: return Answer(status: 404)
        }
    }
}

@Suite("Collateral services")
struct ServiceTests {
    let served: Served

    init() throws { served = try Served() }

    private static let now = Timestamp(seconds: 1_800_000_000)

    private func source(_ service: LoopbackService, attempts: Int = 3, timeLimit: Duration = .seconds(5))
        -> ServiceSource
    {
        ServiceSource(
            service.address,
            retry: RetryPolicy(attempts: attempts, delay: .milliseconds(5), longest: .seconds(2)),
            timeLimit: timeLimit,
            now: { Self.now }
        )
    }

    private func error(_ answer: @escaping @Sendable (String, Int) -> LoopbackService.Answer) async throws -> (
        CollateralError, Int
    ) {
        let service = try await LoopbackService(answer)
        let error = try await #require(throws: CollateralError.self) {
            try await source(service).collateral(for: Served.request)
        }
        try await service.stop()
        return (error, service.asked.count)
    }

    @Test(
        "all parts are fetched, chains decoded, lists in hexadecimal taken as they are",
        arguments: ["", "/", "/sgx/certification/v4/", "/sgx/certification/v3"]
    )
    func whole(suffix: String) async throws {
        let served = served
        let service = try await LoopbackService { path, _ in served.answer(path) }
        let source = ServiceSource(service.address + suffix, now: { Self.now })
        let delivery = try await source.collateral(for: Served.request)
        #expect(
            delivery.collateral.tcbInfo == served.collateral.tcbInfo
                && delivery.collateral.tcbInfoChain == served.collateral.tcbInfoChain
        )
        #expect(delivery.collateral.pckCRL == Array(Hex.text(served.collateral.pckCRL).utf8))
        #expect(delivery.collateral.pckCRLChain == served.authorityChain)
        #expect(delivery.source == service.address && delivery.notes.isEmpty)
        #expect(service.asked.contains("/sgx/certification/v4/tcb?fmspc=000102030405"))
        #expect(service.asked.contains("/sgx/certification/v4/pckcrl?ca=platform&encoding=der"))
        try await service.stop()
    }

    @Test(
        "services are named by their base, with or without a version's path",
        arguments: [
            ("https://api.trustedservices.intel.com/sgx/certification/v4/", "https://api.trustedservices.intel.com"),
            ("https://global.acccache.azure.net/sgx/certification/v3", "https://global.acccache.azure.net"),
            (
                "https://sgx-dcap-server.cn-hangzhou.aliyuncs.com/sgx/certification/v4",
                "https://sgx-dcap-server.cn-hangzhou.aliyuncs.com"
            ),
            ("https://localhost:8081/tdx/certification/v4", "https://localhost:8081"),
            ("https://proxy.test/pccs", "https://proxy.test/pccs"),
        ]
    )
    func addresses(text: String, base: String) {
        #expect(ServiceSource(text, now: { Self.now }).name == base)
    }

    @Test("editions are asked for, and another evaluation than the one asked for is refused")
    func editions() async throws {
        let served = served
        let service = try await LoopbackService { path, _ in served.answer(path) }
        var request = Served.request
        request.edition = .early
        _ = try await source(service).collateral(for: request)
        #expect(service.asked.contains("/sgx/certification/v4/qe/identity?update=early"))
        request.edition = .number(20)
        _ = try await source(service).collateral(for: request)
        #expect(service.asked.contains("/sgx/certification/v4/tcb?fmspc=000102030405&tcbEvaluationDataNumber=20"))
        request.edition = .number(19)
        let error = try await #require(throws: CollateralError.self) {
            try await source(service).collateral(for: request)
        }
        #expect(error.kind == .malformed && error.problem.contains("evaluation 19"))
        try await service.stop()
    }

    @Test("TDX has paths of its own; a list that isn't under one is looked for under the other")
    func tdx() async throws {
        let served = served
        let service = try await LoopbackService { path, _ in
            if path.hasPrefix("/sgx/certification/v4/crl?uri=https%3A%2F%2F") {
                return .init(body: served.collateral.rootCRL)
            }
            if path.hasSuffix("rootcacrl") { return .init(status: 404) }
            return served.answer(path.replacing("/tdx/", with: "/sgx/"))
        }
        var request = Served.request
        request.tee = .tdx
        request.authority = .processor
        let delivery = try await source(service).collateral(for: request)
        #expect(delivery.collateral.rootCRL == served.collateral.rootCRL)
        #expect(
            service.asked.prefix(3) == [
                "/tdx/certification/v4/tcb?fmspc=000102030405", "/tdx/certification/v4/qe/identity",
                "/sgx/certification/v4/pckcrl?ca=processor&encoding=der",
            ]
        )
        try await service.stop()
    }

    @Test(
        "statuses are told apart, and only what may pass is asked again",
        arguments: [
            (400, .refused, 1), (401, .refused, 1), (404, .unknown, 1), (410, .gone, 1),
            (429, .throttled(retryAfter: nil), 3),
            (460, .malformed, 1), (461, .unknown, 1), (462, .unknown, 1), (500, .unavailable, 3),
            (502, .unavailable, 3),
            (503, .unavailable, 3), (302, .refused, 1),
        ] as [(Int, CollateralError.Kind, Int)]
    )
    func statuses(status: Int, kind: CollateralError.Kind, count: Int) async throws {
        let (error, asked) = try await error { _, _ in .init(status: status, headers: [("Request-ID", "abc\u{202E}d")])
        }
        #expect(error.kind == kind && asked == count, "\(error), \(asked)")
        #expect(error.description.contains("\(status)") && !error.description.contains("\u{202E}"))
    }

    @Test("what passes is asked again and then delivered")
    func retries() async throws {
        let served = served
        let service = try await LoopbackService { path, number in
            number == 1
                ? .init(status: 503)
                : number == 3 ? .init(status: 429, headers: [("Retry-After", "0")]) : served.answer(path)
        }
        #expect(
            try await source(service).collateral(for: Served.request).collateral.tcbInfo == served.collateral.tcbInfo
        )
        #expect(service.asked.count == 6)
        try await service.stop()
    }

    @Test("a service that asks for a longer wait than anybody has is given up")
    func patience() async throws {
        let (error, asked) = try await error { _, _ in .init(status: 429, headers: [("Retry-After", "3600")]) }
        #expect(error.kind == .throttled(retryAfter: 3600) && asked == 1)
    }

    @Test("waits grow, keep below their limit and never come together")
    func waits() {
        let policy = RetryPolicy(attempts: 10, delay: .milliseconds(100), longest: .seconds(1))
        let error = CollateralError("a", kind: .unavailable, "b")
        #expect(policy.wait(after: error, attempt: 1, jitter: 1) == .milliseconds(100))
        #expect(policy.wait(after: error, attempt: 3, jitter: 0.5) == .milliseconds(200))
        #expect(policy.wait(after: error, attempt: 9, jitter: 1.5) == .seconds(1))
        #expect(policy.wait(after: error, attempt: 10, jitter: 1) == nil)
        #expect(policy.wait(after: CollateralError("a", kind: .unknown, "b"), attempt: 1, jitter: 1) == nil)
    }

    @Test("answers that are cut off, too large, silent or without a whole chain are errors")
    func broken() async throws {
        let served = served
        var (error, _) = try await error { _, _ in .init(body: [1, 2, 3], breaksOff: true) }
        #expect(error.kind == .unreachable)
        (error, _) = try await self.error { _, _ in .init(body: [UInt8](repeating: 0x20, count: (2 << 20) + 1)) }
        #expect(error.kind == .malformed && error.problem.contains("larger"))
        (error, _) = try await self.error { path, _ in
            var answer = served.answer(path)
            answer.headers = []
            return answer
        }
        #expect(error.kind == .malformed && error.problem.contains("no header"))
        (error, _) = try await self.error { path, _ in
            var answer = served.answer(path)
            answer.headers = answer.headers.map { ($0.0, String($0.1.prefix($0.1.count * 2 / 3))) }
            return answer
        }
        #expect(error.kind == .malformed && error.problem.contains("proxy"))
        let service = try await LoopbackService { _, _ in .init(isSilent: true) }
        error = try await #require(throws: CollateralError.self) {
            try await source(service, attempts: 1, timeLimit: .milliseconds(200)).collateral(for: Served.request)
        }
        #expect(error.kind == .unreachable)
        try await service.stop()
    }

    @Test("nobody there, no address")
    func nobody() async throws {
        for (address, kind) in [("http://127.0.0.1:1", CollateralError.Kind.unreachable), ("https://", .refused)] {
            let source = ServiceSource(address, retry: RetryPolicy(attempts: 1), now: { Self.now })
            let error = try await #require(throws: CollateralError.self) {
                try await source.collateral(for: Served.request)
            }
            #expect(error.kind == kind, "\(error)")
        }
    }

    @Test("a service's warnings are passed on")
    func warnings() async throws {
        let served = served
        let service = try await LoopbackService { path, _ in
            var answer = served.answer(path)
            if path.contains("/tcb") { answer.headers.append(("Warning", "299 - \"will end\"")) }
            return answer
        }
        #expect(try await source(service).collateral(for: Served.request).notes.contains { $0.contains("will end") })
        try await service.stop()
    }

    @Test("the next source is asked when one can't deliver, and all that went wrong is told")
    func fallback() async throws {
        let served = served
        let service = try await LoopbackService { path, _ in served.answer(path) }
        let dead = ServiceSource("http://127.0.0.1:1", retry: RetryPolicy(attempts: 1), now: { Self.now })
        let delivery = try await FallbackSource(
            [dead, FolderSource("/nowhere"), source(service)],
            trial: served.trial
        ).collateral(for: Served.request)
        #expect(delivery.source == service.address && delivery.notes.count == 2)
        let error = try await #require(throws: CollateralError.self) {
            try await FallbackSource([FolderSource("/nowhere"), dead], trial: served.trial).collateral(
                for: Served.request
            )
        }
        #expect(
            error.kind == .unreachable && error.problem.contains("/nowhere") && error.problem.contains("127.0.0.1:1")
        )
        try await service.stop()
    }
}

@Suite("Collateral folders")
struct FolderTests {
    @Test("what is written is read")
    func roundTrip() throws {
        let folder = try TemporaryFolder()
        var collateral = try Served().collateral
        collateral.pckChain = [1]
        collateral.pckCRLChain = [2]
        try FolderSource(folder.path + "/new/one").write(collateral)
        #expect(try FolderSource(folder.path + "/new/one").read() == collateral)
    }

    @Test("a missing file is named")
    func missing() throws {
        let folder = try TemporaryFolder()
        let error = try #require(throws: CollateralError.self) { try FolderSource(folder.path).read() }
        #expect(error.source.hasSuffix("/root_ca.crl.der"))
    }
}
