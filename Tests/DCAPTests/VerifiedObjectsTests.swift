import DCAP
import Notation
import SGXQuote
import Testing

@testable import FakePKI

/// What is remembered changes how long an answer takes, never the answer.
@Suite("Verified objects")
struct VerifiedObjectsTests {
    private func codes(_ examiner: QuoteExaminer, _ made: Scenario.Made, at time: Timestamp? = nil) throws -> Set<
        String
    > {
        Set(
            examiner.examine(try Quote(made.bytes), with: made.collateral, at: time ?? made.time).reasons.map(
                \.code.name
            )
        )
    }

    @Test(
        "remembered or not, one at a time or many at once: the same examinations",
        arguments: [QuoteLayout.BodyKind.sgx, .td15]
    )
    func same(kind: QuoteLayout.BodyKind) async throws {
        let made = try Scenario(kind).make()
        let plain = QuoteExaminer(anchor: made.anchor).examine(
            try Quote(made.bytes),
            with: made.collateral,
            at: made.time
        )
        let examiner = QuoteExaminer(remembering: VerifiedObjects(anchor: made.anchor))
        let quotes = [Quote](repeating: try Quote(made.bytes), count: 40)
        for result in await examiner.examine(quotes, with: made.collateral, at: made.time) + [
            examiner.examine(quotes[0], with: made.collateral, at: made.time)
        ] {
            #expect(result.reasons.isEmpty && result.status == plain.status && result.tcbDate == plain.tcbDate)
            #expect(result.validUntil == plain.validUntil && result.platform == plain.platform)
        }
        let none = QuoteExaminer(
            remembering: VerifiedObjects(
                anchor: made.anchor,
                limits: .init(collaterals: 0, chains: 0, quotingEnclaves: 0)
            )
        )
        #expect(try codes(none, made).isEmpty && codes(none, made).isEmpty)
    }

    @Test("dates are compared anew each time")
    func dates() throws {
        let made = try Scenario().make()
        let examiner = QuoteExaminer(remembering: VerifiedObjects(anchor: made.anchor))
        #expect(try codes(examiner, made).isEmpty)
        #expect(try codes(examiner, made, at: made.time + .seconds(30 * 86400)) == ["document.expired", "crl.expired"])
        #expect(
            try codes(examiner, made, at: made.time + .seconds(400 * 86400)) == [
                "document.expired", "crl.expired", "certificate.expired",
            ]
        )
        #expect(
            try codes(examiner, made, at: made.time - .seconds(2 * 86400)) == [
                "document.notYetValid", "crl.notYetValid", "certificate.notYetValid",
            ]
        )
        #expect(try codes(examiner, made).isEmpty)
    }

    @Test("one changed byte anywhere is another object")
    func changed() throws {
        let made = try Scenario().make()
        let examiner = QuoteExaminer(remembering: VerifiedObjects(anchor: made.anchor))
        #expect(try codes(examiner, made).isEmpty)
        let parts: [WritableKeyPath<Collateral, [UInt8]>] = [
            \.rootCRL, \.pckCRL, \.tcbInfo, \.qeIdentity, \.tcbInfoChain, \.qeIdentityChain,
        ]
        for part in parts {
            for offset in stride(from: 0, to: made.collateral[keyPath: part].count, by: 29) {
                var other = made
                other.collateral[keyPath: part][offset] ^= 1
                #expect(try !codes(examiner, other).isEmpty, "\(part), \(offset)")
            }
        }
        for offset in stride(from: 0, to: made.bytes.count, by: 13) {
            var other = made
            other.bytes[offset] ^= 1
            guard (try? Quote(other.bytes)) != nil else { continue }
            #expect(try !codes(examiner, other).isEmpty, "offset \(offset)")
        }
        #expect(try codes(examiner, made).isEmpty)
    }

    @Test("a revocation counts at once: another list is another object")
    func revocation() throws {
        var scenario = Scenario()
        let good = try scenario.make()
        let examiner = QuoteExaminer(remembering: VerifiedObjects(anchor: good.anchor))
        #expect(try codes(examiner, good).isEmpty)
        scenario.pckCRL.entries = [(scenario.pck.serial, [])]
        var revoked = good
        revoked.collateral.pckCRL = scenario.pckCRL.der
        #expect(try codes(examiner, revoked) == ["certificate.revoked"])
        #expect(try codes(examiner, revoked) == ["certificate.revoked"])
        #expect(try codes(examiner, good).isEmpty)
    }

    @Test("what is known under one root is unknown under another")
    func roots() throws {
        let made = try Scenario().make()
        let examiner = QuoteExaminer(remembering: VerifiedObjects(anchor: made.anchor))
        #expect(try codes(examiner, made).isEmpty)
        let intel = QuoteExaminer(remembering: VerifiedObjects())
        #expect(try codes(intel, made).isSuperset(of: ["certificate.root", "crl.signature"]))
        #expect(intel.anchor.isIntel)
    }

    @Test("a report of the quoting enclave is known with its PCK, its key and its data only")
    func quotingEnclaves() throws {
        var scenario = Scenario()
        let made = try scenario.make()
        let examiner = QuoteExaminer(remembering: VerifiedObjects(anchor: made.anchor))
        #expect(try codes(examiner, made).isEmpty)
        scenario.quote = { $0.qeReportSignature[0] ^= 1 }
        #expect(try codes(examiner, scenario.make()) == ["qe.signature"])
        scenario.quote = { $0.authenticationData[0] ^= 1 }
        #expect(try codes(examiner, scenario.make()) == ["qe.binding"])
        // The enclave is known, what it signed is verified each time.
        let quote = try Quote(made.bytes)
        var other = made
        other.bytes[quote.layout.signature.lowerBound + 40] ^= 1
        #expect(try codes(examiner, other) == ["quote.signature"])
    }

    @Test("it is bounded: the oldest goes, and comes back when it is needed")
    func bound() throws {
        let mades = try (0..<5).map { _ in try Scenario().make() }
        let objects = VerifiedObjects(
            anchor: mades[0].anchor,
            limits: .init(collaterals: 2, chains: 2, quotingEnclaves: 2)
        )
        // The keys are the same in all of them, and so is the root that is trusted.
        let examiner = QuoteExaminer(remembering: objects)
        for _ in 0..<3 {
            for made in mades { #expect(try codes(examiner, made).isEmpty) }
        }
    }
}
