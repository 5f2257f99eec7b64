import DCAP
import Notation
import SGXQuote
import StrictX509
import Testing

/// What a case's index says of it, held against what the examiner finds.
extension VectorCase {
    /// A real quote: genuine, with this status, date, advisories and platform.
    func expectFindings() throws {
        let result = try examine()
        #expect(result.isGenuine, "\(name): \(result.reasons)")
        #expect(result.status?.rawValue == Self.text(node["status"]), "\(name)")
        #expect(result.advisories == Self.texts(node["advisories"]).sorted(), "\(name)")
        #expect(result.tcbDate.map { $0.description } == Self.text(node["tcbDate"]), "\(name)")
        #expect(result.platform?.fmspc.description == Self.text(node["subject"]?["fmspc"]), "\(name)")
    }

    /// A changed one: a reason of the right question, or not even input.
    func expectRefusal() throws {
        let questions = try #require(Self.text(node["question"])).split(separator: "|").map(String.init)
        do {
            let result = try examine()
            #expect(!result.reasons.isEmpty, "\(name)")
            #expect(
                questions.contains("input") || result.reasons.contains { questions.contains($0.question.rawValue) },
                "\(name): \(result.reasons)"
            )
        } catch let error as NotEvenInput {
            #expect(questions.contains("input"), "\(name): \(error)")
        }
    }
}
