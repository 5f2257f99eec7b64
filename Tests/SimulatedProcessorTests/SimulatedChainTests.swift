import DCAP
import Enclave
import Notation
import SGXQuote
import SimulatedProcessor
import TestSupport
import Testing

/// The simulated processor's PKI is a whole one of its own, so every branch is reached without real vectors.
@Suite("A whole chain under a named root")
struct SimulatedChainTests {
    static let now = Timestamp(seconds: 1_764_000_000)
    let folder: TemporaryFolder
    let platform: SimulatedPlatform
    let quote: Quote
    let examiner: QuoteExaminer

    init() throws {
        folder = try TemporaryFolder()
        platform = try SimulatedPlatform.make(in: folder.path, now: Self.now)
        let enclave = LaunchedEnclave(
            measurement: FixedBytes(repeating: 0xAB),
            productID: 1,
            securityVersion: 2,
            isDebug: false
        )
        quote = try Quote(try platform.quote(for: enclave, reportData: [UInt8](repeating: 0xCD, count: 64)))
        examiner = QuoteExaminer(anchor: try TrustAnchor(file: try folder.read("root.pem")))
    }

    private func codes(_ quote: Quote? = nil, _ collateral: Collateral? = nil, at time: Timestamp = now) throws -> Set<
        String
    > {
        let result = examiner.examine(
            quote ?? self.quote,
            with: try collateral ?? platform.collateral(at: time),
            at: time
        )
        return Set(result.reasons.map(\.code.name))
    }

    @Test("nothing wrong: genuine and up to date")
    func plain() throws {
        let result = examiner.examine(quote, with: try platform.collateral(at: Self.now), at: Self.now)
        #expect(result.reasons.isEmpty, "\(result.reasons)")
        #expect(result.status == .upToDate)
        #expect(result.foreignRoot == "MSE Simulated Processor SGX Root CA")
    }

    @Test("under Intel's root it is nothing")
    func intel() throws {
        let result = QuoteExaminer().examine(quote, with: try platform.collateral(at: Self.now), at: Self.now)
        #expect(!result.isGenuine)
        #expect(result.reasons.contains { $0.code == .certificateRoot })
        #expect(result.reasons.contains { $0.code == .certificateName })
    }

    @Test("no collateral: nothing is proven")
    func missing() {
        let result = examiner.examine(quote, with: nil, at: Self.now)
        #expect(result.reasons.map(\.code) == [.collateralMissing])
    }

    @Test("every single changed byte of what is signed is refused, and nothing crashes")
    func changedBytes() throws {
        let collateral = try platform.collateral(at: Self.now)
        let signed = Array(0..<432) + Array(436..<1046)
        for offset in stride(from: 0, to: signed.count, by: 7) {
            var bytes = quote.bytes
            bytes[signed[offset]] ^= 0x40
            guard let changed = try? Quote(bytes) else { continue }
            let result = examiner.examine(changed, with: collateral, at: Self.now)
            #expect(!result.isGenuine, "offset \(signed[offset])")
        }
    }

    @Test("recovery, revocation and expiry are told apart")
    func faults() throws {
        try platform.recover()
        let result = examiner.examine(quote, with: try platform.collateral(at: Self.now), at: Self.now)
        #expect(result.status == .outOfDate && result.isGenuine && result.advisories == ["SIMULATED-SA-00001"])
        try platform.revokePCK()
        #expect(try codes() == ["certificate.revoked"])
        try platform.revokeAuthority()
        try platform.expire()
        #expect(try codes() == ["certificate.revoked", "crl.expired", "document.expired"])
    }

    @Test("dates are compared with the time given")
    func dates() throws {
        let collateral = try platform.collateral(at: Self.now)
        #expect(
            try codes(nil, collateral, at: Self.now - .seconds(7200)).isSuperset(of: [
                "document.notYetValid", "crl.notYetValid",
            ])
        )
        #expect(try codes(nil, collateral, at: Self.now + .seconds(40 * 86400)) == ["document.expired", "crl.expired"])
        #expect(try codes(at: Self.now - .seconds(2 * 86400)) == ["certificate.notYetValid"])
        #expect(try codes(at: Self.now + .seconds(8 * 365 * 86400)) == ["certificate.expired"])
    }

    @Test("collateral in the wrong place is refused")
    func misplaced() throws {
        let right = try platform.collateral(at: Self.now)
        var wrong = right
        swap(&wrong.rootCRL, &wrong.pckCRL)
        #expect(try codes(nil, wrong).contains("crl.issuer"))
        wrong = right
        swap(&wrong.tcbInfo, &wrong.qeIdentity)
        #expect(try codes(nil, wrong).contains("document.malformed"))
        wrong = right
        wrong.tcbInfoChain = Array(quote[quote.layout.certificationData].dropLast())
        #expect(try codes(nil, wrong).contains("certificate.chain"))
        wrong = right
        wrong.tcbInfo = Array(
            String(decoding: wrong.tcbInfo, as: UTF8.self).replacing("UpToDate", with: "UpTodate").utf8
        )
        #expect(try codes(nil, wrong) == ["document.signature", "document.malformed"])
        wrong = right
        wrong.pckCRL.append(0)
        #expect(try codes(nil, wrong) == ["crl.malformed"])
    }

    @Test("the codes' names are unique and well formed")
    func names() {
        let names = ReasonCode.allOfDCAP.map(\.name)
        #expect(Set(names).count == names.count)
        #expect(names.allSatisfy { $0.split(separator: ".").count == 2 })
    }
}
