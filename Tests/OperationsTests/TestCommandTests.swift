import Testing

@testable import Operations

@Suite("The command that runs tests")
struct TestCommandTests {
    @Test(
        "is read as a shell reads words, quotes and variables",
        arguments: [
            ("pytest", [:], ["pytest"]), ("  pytest   -q\t-x ", [:], ["pytest", "-q", "-x"]),
            (#"pytest -k "a or b""#, [:], ["pytest", "-k", "a or b"]),
            ("pytest -k 'a or \"b\"'", [:], ["pytest", "-k", "a or \"b\""]),
            (#"pytest "a\"b\\c\d" x\ y"#, [:], ["pytest", #"a"b\c\d"#, "x y"]),
            ("pytest ''", [:], ["pytest", ""]), ("pytest a''b", [:], ["pytest", "ab"]),
            ("FOO=1 BAR= _X2='a b' pytest A=2", ["FOO": "1", "BAR": "", "_X2": "a b"], ["pytest", "A=2"]),
            (
                "/bin/sh -c 'pytest -q && echo \"$HOME\" | cat'", [:],
                ["/bin/sh", "-c", #"pytest -q && echo "$HOME" | cat"#]
            ),
            ("pytest test_a.py::test_b[1-x]", [:], ["pytest", "test_a.py::test_b[1-x]"]),
            ("pytest 'test_a.py::test_b[*]' \"a;b\" a#b", [:], ["pytest", "test_a.py::test_b[*]", "a;b", "a#b"]),
            ("1A=2 x", [:], ["1A=2", "x"]), ("=a", [:], ["=a"]),
        ] as [(String, [String: String], [String])]
    )
    func words(text: String, variables: [String: String], words: [String]) throws {
        let command = try TestCommand(text)
        #expect([command.program] + command.arguments == words)
        #expect(command.variables == variables)
    }

    @Test(
        "what only a shell understands is refused with a mend, and so is what has no end",
        arguments: [
            ("pytest && echo", "'&'"), ("pytest | cat", "'|'"), ("pytest;true", "';'"), ("pytest > x", "'>'"),
            ("pytest $HOME", "'$'"), ("pytest \"$HOME\"", "'$'"), ("pytest `x`", "'`'"), ("pytest *.py", "'*'"),
            ("(pytest)", "'('"), ("pytest # all", "'#'"), ("pytest ~/x", "'~'"), ("pytest 'x", "isn't closed"),
            ("pytest \"x", "isn't closed"), ("pytest x\\", "backslash"), ("A=1", "no program"), ("''", "no program"),
        ]
    )
    func refused(text: String, word: String) {
        let error = #expect(throws: OperationError.self) { try TestCommand(text) }
        #expect(error?.subject == "tests_cmd" && error?.code == "tests.command" && error?.mend != nil)
        #expect(error?.problem.contains(word) == true, "\(error.map { "\($0)" } ?? "")")
    }
}
