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

@testable import FakePKI

/// A certificate with several pieces of evidence is judged whole.
@Suite("Several pieces of evidence")
struct FurtherEvidenceTests {
    static let now = Timestamp(seconds: 1_764_000_000)
    private let folder: TemporaryFolder
    private let platform: SimulatedPlatform
    private let key = P256.Signing.PrivateKey()
    private var point: [UInt8] { Array(key.publicKey.x963Representation) }
    private let measurement = FixedBytes<32>(repeating: 0xAB)

    static let gramine = ObjectIdentifier(arcs: 0, 6, 9, 42, 840, 113741, 1337, 6)
    static let occlum = ObjectIdentifier(arcs: 1, 2, 840, 113741, 1)
    static let cosmianTDX = ObjectIdentifier(arcs: 1, 2, 840, 113741, 1337, 8)

    /// All whose value isn't a bare quote.
    static let unread: [ObjectIdentifier] = [
        ObjectIdentifier(arcs: 1, 2, 840, 113741, 1337, 7), ObjectIdentifier(arcs: 2, 23, 133, 5, 4, 9),
        ObjectIdentifier(arcs: 1, 3, 6, 1, 4, 1, 311, 105, 1), ObjectIdentifier(arcs: 1, 3, 6, 1, 4, 1, 311, 105, 2),
        ObjectIdentifier(arcs: 1, 2, 840, 113556, 10, 1, 1), ObjectIdentifier(arcs: 1, 2, 840, 113556, 10, 1, 2),
        ObjectIdentifier(arcs: 1, 3, 6, 1, 4, 1, 62397, 1, 1), ObjectIdentifier(arcs: 1, 3, 6, 1, 4, 1, 62397, 1, 8),
        ObjectIdentifier(arcs: 1, 3, 9901, 2, 1), ObjectIdentifier(arcs: 1, 3, 9901, 2, 3),
        ObjectIdentifier(arcs: 1, 3, 9900, 4, 3),
        ObjectIdentifier(arcs: 1, 3, 9900, 5, 99), ObjectIdentifier(arcs: 1, 2, 840, 113741, 1, 13, 1, 0),
        ObjectIdentifier(arcs: 1, 2, 840, 113741, 1, 5, 5, 1, 6), ObjectIdentifier(arcs: 1, 3, 6, 1, 4, 1, 65230, 4, 1),
    ]

    /// What looks like evidence and is none.
    static let noEvidence: [ObjectIdentifier] = [
        ObjectIdentifier(arcs: 1, 2, 840, 113741, 1, 13, 1), ObjectIdentifier(arcs: 1, 3, 6, 1, 4, 1, 62397, 1, 2),
        ObjectIdentifier(arcs: 2, 23, 133, 5, 4, 2), ObjectIdentifier(arcs: 1, 2, 840, 113741, 1337, 66),
    ]

    init() throws {
        folder = try TemporaryFolder()
        platform = try SimulatedPlatform.make(in: folder.path, now: Self.now)
    }

    private func quote(
        _ reportData: [UInt8],
        measurement: FixedBytes<32>? = nil,
        product: Int = 1,
        isDebug: Bool = false
    ) throws -> [UInt8] {
        let enclave = LaunchedEnclave(
            measurement: measurement ?? self.measurement,
            productID: product,
            securityVersion: 3,
            isDebug: isDebug
        )
        return try platform.quote(for: enclave, reportData: reportData)
    }

    /// As our own certificate, and as those that bind SubjectPublicKeyInfo, do.
    private var keyBinding: [UInt8] {
        ReportDataBinding(point: point, sealingKey: [UInt8](repeating: 7, count: 32)).encoded
    }
    private var infoBinding: [UInt8] {
        Array(SHA256.hash(data: Certificate.p256Prefix + point)) + [UInt8](repeating: 0, count: 32)
    }

    private func certificate(_ further: [(ObjectIdentifier, [UInt8])], own: Bool = true) throws -> FakeCertificate {
        let name: [(ObjectIdentifier, String)] = [(DistinguishedName.commonName, "hello-1")]
        let ours = try (AttestedCertificate.quoteIdentifier, quote(keyBinding))
        return FakeCertificate(
            serial: [1],
            issuer: name,
            notBefore: Self.now - .seconds(3600),
            notAfter: Self.now + .seconds(30 * 86400),
            subject: name,
            key: key,
            extensions: ((own ? [ours] : []) + further).map { .init(identifier: $0.0, value: $0.1) },
            issuerKey: key
        )
    }

    private func codes(_ further: (ObjectIdentifier, [UInt8])...) throws -> Set<String> {
        var policy = AttestationPolicy()
        policy.measurement.mrenclave = [measurement]
        policy.measurement.allowDebug = true
        let verifier = Verifier(anchor: try TrustAnchor(file: try folder.read("root.pem")), policy: policy)
        let evidence = Evidence(try AttestedCertificate(der: certificate(further).der))
        let verdict = verifier.judge(evidence, with: try platform.collateral(at: Self.now), at: Self.now)
        return Set(verdict.reasons.map(\.code.name))
    }

    @Test("all that bind and say the same are one")
    func agreement() throws {
        #expect(
            try codes(
                (Self.gramine, quote(infoBinding)),
                (Self.occlum, quote(infoBinding)),
                (Self.cosmianTDX, quote(keyBinding))
            ) == []
        )
        for identifier in Self.noEvidence { #expect(try codes((identifier, [1, 2, 3])) == [], "\(identifier)") }
    }

    @Test("one that binds another key, or as another dialect does, is refused")
    func bindings() throws {
        let stranger = ReportDataBinding(
            point: Array(P256.Signing.PrivateKey().publicKey.x963Representation),
            sealingKey: []
        ).encoded
        for (identifier, data) in [
            (Self.gramine, keyBinding), (Self.occlum, keyBinding), (Self.cosmianTDX, infoBinding),
            (Self.cosmianTDX, stranger + [UInt8](repeating: 0, count: 32)),
            (Self.gramine, infoBinding.prefix(32) + [UInt8](repeating: 1, count: 32)),
        ] {
            #expect(try codes((identifier, quote(data))) == ["binding.differs"], "\(identifier)")
        }
    }

    @Test("one that says something else is refused")
    func contradictions() throws {
        let others = [
            try quote(infoBinding, measurement: FixedBytes(repeating: 0xAC)),
            try quote(infoBinding, product: 2),
            try quote(infoBinding, isDebug: true),
        ]
        for other in others { #expect(try codes((Self.gramine, other)) == ["evidence.contradiction"]) }
    }

    @Test("one of another platform, or of none, is refused")
    func platforms() throws {
        let elsewhere = try TemporaryFolder()
        let other = try SimulatedPlatform.make(in: elsewhere.path, now: Self.now)
        let enclave = LaunchedEnclave(measurement: measurement, productID: 1, securityVersion: 3, isDebug: false)
        let found = try codes((Self.gramine, other.quote(for: enclave, reportData: infoBinding)))
        #expect(found.contains("certificate.root") && !found.isEmpty)
        var forged = try quote(infoBinding)
        forged[48 + 16] ^= 1  // MISCSELECT
        let codes = try codes((Self.gramine, forged))
        #expect(codes == ["quote.signature", "evidence.contradiction"])
    }

    @Test("one that isn't judged here is refused", arguments: unread)
    func notJudged(identifier: ObjectIdentifier) throws {
        #expect(try codes((identifier, quote(keyBinding))) == ["evidence.contradiction"])
        #expect(try codes((identifier, [])) == ["evidence.contradiction"])
    }

    @Test("one that can't be read is refused", arguments: [gramine, occlum, cosmianTDX])
    func malformed(identifier: ObjectIdentifier) throws {
        #expect(try codes((identifier, Array(quote(infoBinding).dropLast()))) == ["evidence.contradiction"])
    }

    @Test("alone, a dialect that isn't judged here is named")
    func alone() throws {
        let der = try certificate([(Self.gramine, quote(infoBinding))], own: false).der
        let error = #expect(throws: AttestedCertificateError.self) { try AttestedCertificate(der: der) }
        #expect("\(try #require(error))".contains("Gramine"))
    }
}
