import Attestation
import DCAP
import FakePKI
import Files
import Notation
import RATLS
import SGXQuote
import StrictX509
import TestSupport
import Testing

/// docs/formats/evidence.md, by a file that Python made of a real quote and Intel's collateral.
@Suite("Vectors of evidence files")
struct EvidenceVectorTests {
    private let vectors: Vector
    private let document: Node

    init() throws {
        vectors = try ProjectVectors.read("evidence.json")
        document = try JSON.read(Files.read(ProjectVectors.path(vectors.text("file"))))
    }

    /// The document with one member more, other or less.
    private func changed(_ name: String, _ value: Node?) -> [UInt8] {
        guard case .object(var members) = document.value else { return [] }
        members.removeAll { $0.name == name }
        if let value { members.append(Member(name, value)) }
        return Array(JSON.canonical(Node(.object(members))).utf8)
    }

    /// Everything but the key that the quote binds is as it must be.
    private func codes(_ file: EvidenceFile) throws -> [String] {
        var policy = AttestationPolicy()
        policy.measurement.mrenclave = [try #require(file.certificate.quote.report).mrenclave]
        policy.tcb.accepted = [.configurationAndSWHardeningNeeded]
        policy.tcb.allowedAdvisories = ["INTEL-SA-00289", "INTEL-SA-00615"]
        let time = try #require(Timestamp(try vectors.text("at")))
        return Verifier(policy: policy).judge(Evidence(file.certificate), with: file.collateral, at: time)
            .reasons.map(\.code.name)
    }

    @Test("quote and collateral come out byte for byte, and are genuine; the key alone isn't the quote's")
    func file() throws {
        let file = try EvidenceFile(Files.read(ProjectVectors.path(vectors.text("file"))))
        let folder = ProjectVectors.path(try vectors.text("collateral"))
        #expect(try Array(file.certificate.quote.encoded) == Files.read(ProjectVectors.path(vectors.text("quote"))))
        #expect(try file.collateral.tcbInfo == Files.read(folder + "/tcb_info.json"))
        #expect(try file.collateral.qeIdentity == Files.read(folder + "/qe_identity.json"))
        #expect(file.collectedAt == Timestamp(try vectors.text("at")))
        #expect(try codes(file) == ["binding.differs"])
        #expect(try JSON.canonical(file.node()) == JSON.canonical(document))
        let again = try EvidenceFile(Array(JSON.pretty(file.node()).utf8))
        #expect(try codes(again) == ["binding.differs"])
    }

    @Test("what the original leaves out isn't needed")
    func optional() throws {
        for name in try vectors.texts("optional") {
            let file = try EvidenceFile(changed(name, nil))
            #expect(try codes(file) == ["binding.differs"], "\(name)")
        }
    }

    @Test("what is needed is")
    func refused() throws {
        for vector in try vectors.list("refused") {
            guard case .object(let members) = try vector["set"].node.value else { continue }
            for member in members {
                let value: Node? = if case .null = member.node.value { nil } else { member.node }
                #expect(throws: (any Error).self, "\(vector.what)") {
                    try EvidenceFile(changed(member.name, value))
                }
            }
        }
    }

    @Test("the codes by which a certificate is refused are those that its page names")
    func codesOfCertificates() throws {
        let page = try FormatPage("certificate").text, names = Set(ReasonCode.all.map(\.name))
        let codes = Set(page.matches(of: /`((?:service|binding|evidence|launch)\.\w+)`/).map { String($0.1) })
        #expect(codes.count == 8 && codes.isSubset(of: names), "\(codes.subtracting(names))")
    }

    @Test("the page's limit is the code's")
    func limits() throws {
        #expect(try FormatPage("evidence").limits["bytes of an evidence file"] == EvidenceFile.byteLimit)
    }
}

/// The project's own real quotes, judged whole: a clone alone tells acceptance from refusal on Intel's signatures.
@Suite("Verdicts on real quotes in the project")
struct ProjectQuoteVerdictTests {
    private static let cases = Vector.elements(of: "quotes/cases.json")

    private func collateral(_ folder: String) throws -> Collateral {
        func file(_ name: String) throws -> [UInt8] { try Files.read(ProjectVectors.path("quotes/\(folder)/\(name)")) }
        return try Collateral(vector: file)
    }

    private func verdict(_ vector: Vector, measuring isMeasured: Bool = true, anchor: TrustAnchor = .intel) throws
        -> Verdict
    {
        let quote = try Quote(Files.read(ProjectVectors.path("quotes/" + vector.text("quote"))))
        var policy = AttestationPolicy()
        if isMeasured {
            policy.measurement.mrenclave = quote.report.map { [$0.mrenclave] } ?? []
            policy.tdx.mrtd = quote.tdReport.map { [$0.mrtd] } ?? []
        }
        let time = try #require(Timestamp(try vector.text("at")))
        return try Verifier(anchor: anchor, policy: policy).judge(
            Evidence(quote),
            with: collateral(vector.text("collateral")),
            at: time
        )
    }

    @Test("the strict policy accepts those that it must, and no other", arguments: cases.indices)
    func strict(index: Int) throws {
        let vector = Self.cases[index], verdict = try verdict(vector)
        #expect(
            try verdict.isAccepted == vector.flag("acceptedByDefault"),
            "\(vector.node["name"] as Any): \(verdict.reasons)"
        )
        #expect(verdict.answers(.genuine))
    }

    @Test("nothing is accepted without a reference value")
    func measurement() throws {
        #expect(try Self.cases.contains { try $0.flag("acceptedByDefault") })
        for vector in Self.cases { #expect(try !verdict(vector, measuring: false).isAccepted) }
    }
}
