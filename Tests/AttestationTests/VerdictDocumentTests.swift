import Attestation
import DCAP
import Files
import Foundation
import Testing

@Suite("docs/verdicts.md")
struct VerdictDocumentTests {
    private static let path =
        Files.split(Files.split(Files.split(#filePath).folder).folder).folder + "/docs/verdicts.md"

    private static var text: String {
        var text = "# What a verdict says\n\n"
        text += "Made from the code; a test compares them. Codes are stable, and a verdict lists all that apply.\n"
        for question in Question.allCases {
            text += "\n## \(question.rawValue)\n\n| code | meaning | mend |\n|---|---|---|\n"
            for code in ReasonCode.all where code.question == question {
                text += "| `\(code.name)` | \(code.meaning) | \(code.mend) |\n"
            }
        }
        return text
    }

    @Test("it lists every code with its meaning and its mend; MSE_WRITE_DOCS=1 writes it")
    func complete() throws {
        if ProcessInfo.processInfo.environment["MSE_WRITE_DOCS"] != nil { try Files.write(Self.text, to: Self.path) }
        #expect(String(decoding: try Files.read(Self.path), as: UTF8.self) == Self.text)
    }
}
