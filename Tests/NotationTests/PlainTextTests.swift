import Foundation
import Notation
import Testing

@Suite("Texts of people")
struct PlainTextTests {
    @Test("types of TOML that nothing takes are read as what they are, and refused where another is wanted")
    func foreignTypes() throws {
        let literals = [
            "1979-05-27", "1979-05-27T07:32:00Z", "1979-05-27 07:32:00.5", "1979-05-27t07:32:00-07:00", "07:32:00",
            "07:32:00.999999",
            "inf", "-inf", "+nan",
        ]
        for literal in literals {
            let node = try TOML.read(
                Array(
                    "[cloud]\nexpiration_date = \(literal) # later\nhardware = [[1, 2.5e3], [\"a\", {b = \(literal)}]]\n"
                        .utf8
                )
            )
            #expect(node["cloud"]?["expiration_date"]?.value == .foreign(literal))
        }
        for literal in [
            "1979-13-01", "1979-02-29", "24:00:00", "07:32", "1979-05-27T", "1979-05-27T07:32:00+25:00", "infinity",
            "79-05-27",
        ] {
            #expect(throws: NotationError.self, "\(literal)") { try TOML.read(Array("a = \(literal)\n".utf8)) }
        }
        var reader = try ObjectReader(TOML.read(Array("name = 1979-05-27\n".utf8)))
        let error = #expect(throws: NotationError.self) { try reader.string("name") }
        #expect(error?.problem.contains("a date or time") == true)
    }

    @Test("a byte order mark is no part of a settings file; UTF-16 is named")
    func marks() throws {
        #expect(try TOML.read([0xEF, 0xBB, 0xBF] + Array("a = 1\n".utf8))["a"]?.value == .number("1"))
        let error = #expect(throws: NotationError.self) { try TOML.read([0xFF, 0xFE, 0x61, 0]) }
        #expect(error?.problem.contains("UTF-16") == true)
    }

    @Test("bytes that are no text are told by their line")
    func noText() {
        let error = #expect(throws: NotationError.self) { try PlainText.read(Array("a\nb\n".utf8) + [0xFF]) }
        #expect(error?.place.line == 3)
    }
}
