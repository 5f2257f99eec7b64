import Notation
import Testing

@Suite("TOML")
struct TOMLTests {
    private func read(_ text: String) throws -> Node { try TOML.read(Array(text.utf8)) }

    @Test("values, tables, arrays and dotted keys are read")
    func values() throws {
        let text = """
            a = "x\\n" # comment
            b.c = 0x1F
            d = [1, 2,
              3 ]
            [t]
            e = 'lit\\n'
            f = { g = true, h = 1_000 }
            [[l]]
            i = -1.5e3
            [[l]]
            s = \"\"\"
            one
            two\"\"\"
            """
        let node = try read(text)
        #expect(
            JSON.canonical(node)
                == #"{"a":"x\n","b":{"c":31},"d":[1,2,3],"l":[{"i":-1.5e3},{"s":"one\ntwo"}],"#
                + #""t":{"e":"lit\\n","f":{"g":true,"h":1000}}}"#
        )
    }

    @Test(
        "what isn't TOML is refused with its line",
        arguments: [
            ("a = ", 1), ("a = 1\na = 2", 2), ("[t]\n[t]", 2), ("a = \"x", 1), ("\n= 1", 2), ("a 1", 1), ("a = [1", 1),
            ("a = {b = 1", 1),
            ("a = 01", 1),
            ("a = x", 1), ("a = 1 b = 2", 1), ("a.b = 1\na = 2", 2), ("a = 1\n[a]", 2), ("a = 1979-13-27", 1),
        ]
    )
    func refused(text: String, line: Int) {
        let error = #expect(throws: NotationError.self) { try read(text) }
        #expect(error?.place.line == line)
    }

    @Test("an unknown member names line and nearest known one")
    func unknown() throws {
        var reader = try ObjectReader(read("name = \"a\"\nhealth_check = 1\n"))
        _ = try reader.string("name")
        _ = reader.optional("healthcheck")
        let error = #expect(throws: NotationError.self) { try reader.finish() }
        #expect(
            error?.description
                == """
                line 2, column 1: 'health_check': is unknown here; did you mean 'healthcheck'?; known here: \
                healthcheck, name
                """
        )
    }
}
