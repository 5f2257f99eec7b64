import Files
import Notation
import Testing

@testable import CommandInterface

@Suite("What could not be done, for people and programs")
struct FailureTests {
    private struct Foreign: Error, CustomStringConvertible { let description: String }

    private static func members(_ failure: Failure) throws -> (code: String?, message: String?, mend: String?) {
        let text = failure.json
        #expect(text.hasSuffix("\n") && text.dropLast().contains("\n") == false, "one line")
        let error = try #require(try JSON.read(Array(text.utf8))["error"])
        func member(_ name: String) -> String? {
            if case .string(let text)? = error[name]?.value { text } else { nil }
        }
        return (member("code"), member("message"), member("mend"))
    }

    @Test("an error of ours has its code and words")
    func own() throws {
        let found = try Self.members(
            Failure(NotationError(at: Place(line: 3, column: 7), member: "a.b", "a text expected"))
        )
        #expect(found.code == "text" && found.message?.contains("a.b") == true && found.mend == nil)
    }

    @Test("a library's words are bounded, on one line, and called what they are")
    func foreign() throws {
        for words in ["short", String(repeating: "x", count: 1 << 20), "a\nmse: done", "\u{1B}[2J", "\u{202E}evil"] {
            let found = try Self.members(Failure(Foreign(description: words)))
            #expect(found.code == "unexpected" && found.message?.contains("Foreign") == true)
            #expect((found.message?.count ?? 0) < 600)
            #expect(found.message?.unicodeScalars.contains { $0.commandsDisplay } == false)
        }
    }

    @Test("wrong arguments have a code of their own")
    func usage() throws {
        let found = try Self.members(Failure(usage: "Unknown option '--x\u{1B}'"))
        #expect(found.code == "usage" && found.message == "Unknown option '--x\u{1B}'")
        #expect(!Failure(usage: "\u{1B}").json.contains("\u{1B}"), "JSON escapes it")
    }
}
