import DCAP
import SGXQuote
import TestSupport
import Testing

@testable import FakePKI

/// Quotes cut and changed byte by byte.
@Suite("Mutations")
struct MutationTests {
    @Test(
        "every truncation is refused with its place",
        arguments: [(.sgx, 3), (.sgx, 5), (.td10, 4), (.td15, 5), (.td15Extended, 5)]
            as [(QuoteLayout.BodyKind, UInt16)]
    )
    func truncations(kind: QuoteLayout.BodyKind, version: UInt16) throws {
        let bytes = try Scenario(kind, version: version).make().bytes
        for count in 0..<bytes.count {
            let error = try #require(throws: QuoteError.self, "\(count) bytes") { try Quote(Array(bytes[..<count])) }
            #expect(error.description.contains("offset"), "\(error)")
        }
    }

    @Test(
        "every single byte of what is signed counts",
        arguments: [(.sgx, 3), (.td10, 4)] as [(QuoteLayout.BodyKind, UInt16)]
    )
    func signedBytes(kind: QuoteLayout.BodyKind, version: UInt16) throws {
        let made = try Scenario(kind, version: version).make()
        let quote = try Quote(made.bytes), layout = quote.layout
        let examiner = QuoteExaminer(remembering: VerifiedObjects(anchor: made.anchor))
        let signed = [
            layout.signedRange, layout.signature, layout.attestationKey, layout.qeReport, layout.qeReportSignature,
            layout.authenticationData,
        ]
        for offset in signed.joined() {
            for mask in [0x01, 0x80] as [UInt8] {
                var bytes = made.bytes
                bytes[offset] ^= mask
                guard let changed = try? Quote(bytes) else { continue }
                #expect(!examiner.examine(changed, with: made.collateral, at: made.time).isGenuine, "offset \(offset)")
            }
        }
    }

    @Test(
        "every value of every single byte of what is signed counts",
        .onlyDeep,
        arguments: [.sgx, .td10] as [QuoteLayout.BodyKind]
    )
    func everyValue(kind: QuoteLayout.BodyKind) async throws {
        let made = try Scenario(kind).make()
        let layout = try Quote(made.bytes).layout
        let examiner = QuoteExaminer(remembering: VerifiedObjects(anchor: made.anchor))
        let signed = [
            layout.signedRange, layout.signature, layout.attestationKey, layout.qeReport, layout.qeReportSignature,
            layout.authenticationData,
        ]
        for offset in signed.joined() {
            let changed = (1...255).compactMap { mask -> Quote? in
                var bytes = made.bytes
                bytes[offset] ^= UInt8(mask)
                return try? Quote(bytes)
            }
            let results = await examiner.examine(changed, with: made.collateral, at: made.time)
            #expect(results.allSatisfy { !$0.isGenuine }, "offset \(offset)")
        }
    }

    @Test("what isn't signed can't be changed either: lengths, types, certificates, padding")
    func unsignedBytes() throws {
        let made = try Scenario().make()
        let quote = try Quote(made.bytes)
        let examiner = QuoteExaminer(anchor: made.anchor)
        for offset in stride(from: quote.layout.authenticationData.upperBound, to: made.bytes.count, by: 3) {
            var bytes = made.bytes
            bytes[offset] ^= 0x01
            guard let changed = try? Quote(bytes) else { continue }
            #expect(!examiner.examine(changed, with: made.collateral, at: made.time).isGenuine, "offset \(offset)")
        }
    }

    @Test("zeros behind a quote change nothing")
    func padding() throws {
        let made = try Scenario().make()
        let padded = try Quote(made.bytes + [UInt8](repeating: 0, count: 3000))
        #expect(
            QuoteExaminer(anchor: made.anchor).examine(padded, with: made.collateral, at: made.time).reasons.isEmpty
        )
    }
}
