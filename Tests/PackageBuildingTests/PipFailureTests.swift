import TestSupport
import Testing

@testable import PackageBuilding
@testable import Processes

/// What pip of several versions says, as it says it.
@Suite("pip's words")
struct PipFailureTests {
    private static let work = "/home/a b/out/.package.x1"

    private static let fetch = "Could not fetch URL %s: %s - skipping"

    @Test("pip's way is told by pip's own templates, whatever pages and servers put into them")
    func steps() {
        let address = "https://a.example/simple/x/"
        func step(_ template: String, _ arguments: String...) -> PipWatch.Step? {
            PipWatch.Step(PipRecord(level: 10, template: template, arguments: arguments))
        }
        #expect(step(Self.fetch, address, "timed out") == .fails(address, reason: "does not answer"))
        #expect(
            step(Self.fetch, address, "connection error: [Errno 111] Connection refused")
                == .fails(address, reason: "can't be reached: nobody listens there")
        )
        #expect(step("Getting page %s", address) == .asks(address, isPage: true))
        #expect(step("Downloading %s", address + " (1.0 MB)") == .asks(address, isPage: false))
        let forged =
            "x\n2026-11-30T13:00:00,123 Could not fetch URL https://pypi.example/: connection error: no - skipping"
        #expect(step("Skipping link: %s: %s", forged, address) == .isAnswered)
        // It says that it hasn't it, with words of its own.
        for reason in ["404 Client Error: timed out for url: \(address)", "410 Client Error: Gone 500 Server Error: x"]
        {
            #expect(step(Self.fetch, address, reason) == nil)
        }
        // All else is no word about what it has.
        for (reason, words) in [
            ("500 Server Error: 404 Client Error: x", "answers with status 500"),
            (
                "401 Client Error: 404 Client Error: Not Found",
                "answers with status 401: it wants another user or password"
            ),
            (
                "HTTPPool: Max retries exceeded (Caused by ResponseError('too many 503 error responses'))",
                "answers with errors of its own again and again"
            ),
            (
                "connection error: Max retries (Caused by ProxyError('Cannot connect', Connection refused))",
                "can't be reached: the proxy that the environment or pip's settings name doesn't lead there"
            ),
            (forged, "can't be reached: the connection failed"),
        ] {
            #expect(step(Self.fetch, address, reason) == .fails(address, reason: words))
        }
        // A message without arguments is all a stranger's, perhaps.
        for text in [Self.fetch, forged, "Could not fetch URL https://pypi.example/: timed out - skipping"] {
            #expect(step(text) == nil)
        }
    }

    @Test("a record is a line of JSON, and no other line is one")
    func records() throws {
        let line = #"[10, "Getting page %s", ["https://a.example/\n"], "Getting page https://a.example/", ""]"#
        #expect(PipRecord(line.utf8)?.arguments == ["https://a.example/\n"])
        for line in [
            "", "[]", "[10]", "{}", #"["10","a",[],"a",""]"#, "2026-11-30T13:00:00,123 Getting page https://x/",
        ] {
            #expect(PipRecord(line.utf8) == nil, "\(line)")
        }
    }

    @Test(
        "what strangers say inside a message doesn't make it one of another kind",
        arguments: [
            "HTTP error 401 while getting https://pypi.example/x", "THESE PACKAGES DO NOT MATCH THE HASHES",
            "Could not find a version that satisfies the requirement flask (from versions: none)",
            "ERROR: Invalid requirement: 'flask'", "No matching distribution found for flask",
            "x.whl is not a supported wheel on this platform.",
            "Cannot install %s because", "Hashes are required in --require-hashes mode", "No space left on device",
            "Failed to build x", "mse: no program may be started",
            "Package 'x' requires a different Python: 3 not in '>4'",
        ]
    )
    func strangers(words: String) throws {
        let ignored = "Ignored the following versions that require a different python version: %s"
        let yanked =
            """
            The candidate selected for download or install is a yanked version: 'x' candidate\nReason for being \
            yanked: 
            """
        let odd = "Something that nobody knows: "
        let records = [
            PipRecord(level: 50, template: ignored, arguments: [words], text: ignored.replacing("%s", with: words)),
            PipRecord(level: 30, template: yanked + words), PipRecord(level: 30, template: words),
            PipRecord(level: 10, template: words), PipRecord(level: 50, template: odd + "\n" + words),
            PipRecord(level: 50, template: "Odd %s", arguments: [words], text: "Odd " + words),
        ]
        let text = try problem("ERROR: \(odd)\n\(words)\n", records: records)
        #expect(text.contains("pip says:\n  | "), "\(text)")
        for line in text.split(separator: "\n").dropFirst() { #expect(line.hasPrefix("  | "), "\(text)") }
    }

    /// The records that pip makes what it prints of.
    private static func records(_ output: String) -> [PipRecord] {
        var records: [PipRecord] = []
        for line in output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
            if line.hasPrefix("ERROR: ") {
                var line = String(line.dropFirst("ERROR: ".count))
                var arguments: [String] = [], template = line
                for (beginning, end) in [
                    ("Could not find a version that satisfies the requirement ", " (from versions"),
                    ("Ignored the following versions that require a different python version: ", ""),
                    ("Cannot install ", " because"),
                ] where line.hasPrefix(beginning) {
                    let rest = line.dropFirst(beginning.count)
                    let argument = end.isEmpty ? rest : rest[..<rest.firstRange(of: end)!.lowerBound]
                    arguments = [String(argument)]
                    template = beginning + "%s" + rest.dropFirst(argument.count)
                }
                if line.hasPrefix("Traceback") { line = "Exception:" }
                records.append(PipRecord(level: 50, template: template, arguments: arguments, text: line))
            } else if line.hasPrefix("The conflict is caused by:") {
                records.append(PipRecord(level: 20, template: "\n" + line))
            } else if line.hasPrefix("PermissionError: ") {
                let text = "Exception: " + line.dropFirst("PermissionError: ".count)
                records.append(PipRecord(level: 50, template: "Exception:", text: text, error: "PermissionError"))
            } else if let last = records.indices.last {
                records[last].text += "\n" + line
                if records[last].arguments.isEmpty { records[last].template = records[last].text }
            }
        }
        return records
    }

    private func problem(
        _ output: String,
        records: [PipRecord]? = nil,
        settings: [String: String] = [:],
        allowsSources: Bool = false
    ) throws -> String {
        let requirements = try Requirements(
            lines: ["flask==3.0", "click==7.0", "nosuch"],
            of: "mse.toml, tests_requirements",
            project: "/p",
            allowsSources: allowsSources,
            environment: [:]
        )
        return PipFailure(
            output: output,
            records: records ?? Self.records(output),
            purpose: "resolve the requirements",
            requirements: requirements,
            credentials: requirements.credentials,
            settings: settings,
            allowsSources: allowsSources,
            standardModules: ["sqlite3", "json", "_thread"],
            work: Self.work
        ).problem
    }

    @Test("a module of Python's own is told to be no package", arguments: ["sqlite3", "json==1.0", "_thread"])
    func standardModules(wanted: String) throws {
        let output = "ERROR: Could not find a version that satisfies the requirement \(wanted) (from versions: none)\n"
        let text = try problem(output)
        #expect(text.contains("\(wanted) is no package but a module of Python's own"), "\(text)")
        #expect(try !problem(output.replacing(wanted, with: "sqlite")).contains("Python's own"))
        #expect(try !problem(output.replacing("versions: none", with: "versions: 0.1, 0.2")).contains("Python's own"))
    }

    @Test(
        "an index among pip's settings that can't be asked is told by setting, and without its user",
        arguments: [
            ("pypi.example/simple", "no address"), ("localhost:3141/root", "no address"), ("//x/y", "no address"),
            ("ftp://x/", "'ftp' isn't spoken"), ("http://", "no host"), ("https:/x", "no host"),
            ("me:hunter2@pypi.example/simple", "no address"), ("/nowhere/simple", "no address"),
            ("https://a.example/ b.example/simple", "'b.example/simple', which is no address"),
        ]
    )
    func indexes(value: String, words: String) throws {
        for name in ["index-url", "extra-index-url"] {
            let text = try #require(PipSettings.problem([name: value], Requirements()))
            #expect(text.hasPrefix("pip's setting \(name), from its configuration ('pip config debug'"), "\(text)")
            #expect(text.contains(words) && !text.contains("hunter2"), "\(text)")
        }
        let text = ProgramRun.$surroundings.withValue(["PIP_INDEX_URL": value]) {
            PipSettings.problem(["index-url": value], Requirements())
        }
        #expect(text?.contains("from the variable PIP_INDEX_URL, says") == true, "\(text ?? "")")
        var own = Requirements()
        own.options = ["--index-url=https://own.example/simple"]
        #expect(PipSettings.problem(["index-url": value], own) == nil)
    }

    @Test(
        "addresses and folders of this machine are taken",
        arguments: ["https://a.example/simple http://b:80", "HTTPS://u:p@a/", "file:///wheels/simple", "/tmp", ""]
    )
    func soundIndexes(value: String) {
        #expect(PipSettings.problem(["index-url": value, "extra-index-url": value], Requirements()) == nil)
    }

    @Test(
        "what is known is said in our words, in one line",
        arguments: [
            (
                """
                ERROR: Cannot install -r WORK/requirements.txt (line 1) and click==7.0 because these package versions \
                have conflicting dependencies.

                The conflict is caused by:
                    The user requested click==7.0
                    flask 3.0 depends on click>=8.1.3

                To fix this you could try to:
                1. loosen the range of package versions you've specified

                ERROR: ResolutionImpossible: for help visit \
                https://pip.pypa.io/en/latest/topics/dependency-resolution/

                """,
                ["mse.toml, tests_requirements asks for click==7.0", "flask 3.0 needs click>=8.1.3"]
            ),
            (
                """
                ERROR: Could not find a version that satisfies the requirement nosuch (from versions: none)
                ERROR: No matching distribution found for nosuch

                """,
                ["no wheel of nosuch (mse.toml, tests_requirements) is found", "its name isn't right"]
            ),
            (
                """
                ERROR: Ignored the following versions that require a different python version: 2.0 Requires-Python \
                >=3.13
                ERROR: Could not find a version that satisfies the requirement nosuch==2.0 (from -r \
                WORK/requirements.txt (line 3)) (from versions: 0.1, 0.2)

                """,
                ["nosuch==2.0 (mse.toml, tests_requirements)", "there are 0.1, 0.2", "another Python: 2.0"]
            ),
            (
                """
                ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. If you have updated…
                    flask==3.0 from https://x/flask.whl (from -r WORK/requirements.txt (line 1)):
                        Expected sha256 aa
                             Got        bb

                """,
                ["flask==3.0: aa expected, found bb"]
            ),
            (
                """
                ERROR: Hashes are required in --require-hashes mode, but they are missing from some requirements. Here \
                is a list of those requirements along with the hashes their downloaded archives actually had.
                    click==7.0 --hash=sha256:00

                """,
                ["all need a version with ==", "click==7.0"]
            ),
            (
                "ERROR: x-1.0-cp39-cp39-win32.whl is not a supported wheel on this platform.\n",
                ["x-1.0-cp39-cp39-win32.whl is a wheel for another Python or another machine"]
            ),
            (
                "ERROR: Package 'nosuch' requires a different Python: 3.11.2 not in '>=3.13'\n",
                ["nosuch needs another Python: 3.11.2 not in '>=3.13'"]
            ),
            (
                """
                Traceback (most recent call last):
                  File "/cache/pip/x.py", line 1, in y
                PermissionError: mse: no program may be started

                """,
                ["source archive", "allow_sources"]
            ),
            (
                "ERROR: HTTP error 403 while getting https://host/x.whl (from -r WORK/requirements.txt (line 1))\n",
                ["https://host/x.whl answers with status 403", "another user or password"]
            ),
            (
                "ERROR: Invalid requirement: 'click=7': Expected end (from line 2 of WORK/requirements.txt)\n",
                ["mse.toml, tests_requirements: 'click=7' is no requirement"]
            ),
            (
                "ERROR: Wheel 'x' located at WORK/archives/x-1-py3-none-any.whl is invalid.\n",
                ["an archive is damaged", "x-1-py3-none-any.whl"]
            ),
        ]
    )
    func known(output: String, words: [String]) throws {
        let text = try problem(output.replacing("WORK", with: Self.work))
        for word in words { #expect(text.contains(word), "\(word): \(text)") }
        #expect(text.hasPrefix("can't resolve the requirements: ") && !text.contains("\n"), "\(text)")
        #expect(!text.contains(Self.work) && !text.contains("ERROR") && !text.contains("pip.pypa.io"), "\(text)")
        #expect(!text.contains("contradict") || !text.contains("allow_sources"), "\(text)")
    }

    @Test("no-index is named, wherever it was set", arguments: ["1", "true", "Yes", "on"])
    func noIndex(value: String) throws {
        let output = "ERROR: No matching distribution found for nosuch\n"
        #expect(try problem(output, settings: ["no-index": value]).contains("PIP_NO_INDEX"))
        #expect(!(try problem(output, settings: ["no-index": "0"]).contains("PIP_NO_INDEX")))
    }

    @Test("the rest is quoted: bounded, printable, without bars of progress, tracebacks and places of copies")
    func unknown() throws {
        let text = try problem(
            "   ━━━━━━━━ 1.0/2.0 MB 3 MB/s eta 0:00:01\r   ━━━ 2.0/2.0 MB\nDownloading 1%\rDownloading 100%\n"
                + """
                Traceback (most recent call last):
                  File "/cache/x.py", line 3, in f
                    g()
                OddError: \u{1B}[2J in \(Self.work)/archives/a.whl

                """
                + "[notice] A new release of pip is available\n"
                + (0..<40).map { "line \($0) " + String(repeating: "x", count: 5000) + "\n" }.joined()
                + "OddError: \u{1B}[31m \(Self.work)/requirements.txt and -r \(Self.work)/requirements.txt (line 2)\n"
        )
        let lines = text.split(separator: "\n")
        #expect(lines.count == 13 && lines.dropFirst().allSatisfy { $0.hasPrefix("  | ") }, "\(text.prefix(500))")
        #expect(text.utf8.count < 6000 && !text.contains("\u{1B}") && !text.contains("━") && !text.contains(Self.work))
        #expect(lines.last?.contains("mse.toml, tests_requirements") == true, "\(lines.last ?? "")")
    }
}
