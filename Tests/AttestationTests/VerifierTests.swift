import Attestation
import Crypto
import DCAP
import Files
import Notation
import RATLS
import SGXQuote
import SimulatedProcessor
import StrictX509
import TestSupport
import Testing

@Suite("Verdicts")
struct VerifierTests {
    static let now = Timestamp(seconds: 1_764_000_000)
    static let measurement = FixedBytes<32>(repeating: 0xAB)
    let folder: TemporaryFolder
    let platform: SimulatedPlatform
    let key = P256.Signing.PrivateKey()

    init() throws {
        folder = try TemporaryFolder()
        platform = try SimulatedPlatform.make(in: folder.path, now: Self.now)
    }

    private func certificate(debug: Bool = false, key: P256.Signing.PrivateKey? = nil) throws -> AttestedCertificate {
        let binding = ReportDataBinding(
            point: Array(self.key.publicKey.x963Representation),
            sealingKey: [UInt8](repeating: 7, count: 32)
        )
        let enclave = LaunchedEnclave(
            measurement: Self.measurement,
            productID: 1,
            securityVersion: 3,
            isDebug: debug
        )
        let quote = try platform.quote(for: enclave, reportData: binding.encoded)
        let launch = try LaunchRecord(
            id: "533a2b83-4bc5-4a9c-955e-208c530bfd15",
            name: "hello-1",
            sans: ["localhost"],
            host: "127.0.0.1",
            port: 7443,
            subject: nil,
            notAfter: Self.now + .seconds(30 * 86400),
            configurationTimeout: 0
        )
        return try AttestedCertificate(
            der: CertificateMaker(launch).make(key: key ?? self.key, quote: quote, now: Self.now)
        )
    }

    private func judge(
        _ certificate: AttestedCertificate? = nil,
        policy change: (inout AttestationPolicy) -> Void = { $0.measurement.mrenclave = [measurement] },
        expecting: Attestation.Expectation = Attestation.Expectation(),
        at time: Timestamp = now
    ) throws -> Verdict {
        var policy = AttestationPolicy()
        change(&policy)
        let verifier = Verifier(anchor: try TrustAnchor(file: try folder.read("root.pem")), policy: policy)
        return verifier.judge(
            Evidence(try certificate ?? self.certificate()),
            with: try platform.collateral(at: time),
            expecting: expecting,
            at: time
        )
    }

    private func codes(_ verdict: Verdict) -> Set<String> { Set(verdict.reasons.map(\.code.name)) }

    @Test("nothing wrong: accepted, with the whole document")
    func accepted() throws {
        let verdict = try judge(
            expecting: Attestation.Expectation(
                host: "localhost",
                name: "hello-1",
                id: "533a2b83-4bc5-4a9c-955e-208c530bfd15"
            )
        )
        #expect(verdict.isAccepted, "\(verdict.reasons)")
        let node = verdict.node
        #expect(node["accepted"]?.value == .boolean(true) && node["genuine"]?.value == .boolean(true))
        #expect(node["tcb"]?["status"]?.value == .string("UpToDate"))
        #expect(node["subject"]?["mrenclave"]?.value == .string(Hex.text(Self.measurement)))
        #expect(node["launch"]?["name"]?.value == .string("hello-1"))
    }

    @Test("without a reference value nothing is accepted")
    func reference() throws {
        #expect(codes(try judge(policy: { _ in })) == ["measurement.missing"])
        #expect(
            codes(try judge(policy: { $0.measurement.mrenclave = [FixedBytes(repeating: 1)] })) == [
                "measurement.differs"
            ]
        )
    }

    @Test("each leniency has its name")
    func leniencies() throws {
        #expect(codes(try judge(certificate(debug: true))) == ["debug.enabled"])
        #expect(
            try judge(certificate(debug: true)) {
                $0.measurement.mrenclave = [Self.measurement]
                $0.measurement.allowDebug = true
            }.isAccepted
        )
        try platform.recover()
        let refused = try judge()
        #expect(
            codes(refused) == ["tcb.notAccepted"] && refused.answers(.genuine) && !refused.answers(.upToDate)
                && refused.answers(.mine)
        )
        #expect(
            try judge {
                $0.measurement.mrenclave = [Self.measurement]
                $0.tcb.accepted.insert(.outOfDate)
            }.isAccepted
        )
        #expect(
            try judge {
                $0.measurement.mrenclave = [Self.measurement]
                $0.tcb.allowedAdvisories = ["SIMULATED-SA-00001"]
            }.isAccepted
        )
        #expect(
            try judge {
                $0.measurement.mrenclave = [Self.measurement]
                $0.tcb.grace = .seconds(2 * 86400)
            }.isAccepted
        )
    }

    @Test("signer, product, version, platform, age and evaluation number are compared")
    func limits() throws {
        let signer = try #require(try certificate().quote.report).mrsigner
        #expect(
            try judge {
                $0.measurement.signer = AttestationPolicy.Signer(mrsigner: signer, productID: 1, minimumSVN: 3)
            }.isAccepted
        )
        #expect(
            codes(
                try judge {
                    $0.measurement.signer = AttestationPolicy.Signer(mrsigner: signer, productID: 2, minimumSVN: 4)
                }
            ) == ["signer.differs"]
        )
        func strict(_ change: @escaping (inout AttestationPolicy) -> Void) throws -> Set<String> {
            codes(
                try judge {
                    $0.measurement.mrenclave = [Self.measurement]
                    change(&$0)
                }
            )
        }
        #expect(try strict { $0.platform.fmspc = [] } == ["platform.notAllowed"])
        #expect(try strict { $0.platform.allowSMT = false } == ["platform.notAllowed"])
        #expect(try strict { $0.tcb.maximumCollateralAge = .seconds(60) } == ["collateral.tooOld"])
        #expect(try strict { $0.tcb.minimumEvaluationNumber = 21 } == ["tcb.evaluationNumber"])
        #expect(try strict { $0.launch.names = ["other"] } == ["launch.name"])
        #expect(try strict { $0.launch.latestExpiry = Self.now } == ["launch.expiry"])
    }

    @Test("another key, another instance, another host")
    func others() throws {
        #expect(codes(try judge(certificate(key: P256.Signing.PrivateKey()))) == ["binding.differs"])
        #expect(
            codes(
                try judge(
                    expecting: Attestation.Expectation(
                        host: "example.org",
                        name: "hello-2",
                        id: "633a2b83-4bc5-4a9c-955e-208c530bfd15"
                    )
                )
            )
                == ["service.name", "launch.name", "launch.instance"]
        )
    }

    @Test("an altered launch record is no longer vouched for")
    func altered() throws {
        var der = try certificate().certificate.der
        let name = Array("hello-1".utf8)
        let start = try #require((0..<(der.count - name.count)).first { Array(der[$0..<($0 + name.count)]) == name })
        der[start + 6] = UInt8(ascii: "9")
        #expect(codes(try judge(AttestedCertificate(der: der))) == ["service.signature"])
    }

    @Test("the certificate's own dates count")
    func dates() throws {
        #expect(codes(try judge(at: Self.now + .seconds(31 * 86400))) == ["service.expired"])
    }

    @Test("evidence files say what they were given")
    func evidenceFile() throws {
        let file = EvidenceFile(
            certificate: try certificate(),
            collateral: try platform.collateral(at: Self.now),
            collectedAt: Self.now
        )
        let read = try EvidenceFile(Array(JSON.pretty(try file.node()).utf8))
        #expect(read.certificate.certificate.der == file.certificate.certificate.der && read.collectedAt == Self.now)
        let verifier = Verifier(anchor: try TrustAnchor(file: try folder.read("root.pem")), policy: AttestationPolicy())
        #expect(
            codes(verifier.judge(Evidence(read.certificate), with: read.collateral, at: Self.now)) == [
                "measurement.missing"
            ]
        )
    }

    @Test("all codes are unique, and every one has a mend")
    func allCodes() {
        #expect(Set(ReasonCode.all.map(\.name)).count == ReasonCode.all.count)
        #expect(ReasonCode.all.allSatisfy { !$0.mend.isEmpty && $0.meaning.hasSuffix(".") })
    }
}

@Suite("Evidence of the original", .needsSharedVectors)
struct OriginalEvidenceTests {
    private func judge(_ name: String, anchor: TrustAnchor = .intel, at: String = "2025-06-20T00:00:00Z") throws
        -> Verdict
    {
        let file = try EvidenceFile(try Files.read(SharedVectors.path("mse/vectors/evidence/" + name)))
        var policy = AttestationPolicy()
        policy.measurement.mrenclave = [try #require(file.certificate.quote.report).mrenclave]
        let time = try #require(Timestamp(at))
        return Verifier(anchor: anchor, policy: policy).judge(
            Evidence(file.certificate),
            with: file.collateral,
            at: time
        )
    }

    @Test("real collateral holds, the made-up quote doesn't", arguments: ["evidence.json", "by_spawn.json"])
    func real(name: String) throws {
        let reasons = try judge(name).reasons
        #expect(reasons.contains { $0.code == .quoteSignature })
        #expect(
            !reasons.contains {
                $0.code == .documentSignature || $0.code == .crlSignature || $0.code == .documentExpired
            }
        )
    }

    @Test(
        "what the original calls verified is refused, with every reason",
        arguments: [
            ("forged.json", [] as [String]), ("forged_pck_revoked.json", ["certificate.revoked"]),
            ("forged_ca_in_root_crl.json", ["certificate.revoked"]),
            ("refused_root_revoked.json", ["crl.expired"]), ("refused_debug.json", ["debug.enabled"]),
            ("refused_quote_signature.json", ["quote.signature"]),
        ]
    )
    func forged(name: String, more: [String]) throws {
        let codes = Set(try judge(name, at: "2026-11-25T12:00:00Z").reasons.map(\.code.name))
        #expect(
            codes.isSuperset(of: ["certificate.root", "certificate.name", "pck.extension"] + more),
            "\(codes.sorted())"
        )
        let file = try EvidenceFile(try Files.read(SharedVectors.path("mse/vectors/evidence/" + name)))
        let own = try #require(
            try PEM.blocks(
                file.certificate.quote[file.certificate.quote.layout.certificationData],
                label: "CERTIFICATE",
                allowsNUL: true
            )
            .last
        )
        let named = try judge(name, anchor: TrustAnchor(root: Certificate(own)), at: "2026-11-25T12:00:00Z")
        #expect(!named.isAccepted && !named.answers(.genuine), "even with its own root named")
        #expect(codes.contains("document.malformed") || codes.contains("document.signature"), "\(codes.sorted())")
    }
}
