import DCAP
import Files
import Notation
import SGXQuote
import TestSupport
import Testing

/// Real quotes and Intel's collateral that lie in the project: a clone alone proves the verifier on Intel's signatures.
@Suite("Real quotes in the project")
struct ProjectQuoteTests {
    @Test("there are quotes of every version, of SGX and TDX, refused ones too; two mebibytes at most")
    func lists() throws {
        let kinds = Set(VectorCase.ownReal.map { $0.name.prefix(4) })
        #expect(kinds == ["sgx3", "tdx4", "tdx5"] && VectorCase.ownReal.count >= 12)
        #expect(VectorCase.ownNegative.count >= 31)
        let byteCount = try tree(VectorCase.own).values.reduce(0) { $0 + $1.count }
        #expect(byteCount <= 2 << 20)
    }

    @Test(
        "under Intel's root each is genuine, with its status, date and advisories",
        arguments: VectorCase.ownReal.indices
    )
    func real(index: Int) throws {
        try VectorCase.ownReal[index].expectFindings()
    }

    @Test("a change of quote, collateral or time is refused", arguments: VectorCase.ownNegative.indices)
    func negative(index: Int) throws {
        try VectorCase.ownNegative[index].expectRefusal()
    }

    @Test(
        "every bit of what Intel's keys cover counts",
        arguments: ["sgx3-a06711-2@2025-06-19", "tdx4-b0c06f-1@2025-06-19"]
    )
    func bits(name: String) throws {
        var vector = try #require(VectorCase.ownReal.first { $0.name == name })
        let quote = try Quote(try #require(try vector.files()["quote.bin"]))
        // The body and the quoting enclave's report, each 61st byte.
        let certified = quote.layout.bodyRange
        for offset in stride(from: certified.lowerBound, to: certified.upperBound, by: 61) {
            vector.operations = [.object(["xor": ["quote.bin", Node(offset), 4]])]
            #expect(try !vector.examine().isGenuine, "\(name): byte \(offset)")
        }
    }
}
