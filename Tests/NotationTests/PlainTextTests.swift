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
                    """
                    [cloud]
                    expiration_date = \(literal) # later
                    hardware = [[1, 2.5e3], ["a", {b = \(literal)}]]

                    """
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

    @Test(
        "bytes that are no text are told by line, column and byte, in every notation",
        arguments: [
            ("a\nb\n", [0xFF], Place(line: 3, column: 1)),
            ("a = 1\nname = \"", [0xE9, 0x22], Place(line: 2, column: 9)),
            ("", [0x80], Place(line: 1, column: 1)), ("é é ", [0xC3], Place(line: 1, column: 7)),
            ("x\r\ny\n  z", [0xED, 0xA0, 0x80], Place(line: 3, column: 4)),
            ("a\nbc", [0xF5, 0x0A, 0xFF], Place(line: 2, column: 3)),
        ] as [(String, [UInt8], Place)]
    )
    func noText(before: String, bytes: [UInt8], place: Place) throws {
        let text = Array(before.utf8) + bytes + Array(" end\n".utf8)
        let readers: [(String, () throws -> Void)] = [
            ("text", { _ = try PlainText.read(text) }), ("TOML", { _ = try TOML.read(text) }),
            ("JSON", { _ = try JSON.read(text) }),
        ]
        for (name, read) in readers {
            let error = #expect(throws: NotationError.self) { try read() }
            #expect(error?.place == place, "\(name): \(String(describing: error))")
            #expect(error?.problem.contains("UTF-8") == true, "\(name)")
        }
        let marked = #expect(throws: NotationError.self) { try PlainText.read([0xEF, 0xBB, 0xBF] + text) }
        #expect(marked?.place == place)
        let whole = #expect(throws: NotationError.self) { try PlainText.read(Array("a\nbc".utf8) + [0]) }
        #expect(whole?.place == Place(line: 2, column: 3))
    }

    @Test(
        "what is unknown is told with what is known there, the nearest first",
        arguments: ["env", "servr", "zzzzzzzz"]
    )
    func known(name: String) throws {
        var reader = try ObjectReader(TOML.read(Array("[\(name)]\na = 1\n".utf8)))
        for table in ["cloud", "enclave", "log", "package", "server"] { _ = try reader.table(table) }
        let error = #expect(throws: NotationError.self) { try reader.finish() }
        let words = error?.description ?? ""
        #expect(words.hasPrefix("line 1, column 2: '\(name)': is unknown here"), "\(words)")
        for table in ["cloud", "enclave", "log", "package", "server"] { #expect(words.contains(table), "\(words)") }
        if name == "servr" {
            #expect(words.contains("did you mean 'server'?") && words.contains("known here: server,"), "\(words)")
        }
        var nested = try ObjectReader(TOML.read(Array("x = 1\n".utf8)), path: "tcb")
        let nothing = #expect(throws: NotationError.self) { try nested.finish() }
        #expect(nothing?.description == "line 1, column 1: 'tcb.x': is unknown here; nothing may stand here")
        _ = nested.optional("accept")
        let one = #expect(throws: NotationError.self) { try nested.finish() }
        #expect(one?.problem == "is unknown here; known in tcb: accept")
    }

    @Test(
        "what a file is, is recognised whatever its editor made of it, and bytes that are no text stay",
        arguments: [
            ([0x61, 0x62], "ab"), ([0xEF, 0xBB, 0xBF, 0x61], "a"), ([0xFF, 0xFE, 0x61, 0, 0xE9, 0], "aé"),
            ([0xFE, 0xFF, 0, 0x61, 0xD8, 0x3D, 0xDE, 0], "a😀"), ([0xFF, 0xFE, 0x61, 0, 0x62], "a"),
            ([0xFF, 0xFE], ""), ([0xFE, 0xFF, 0x61], ""), ([], ""),
        ] as [([UInt8], String)]
    )
    func recognition(bytes: [UInt8], text: String) {
        #expect(PlainText.utf8(bytes) == Array(text.utf8))
    }

    @Test("bytes that are neither are left alone")
    func others() {
        #expect(PlainText.utf8([0x30, 0x82, 0xFF]) == [0x30, 0x82, 0xFF])
    }

    @Test("what commands a display is written out, in messages, paths and output alike")
    func displayCommands() {
        let text = "a\u{1b}[2J\u{202e}é\n"
        #expect(text.withoutDisplayCommands() == "a\\u{1b}[2J\\u{202e}é\\u{a}")
        #expect(text.withoutDisplayCommands(keeping: ["\n"]) == "a\\u{1b}[2J\\u{202e}é\n")
        #expect(text.printable() == text.withoutDisplayCommands())
        #expect("abc".printable(limit: 2) == "ab…")
    }

    @Test(
        "a name is near another by a sign or two, or by two that changed places; a word of another sense isn't",
        arguments: [
            ("serevr", "server"), ("verfiy", "verify"), ("colateral", "collateral"), ("lgos", "logs"), ("bogus", nil),
            ("lst", "list"), ("x", nil), ("stats", "status"),
        ]
    )
    func nearest(written: String, meant: String?) {
        let (names, isMeant) = NearestName.ranked(
            ["server", "verify", "collateral", "logs", "list", "status"],
            to: written
        )
        #expect(isMeant == (meant != nil) && (meant == nil || names.first == meant), "\(names)")
    }
}
