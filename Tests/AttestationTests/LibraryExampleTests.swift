import Attestation
import DCAP
import Files
import Foundation
import Notation
import SGXQuote
import Testing

@testable import FakePKI

/// The example of `docs/library.md`, run and compared.
@Suite("docs/library.md")
struct LibraryExampleTests {
    // example
    /// Judges many quotes of one platform, each for itself.
    func accepted(
        _ quotes: [[UInt8]],
        collateral: Collateral,
        mrenclave: FixedBytes<32>,
        anchor: TrustAnchor,
        now: Timestamp
    )
        throws -> [Bool]
    {
        var policy = AttestationPolicy()  // strict: UpToDate alone, no debug
        policy.measurement.mrenclave = [mrenclave]
        let known = VerifiedObjects(anchor: anchor)  // bounded, safe between threads; keep it for as long as you like
        let verifier = Verifier(remembering: known, policy: policy)
        return try quotes.map { bytes in
            let verdict = verifier.judge(Evidence(try Quote(bytes)), with: collateral, at: now)
            for reason in verdict.reasons { print(reason.code.name, reason.message, reason.mend) }
            return verdict.isAccepted
        }
    }
    // end

    @Test("the example does what it says")
    func example() throws {
        let made = try Scenario().make()
        let accepted = try accepted(
            [made.bytes, made.bytes],
            collateral: made.collateral,
            mrenclave: FixedBytes(repeating: 0xAB),
            anchor: made.anchor,
            now: made.time
        )
        #expect(accepted == [true, true])
        let refused = try self.accepted(
            [made.bytes],
            collateral: made.collateral,
            mrenclave: FixedBytes(repeating: 0xAC),
            anchor: made.anchor,
            now: made.time
        )
        #expect(refused == [false])
    }

    @Test("the document shows the example as it is")
    func document() throws {
        let source = String(decoding: try Files.read(#filePath), as: UTF8.self)
        let example = try #require(
            source.components(separatedBy: "    // example\n").dropFirst().first?.components(
                separatedBy: "    // end\n"
            ).first
        )
        let shown = example.split(separator: "\n", omittingEmptySubsequences: false).map {
            $0.hasPrefix("    ") ? $0.dropFirst(4) : $0
        }
        .joined(separator: "\n")
        let path = Files.split(Files.split(Files.split(#filePath).folder).folder).folder + "/docs/library.md"
        #expect(
            String(decoding: try Files.read(path), as: UTF8.self).contains("```swift\n" + shown + "```\n"),
            "\(shown)"
        )
    }
}
