import DCAP
import Files
import Notation
import SGXQuote
import StrictX509
import TestSupport
import Testing

/// Real quotes, changes of them, and forged chains.
@Suite("DCAP vectors", .needsSharedVectors)
struct VectorTests {
    @Test("the lists are whole")
    func lists() {
        #expect(VectorCase.real.count >= 38 && VectorCase.negative.count >= 222 && VectorCase.forged.count >= 157)
    }

    @Test("real quotes have their status, date and advisories", arguments: VectorCase.real.indices)
    func real(index: Int) throws {
        try VectorCase.real[index].expectFindings()
    }

    @Test("real quotes are written again as they were read", arguments: VectorCase.real.indices)
    func encoding(index: Int) throws {
        let quote = try Quote(try #require(try VectorCase.real[index].files()["quote.bin"]))
        #expect(QuoteContents(quote).encoded == Array(quote.encoded))
    }

    @Test(
        "changed quotes and collateral are never accepted, for the right kind of reason",
        arguments: VectorCase.negative.indices
    )
    func negative(index: Int) throws {
        try VectorCase.negative[index].expectRefusal()
    }

    /// This case's index asks for a reason of `genuine`, where dates are a matter of `upToDate`
    /// everywhere else.
    private static let datedOtherwise: Set<String> = ["sgx-pck-expired"]

    @Test(
        "forged chains are refused under Intel's root, and judged as their index says under their own",
        arguments: VectorCase.forged.indices
    )
    func forged(index: Int) throws {
        let vector = VectorCase.forged[index], expected = vector.node["expected"]
        let questions = VectorCase.text(expected?["refusedBy"])?.split(separator: "|").map(String.init)
        do {
            #expect(try !vector.examine().isGenuine, "\(vector.name)")
            let result = try vector.examine(vector.ownAnchor())
            if let questions {
                #expect(
                    result.reasons.contains {
                        questions.contains($0.question.rawValue) || Self.datedOtherwise.contains(vector.name)
                    },
                    "\(vector.name): \(result.reasons)"
                )
            } else {
                #expect(result.isGenuine, "\(vector.name): \(result.reasons)")
                #expect(result.status?.rawValue == VectorCase.text(expected?["status"]), "\(vector.name)")
                if expected?["advisories"] != nil {
                    #expect(result.advisories == VectorCase.texts(expected?["advisories"]).sorted(), "\(vector.name)")
                }
            }
        } catch let error as VectorCase.NotEvenInput {
            #expect(questions?.contains("input") == true, "\(vector.name): \(error)")
        }
    }
}
