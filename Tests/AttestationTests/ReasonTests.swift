import Attestation
import Crypto
import DCAP
import Notation
import RATLS
import SGXQuote
import StrictX509
import Testing

@testable import FakePKI

/// Every reason that judging adds to those of the examination.
@Suite("Every reason of a verdict")
struct ReasonTests {
    static let now = Scenario.now
    private static let measurement = FixedBytes<32>(repeating: 0xAB), register = FixedBytes<48>(repeating: 0xAB)
    private static let key = P256.Signing.PrivateKey()

    /// A case: what is turned in the platform, the certificate, the policy and what is expected of the instance.
    struct Case: Sendable, CustomTestStringConvertible {
        var codes: Set<String>
        var what: String
        var kind = QuoteLayout.BodyKind.sgx
        var scenario: @Sendable (inout Scenario) -> Void = { _ in }
        /// Nil judges the quote alone.
        var certificate: (@Sendable (inout FakeCertificate) -> Void)?
        var policy: @Sendable (inout AttestationPolicy) -> Void = { _ in }
        var expectation = Attestation.Expectation()
        var testDescription: String { what }
    }

    private static func sgx(
        _ codes: String...,
        what: String,
        scenario: @escaping @Sendable (inout Scenario) -> Void = { _ in },
        policy: @escaping @Sendable (inout AttestationPolicy) -> Void = { _ in }
    ) -> Case { Case(codes: Set(codes), what: what, scenario: scenario, policy: policy) }

    private static func td(
        _ codes: String...,
        what: String,
        kind: QuoteLayout.BodyKind = .td15,
        policy: @escaping @Sendable (inout AttestationPolicy) -> Void = { _ in },
        change: @escaping @Sendable (inout TDReport) -> Void = { _ in }
    ) -> Case { Case(codes: Set(codes), what: what, kind: kind, scenario: { $0.td(change) }, policy: policy) }

    private static func service(
        _ codes: String...,
        what: String,
        expecting expectation: Attestation.Expectation = .init(),
        policy: @escaping @Sendable (inout AttestationPolicy) -> Void = { _ in },
        certificate: @escaping @Sendable (inout FakeCertificate) -> Void = { _ in }
    ) -> Case {
        Case(codes: Set(codes), what: what, certificate: certificate, policy: policy, expectation: expectation)
    }

    static let cases: [Case] = [
        sgx(what: "nothing wrong"),
        sgx(
            "tcb.notAccepted",
            what: "a status that isn't accepted",
            scenario: { $0.tcbInfo.levels[0].status = "SWHardeningNeeded" }
        ),
        sgx(
            "tcb.revoked",
            what: "a revoked TCB under a policy that takes everything else",
            scenario: { $0.tcbInfo.levels[0].status = "Revoked" },
            policy: {
                $0.tcb.accepted = Set(TCBStatus.allCases)
                $0.tcb.allowedAdvisories = ["A"]
                $0.tcb.grace = .seconds(1 << 40)
            }
        ),
        sgx(
            "tcb.unknown",
            "document.signature",
            what: "no status, since TCB info isn't proven",
            scenario: { $0.tcbDocument.key = Scenario.strangerKey }
        ),
        sgx(
            "tcb.noLevel",
            what: "no level under a policy that takes everything",
            scenario: { $0.tcbInfo.levels[0].pceSVN = 99 },
            policy: {
                $0.tcb.accepted = Set(TCBStatus.allCases)
            }
        ),
        sgx("tcb.evaluationNumber", what: "an old evaluation", policy: { $0.tcb.minimumEvaluationNumber = 18 }),
        sgx("collateral.tooOld", what: "old collateral", policy: { $0.tcb.maximumCollateralAge = .seconds(3599) }),
        sgx("measurement.missing", what: "no reference value", policy: { $0.measurement.mrenclave = [] }),
        sgx(
            "measurement.differs",
            what: "another MRENCLAVE",
            policy: { $0.measurement.mrenclave = [FixedBytes(repeating: 0xAC)] }
        ),
        sgx(
            "measurement.differs",
            what: "another thing is released",
            policy: { $0.measurement.released = FixedBytes() }
        ),
        sgx(
            "measurement.differs",
            what: "released, but not among those that the policy names",
            policy: {
                $0.measurement.released = measurement
                $0.measurement.mrenclave = [FixedBytes(repeating: 0xAC)]
            }
        ),
        sgx(
            what: "released, and nothing else is named",
            policy: {
                $0.measurement.released = measurement
                $0.measurement.mrenclave = []
            }
        ),
        sgx(
            "measurement.missing",
            what: "an MRTD is no reference for an enclave",
            policy: {
                $0.measurement.mrenclave = []
                $0.tdx.mrtd = [register]
            }
        ),
        sgx("signer.differs", what: "another signer", policy: { $0.measurement.signer = signer(1) }),
        sgx("signer.differs", what: "another product", policy: { $0.measurement.signer = signer(product: 1) }),
        sgx("signer.differs", what: "too old a version", policy: { $0.measurement.signer = signer(version: 1) }),
        sgx(
            "debug.enabled",
            what: "a debug enclave",
            scenario: {
                guard case .enclave(var report) = $0.contents.body else { return }
                report.attributes.insert(.debug)
                $0.contents.body = .enclave(report)
            }
        ),
        sgx(
            "platform.notAllowed",
            what: "another FMSPC",
            policy: { $0.platform.fmspc = [FixedBytes()] }
        ),
        sgx(
            "platform.notAllowed",
            what: "another PPID",
            policy: { $0.platform.ppid = [FixedBytes()] }
        ),
        sgx("platform.notAllowed", what: "another platform", policy: { $0.platform.platformInstance = [] }),
        sgx("platform.notAllowed", what: "a dynamic platform", policy: { $0.platform.allowDynamicPlatform = false }),
        sgx("platform.notAllowed", what: "cached keys", policy: { $0.platform.allowCachedKeys = false }),
        sgx(what: "SMT is off, so refusing it changes nothing", policy: { $0.platform.allowSMT = false }),
        sgx(
            "platform.notAllowed",
            what: "SMT not stated",
            scenario: { $0.platform.configuration = nil },
            policy: { $0.platform.allowSMT = false }
        ),
        // TDs.
        td(what: "a TD with nothing wrong"),
        td("measurement.differs", what: "another MRTD", change: { $0.mrtd[0] ^= 1 }),
        td(
            "measurement.missing",
            what: "an MRENCLAVE is no reference for a TD",
            policy: {
                $0.tdx.mrtd = []
                $0.measurement.mrenclave = [measurement]
            }
        ),
        td("debug.enabled", what: "a debug TD", change: { $0.attributes.insert(.debug) }),
        td(
            what: "a debug TD that is allowed",
            policy: { $0.measurement.allowDebug = true },
            change: { $0.attributes.insert(.debug) }
        ),
        td("tdx.attributes", what: "SEPT_VE", change: { $0.attributes.remove(.septVEDisable) }),
        td(
            what: "SEPT_VE that is allowed",
            policy: { $0.tdx.allowSeptVE = true },
            change: { $0.attributes.remove(.septVEDisable) }
        ),
        td("tdx.attributes", what: "migratable", change: { $0.attributes.insert(.migratable) }),
        td(
            what: "migratable, which is allowed",
            policy: { $0.tdx.allowMigratable = true },
            change: { $0.attributes.insert(.migratable) }
        ),
        td(
            what: "attributes that mean no harm",
            change: { $0.attributes.insert(TDAttributes(rawValue: 1 << 27 | 1 << 30 | 1 << 31 | 3 << 62)) }
        ),
        td("tdx.register", what: "a service TD", change: { $0.mrservicetd = FixedBytes(repeating: 1) }),
        td(
            what: "a service TD that is allowed",
            policy: { $0.tdx.allowServiceTD = true },
            change: { $0.mrservicetd = FixedBytes(repeating: 1) }
        ),
        td("tdx.register", what: "another RTMR", policy: { $0.tdx.registers[.rtmr2] = [register] }),
        td(
            "tdx.register",
            what: "a register that the report doesn't have",
            kind: .td10,
            policy: { $0.tdx.registers[.mrservicetd] = [FixedBytes()] }
        ),
        td(
            what: "registers as the policy lists them",
            policy: {
                for name in TDRegister.allCases { $0.tdx.registers[name] = [register, FixedBytes()] }
                $0.tdx.attributes = [FixedBytes([0, 0, 0, 0x10, 0, 0, 0, 0])!]
                $0.tdx.xfam = [FixedBytes()]
            }
        ),
        // Certificates of services.
        service(what: "a service with nothing wrong", expecting: .init(host: "localhost", name: "hello-1", id: id)),
        service(
            "service.notYetValid",
            "launch.malformed",
            what: "a certificate of tomorrow",
            certificate: {
                $0.notBefore = now + .seconds(1)
                $0.notAfter = $0.notAfter + .seconds(86400)
            }
        ),
        service(
            "service.expired",
            "launch.malformed",
            what: "a certificate of yesterday",
            certificate: { $0.notAfter = now - .seconds(1) }
        ),
        service(
            "service.signature",
            what: "signed by somebody else",
            certificate: { $0.issuerKey = Scenario.strangerKey }
        ),
        service(
            "service.extension",
            what: "an unknown critical extension",
            certificate: {
                $0.extensions.append(.init(identifier: FakeCertificate.Identifier.unknown, isCritical: true, value: []))
            }
        ),
        service("service.name", what: "another host", expecting: .init(host: "example.org")),
        service(
            "binding.differs",
            what: "another key than the quote binds",
            certificate: {
                $0.key = Scenario.strangerKey
                $0.issuerKey = Scenario.strangerKey
            }
        ),
        service(
            "evidence.contradiction",
            what: "further evidence that isn't judged here",
            certificate: {
                $0.extensions.append(.init(identifier: ObjectIdentifier(arcs: 2, 23, 133, 5, 4, 9), value: [1]))
            }
        ),
        service(
            "launch.missing",
            what: "no launch record, and a policy that wants a name",
            policy: { $0.launch.names = ["hello-1"] },
            certificate: {
                $0.remove(LaunchRecord.identifier)
            }
        ),
        service(what: "no launch record, and nobody wants one", certificate: { $0.remove(LaunchRecord.identifier) }),
        service(
            "launch.malformed",
            what: "a launch record that isn't one",
            certificate: { $0[LaunchRecord.identifier] = Array("{}".utf8) }
        ),
        service(
            "launch.malformed",
            what: "a launch record in another form than its one",
            certificate: {
                $0[LaunchRecord.identifier] = $0[LaunchRecord.identifier] + [0x20]
            }
        ),
        service("launch.name", what: "another name", expecting: .init(name: "hello-2")),
        service(
            "launch.instance",
            what: "another instance",
            expecting: .init(id: "633a2b83-4bc5-4a9c-955e-208c530bfd15")
        ),
        service("launch.expiry", what: "too long a life", policy: { $0.launch.latestExpiry = now }),
    ]

    /// The signer of the scenarios' enclaves, but for what is given.
    private static func signer(_ byte: UInt8 = 0, product: UInt16 = 0, version: UInt16 = 0) -> AttestationPolicy.Signer
    {
        AttestationPolicy.Signer(mrsigner: FixedBytes(repeating: byte), productID: product, minimumSVN: version)
    }

    private static let id = "533a2b83-4bc5-4a9c-955e-208c530bfd15"

    private static func certificate(_ quote: [UInt8]) throws -> FakeCertificate {
        let launch = try LaunchRecord(
            id: id,
            name: "hello-1",
            sans: ["localhost"],
            host: "127.0.0.1",
            port: 7443,
            subject: nil,
            notAfter: now + .seconds(30 * 86400),
            configurationTimeout: 0
        )
        let name: [(ObjectIdentifier, String)] = [(DistinguishedName.commonName, "hello-1")]
        return FakeCertificate(
            serial: [1],
            issuer: name,
            notBefore: now - .seconds(3600),
            notAfter: now + .seconds(30 * 86400),
            subject: name,
            key: key,
            extensions: [
                .init(
                    identifier: ObjectIdentifier(arcs: 2, 5, 29, 17),
                    value: DER.sequence(DER.element(0x82, Array("localhost".utf8)))
                ),
                .init(identifier: AttestedCertificate.quoteIdentifier, value: quote),
                .init(identifier: LaunchRecord.identifier, value: launch.encoded),
            ],
            issuerKey: key
        )
    }

    @Test("one thing wrong is one reason", arguments: cases)
    func reasons(_ item: Case) throws {
        var scenario = Scenario(item.kind)
        let binding = ReportDataBinding(
            point: Array(Self.key.publicKey.x963Representation),
            sealingKey: [UInt8](repeating: 7, count: 32)
        )
        if case .enclave(var report) = scenario.contents.body {
            report.reportData.replace(at: 0, with: binding.encoded)
            scenario.contents.body = .enclave(report)
        }
        item.scenario(&scenario)
        let made = try scenario.make()
        var policy = AttestationPolicy()
        policy.measurement.mrenclave = item.kind == .sgx ? [Self.measurement] : []
        policy.tdx.mrtd = item.kind == .sgx ? [] : [Self.register]
        item.policy(&policy)
        let evidence: Evidence
        if let change = item.certificate {
            var certificate = try Self.certificate(made.bytes)
            change(&certificate)
            evidence = Evidence(try AttestedCertificate(der: certificate.der))
        } else {
            evidence = Evidence(try Quote(made.bytes))
        }
        let verdict = Verifier(anchor: made.anchor, policy: policy).judge(
            evidence,
            with: made.collateral,
            expecting: item.expectation,
            at: made.time
        )
        #expect(Set(verdict.reasons.map(\.code.name)) == item.codes, "\(verdict.reasons)")
        #expect(verdict.isAccepted == item.codes.isEmpty)
    }

    @Test("many at once are judged as one at a time, in their order")
    func batch() async throws {
        let made = try Scenario().make()
        var policy = AttestationPolicy()
        policy.measurement.mrenclave = [Self.measurement]
        let good = Evidence(try Quote(made.bytes))
        var bytes = made.bytes
        bytes[48 + 64] ^= 1
        let bad = Evidence(try Quote(bytes))
        let verifier = Verifier(remembering: VerifiedObjects(anchor: made.anchor), policy: policy)
        let evidence = (0..<50).map { $0.isMultiple(of: 3) ? bad : good }
        let verdicts = await verifier.judge(evidence, with: made.collateral, at: made.time)
        #expect(verdicts.map(\.isAccepted) == (0..<50).map { !$0.isMultiple(of: 3) })
    }

    @Test("reserved TDATTRIBUTES are refused under every policy", arguments: Array(1...26) + Array(32...61))
    func reserved(bit: Int) throws {
        var scenario = Scenario(.td10)
        scenario.td { $0.attributes.insert(TDAttributes(rawValue: 1 << UInt64(bit))) }
        let made = try scenario.make()
        var policy = AttestationPolicy()
        policy.tdx.mrtd = [Self.register]
        policy.tdx.allowSeptVE = true
        policy.tdx.allowMigratable = true
        policy.measurement.allowDebug = true
        let verdict = Verifier(anchor: made.anchor, policy: policy).judge(
            Evidence(try Quote(made.bytes)),
            with: made.collateral,
            at: made.time
        )
        #expect(verdict.reasons.map(\.code) == [.tdxAttributes])
    }

    @Test("every code of judging has a case here")
    func complete() {
        let own = Set(ReasonCode.all.map(\.name)).subtracting(ReasonCode.allOfDCAP.map(\.name))
        #expect(own.subtracting(Self.cases.flatMap(\.codes)).isEmpty, "\(own.subtracting(Self.cases.flatMap(\.codes)))")
    }
}
