import Notation
import PackageFormat
import Testing

@Suite("Keys of a project")
struct ProjectKeysTests {
    private static let lines = [
        ("name", #"name = "p""#), ("python_application", #"python_application = "app:app""#),
        ("healthcheck_endpoint", #"healthcheck_endpoint = "/""#), ("tests_cmd", #"tests_cmd = "pytest""#),
        ("tests_requirements", "tests_requirements = []"),
    ]

    private func error(without absent: Set<String>, _ more: String = "") -> String {
        let text = Self.lines.filter { !absent.contains($0.0) }.map { $0.1 + "\n" }.joined() + more
        return #expect(throws: NotationError.self) { try ProjectConfiguration(Array(text.utf8)) }?.description ?? ""
    }

    @Test("all that is missing is told at once, each with a line that it could be", arguments: 1..<32)
    func missing(pattern: Int) throws {
        let absent = Set(Self.lines.indices.filter { pattern & 1 << $0 != 0 }.map { Self.lines[$0].0 })
        let words = error(without: absent)
        for (name, _) in Self.lines { #expect(words.contains(name + " = ") == absent.contains(name), "\(words)") }
        #expect(words.contains("missing") && words.contains("before the first table"), "\(words)")
    }

    @Test(
        "a table or key that isn't known is told with those that are",
        arguments: ["[env]\nA = \"1\"\n", "[state]\n", "[secrets]\n"]
    )
    func tables(text: String) {
        let words = error(without: [], text)
        for table in ["enclave", "server", "log", "package", "cloud"] { #expect(words.contains(table), "\(words)") }
        #expect(words.hasPrefix("line 6"), "\(words)")
    }

    @Test(
        "an application that is named in another way is told how it is named",
        arguments: [
            ("app", #""app:app""#), ("my-app", #""my-app:app""#), ("app.py", #""app:app""#),
            ("app/main.py", #""app.main:app""#), ("pkg/app:web", #""pkg.app:web""#), ("wsgi:", #""wsgi:app""#),
            ("app.py:create app", nil), ("a:b:c", nil), ("a b", nil), (":app", nil),
        ]
    )
    func applications(text: String, meant: String?) {
        let words = error(without: ["python_application"], "python_application = \"\(text)\"\n")
        #expect(words.contains("'module:variable' expected, found \"\(text)\""), "\(words)")
        if let meant { #expect(words.hasSuffix(", such as " + meant), "\(words)") }
    }

    @Test("so is a key of a table")
    func keys() {
        let words = error(without: [], "[server]\nthread = 3\n")
        #expect(
            words.contains("did you mean 'threads'?")
                && words.contains("known in server: threads, grace, interface, max_body, max_header"),
            "\(words)"
        )
    }
}
