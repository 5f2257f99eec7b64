import CodeEncryption
import Files
import Foundation
import TestSupport
import Testing

@testable import Notation
@testable import PackageBuilding
@testable import PackageFormat
@testable import Processes

/// A package index on loopback and wheels that are made here: nothing of another machine.
final class LocalIndex: Sendable {
    let process: Process
    let port: Int

    /// Serves `folder`; behind a password when `user` is there.
    init(_ folder: String, user: String = "") throws {
        let script = """
            import base64, functools, http.server, signal, sys
            signal.alarm(120)
            class Handler(http.server.SimpleHTTPRequestHandler):
                def do_GET(self):
                    # An index that is there and doesn't say what it has.
                    if self.path.startswith("/status/"):
                        self.send_response(int(self.path.split("/")[2]))
                        self.send_header("Content-Length", "0")
                        return self.end_headers()
                    if self.path.startswith("/json/"):
                        self.send_response(200)
                        self.send_header("Content-Type", "application/json")
                        self.send_header("Content-Length", "2")
                        self.end_headers()
                        return self.wfile.write(b"{}")
                    wanted = "Basic " + base64.b64encode(sys.argv[2].encode()).decode()
                    if sys.argv[2] and self.headers.get("Authorization") != wanted:
                        self.send_response(401)
                        self.send_header("WWW-Authenticate", "Basic")
                        return self.end_headers()
                    super().do_GET()
                def log_message(self, *a): pass
            handler = functools.partial(Handler, directory=sys.argv[1])
            server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
            print(server.server_address[1], flush=True)
            server.serve_forever()
            """
        process = Process()
        process.executableURL = URL(filePath: "/usr/bin/python3")
        process.arguments = ["-c", script, folder, user]
        let pipe = Pipe()
        process.standardOutput = pipe
        // Whoever holds the tests' own output open keeps their runner waiting.
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.run()
        port = try #require(
            Int(
                String(decoding: pipe.fileHandleForReading.availableData, as: UTF8.self).split(separator: "\n").first
                    ?? ""
            )
        )
    }

    deinit { process.terminate() }

    /// Makes `simple/<name>/` with a wheel, `wheels/` with the same, and a source archive whose setup.py leaves a mark.
    static func fill(_ folder: TemporaryFolder) throws {
        let script = """
            import hashlib, io, os, sys, tarfile, zipfile
            root = sys.argv[1]
            def wheel(name, version, requires="", extra=""):
                file = f"{name}-{version}-py3-none-any.whl"
                os.makedirs(f"{root}/simple/{name}", exist_ok=True); os.makedirs(f"{root}/wheels", exist_ok=True)
                info = f"{name}-{version}.dist-info"
                meta = f"Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n" + requires
                for path in (f"{root}/simple/{name}/{file}", f"{root}/wheels/{file}"):
                    with zipfile.ZipFile(path, "w") as z:
                        z.writestr(f"{name}/__init__.py", f"VERSION = '{version}'\\n")
                        z.writestr(f"{info}/METADATA", meta)
                        z.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nGenerator: t\\n"
                            "Root-Is-Purelib: true\\nTag: py3-none-any\\n")
                        installed = [f"{name}/__init__.py", f"{info}/METADATA", f"{info}/WHEEL", f"{info}/RECORD"]
                        z.writestr(f"{info}/RECORD", "".join(path + ",,\\n" for path in installed))
                digest = hashlib.sha256(open(path, "rb").read()).hexdigest()
                with open(f"{root}/simple/{name}/index.html", "a") as page:
                    page.write(f'<a href="{file}#sha256={digest}">{file}</a>\\n')
            wheel("alpha", "1.0"); wheel("alpha", "2.0")
            wheel("beta", "1.0", "Requires-Dist: alpha<2\\nProvides-Extra: more\\n"
                                 "Requires-Dist: gamma; extra == 'more'\\n")
            wheel("gamma", "3.0")
            wheel("delta", "1.0", f"Requires-Dist: evil @ file://{root}/evil-1.0.tar.gz\\n")
            os.makedirs(f"{root}/simple/evil", exist_ok=True)
            setup = f"open('{root}/mark', 'w').write('ran')\\nfrom setuptools import setup\\n"
            setup += "setup(name='evil', version='1.0')\\n"
            description = "Metadata-Version: 2.1\\nName: evil\\nVersion: 1.0\\n"
            for path in (f"{root}/simple/evil/evil-1.0.tar.gz", f"{root}/evil-1.0.tar.gz"):
                with tarfile.open(path, "w:gz") as tar:
                    for name, text in (("setup.py", setup), ("PKG-INFO", description)):
                        info = tarfile.TarInfo("evil-1.0/" + name)
                        info.size = len(text)
                        tar.addfile(info, io.BytesIO(text.encode()))
            open(f"{root}/simple/evil/index.html", "w").write('<a href="evil-1.0.tar.gz">evil-1.0.tar.gz</a>')
            """
        let made = try ProgramRun("/usr/bin/python3", ["-c", script, folder.path]).run()
        #expect(made.status == 0, "\(made.output)")
    }
}

@Suite("Requirements", .serialized)
struct RequirementsTests {
    let folder: TemporaryFolder
    static let version: String = {
        let result = try? ProgramRun(
            "/usr/bin/python3",
            ["-c", "import sys; print('%d.%d.%d' % sys.version_info[:3])"]
        ).run()
        return result?.output.filter { !$0.isWhitespace } ?? ""
    }()
    /// This machine's own Python, which pip has to run with.
    private static let runtime = MachineRuntime(
        interpreter: "/usr/bin/python3",
        list: RuntimeList(python: version, platform: .simulator, loader: "/loader", agent: "/agent", files: []),
        loader: SmallLoader.bytes()
    )
    /// pip's own environment is made once.
    static let cache = NSTemporaryDirectory() + "mse-tests-pip-\(getpid())"
    private static let pip = PipEnvironment(interpreter: "/usr/bin/python3", version: version, cache: cache)

    init() throws {
        folder = try TemporaryFolder()
        try LocalIndex.fill(folder)
        try SmallProject.write(to: folder)
    }

    private func build(_ requirements: String, encrypts: Bool = true, output: String = "out") throws -> (
        lock: String, product: PackageBuilder.Product
    ) {
        try folder.write("project/mse_src/requirements.txt", requirements)
        let builder = PackageBuilder(
            project: folder.path + "/project",
            output: folder.path + "/" + output,
            runtime: Self.runtime,
            cache: Self.cache,
            encrypts: encrypts,
            timestamp: Int64.random(in: 1...Int64.max)
        )
        let product = try builder.build()
        let range = try #require(try PackageFile(product.package).range(of: "environment.lock"))
        return (String(decoding: try Files.read(product.package)[range], as: UTF8.self), product)
    }

    @Test(
        "a comment line ends a continued line, as in pip",
        arguments: [
            (
                """
                idna==3.10 \\
                    --hash=sha256:\(hash)  \\
                    # via requests
                six==1.17.0 \\
                 --hash=sha256:\(hash)

                """,
                2
            ),
            ("alpha \\\n# c\nbeta\n", 2), ("alpha \\\n  # c \\\nbeta\n", 2), ("alpha \\\n ==1.0\nbeta\n", 2),
            ("# c \\\nalpha\n", 1),
            ("alpha \\\n\nbeta\n", 2), ("alpha \\\n# c", 1),
        ]
    )
    func continuedLines(text: String, count: Int) throws {
        try folder.write("r.txt", text)
        let read = try Requirements(
            file: folder.path + "/r.txt",
            project: folder.path,
            allowsSources: false,
            environment: [:]
        )
        #expect(read.distributions.count == count, "\(read.distributions)")
    }

    private static let hash = String(repeating: "0a", count: 32)

    @Test("where markers leave nothing to install, the environment is empty", arguments: [1, 2])
    func nothingForThisMachine(count: Int) throws {
        let lines = ["pywin32==306; sys_platform == \"win32\"\n", "alpha ; python_version < \"3\"\n"].prefix(count)
            .joined()
        let (lock, product) = try build(lines)
        #expect(lock.isEmpty)
        var reader = try TarReader(product.package, range: PackageFile(product.package).range(of: "environment.tar"))
        #expect(try reader.next() == nil)
    }

    @Test(
        "pip's settings that can't be read are one line that names the file, without a traceback",
        arguments: [
            "nosection\n", "[global]\ntimeout=abc\n", "[global]\npython=/x\n",
            "index-url = https://alice:hunter2@index.example/simple\n",
            "index-url = https://alice:hun/ter2hunter2@index.example/simple\n",
        ]
    )
    func brokenSettings(text: String) throws {
        try folder.write("pip.conf", text)
        let python = try Self.pip.python()
        let surroundings = ["PIP_CONFIG_FILE": folder.path + "/pip.conf"]
        let error = #expect(throws: PackageError.self) {
            try PipSettings.read(by: python, with: surroundings)
        }
        let words = error?.description ?? ""
        #expect(
            words.contains(folder.path + "/pip.conf") && !words.contains("Traceback") && !words.contains("\n"),
            "\(words)"
        )
        #expect(!words.contains("hunter2"), "\(words)")
        try folder.write("pip.conf", "[global]\ntimeout=7\n")
        let settings = try PipSettings.read(by: python, with: surroundings)
        #expect(settings["timeout"] == "7")
    }

    /// Read twice, they may say another thing the second time: then what is installed isn't what was resolved.
    @Test("pip's settings are read once for an environment, however many steps make it")
    func settingsOnce() throws {
        let index = try LocalIndex(folder.path), path = folder.path + "/pip.conf"
        try folder.write("pip.conf", "[global]\nindex-url = http://127.0.0.1:\(index.port)/simple\n")
        let surroundings = ["PIP_CONFIG_FILE": path]
        let python = try Self.pip.python()
        let once = try FileOpenings.count(of: [path]) { _ = try PipSettings.read(by: python, with: surroundings) }
        #expect(once[0] > 0)
        let building = try FileOpenings.count(of: [path]) {
            let built = try ProgramRun.$surroundings.withValue(
                ProgramRun.inheritedVariables.merging(surroundings) { $1 }.filter { $0.key != "PIP_INDEX_URL" }
            ) { try build("alpha\n") }
            #expect(built.lock.contains("alpha=="))
        }
        #expect(building == once)
    }

    /// One accepts and never answers, at the other nobody listens.
    @Test(
        "an index that can't be reached is named within half a minute, whatever others have",
        arguments: ["silent", "dead"]
    )
    func unreachableIndex(kind: String) throws {
        let index = try LocalIndex(folder.path)
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = bind(descriptor, $0, length)
                if kind == "silent" { _ = listen(descriptor, 16) }
                _ = getsockname(descriptor, $0, &length)
            }
        }
        let port = in_port_t(bigEndian: address.sin_port)
        let good = "http://127.0.0.1:\(index.port)/simple", bad = "http://user:hunter22@127.0.0.1:\(port)/simple"
        let start = ContinuousClock.now
        let error = #expect(throws: PackageError.self) {
            try build("--index-url \(good)\n--extra-index-url \(bad)\nalpha\nbeta\ngamma\n")
        }
        let text = error?.description ?? ""
        #expect(text.contains("the index http://127.0.0.1:\(port)/simple/"), "\(text)")
        #expect(text.contains(kind == "silent" ? "does not answer" : "nobody listens"), "\(text)")
        #expect(!text.contains("hunter22") && !text.contains("allow_sources"), "\(text)")
        #expect(start.duration(to: .now) < .seconds(35))
        #expect(!Files.exists(folder.path + "/out"))
    }

    /// What it has is another's then, who may have taken the name.
    @Test(
        "an index that is there and doesn't say what it has isn't passed over for another; one that hasn't it is",
        arguments: [
            ("status/401", "status 401: it wants another user"), ("status/403", "status 403: it wants another user"),
            ("status/407", "status 407"), ("status/429", "status 429"), ("status/502", "status 502"),
            ("status/503", "errors of its own"), ("json", "something else than an index's page"), ("status/404", ""),
            ("status/410", ""),
        ]
    )
    func refusingIndex(kind: String, words: String) throws {
        let index = try LocalIndex(folder.path), host = "http://127.0.0.1:\(index.port)"
        for (first, second) in [("simple", kind + "/simple"), (kind + "/simple", "simple")] {
            let list = "--index-url \(host)/\(first)\n--extra-index-url \(host)/\(second)\nalpha\n"
            if words.isEmpty {
                #expect(try build(list, output: "out-\(first.utf8.count)").lock.hasPrefix("alpha=="))
            } else {
                let error = #expect(throws: PackageError.self) { try build(list) }
                let text = error?.description ?? ""
                #expect(text.contains("the index \(host)/\(kind)/simple/") && text.contains(words), "\(text)")
                #expect(!text.contains("allow_sources") && !Files.exists(folder.path + "/out"), "\(text)")
            }
        }
    }

    /// Attributes of a page, as pip writes them into its messages.
    @Test(
        "what an index's page says can't end pip, nor be told as what an index or another says",
        arguments: ["data-requires-python", "data-yanked", "href"]
    )
    func forgedLines(attribute: String) throws {
        let index = try LocalIndex(folder.path)
        let forged = [
            "Could not fetch URL https://pypi.example/simple/: connection error: Connection refused - skipping",
            "ERROR: HTTP error 401 while getting https://pypi.example/simple/",
            "Getting page https://pypi.example/forged",
        ]
        let said = ["&#10;", "&#13;", "&#8232;", "&#133;", "&#12;"].flatMap { end in
            forged.map { "\(end)2026-11-30T13:00:00,123 \($0)\(end)" }
        }.joined()
        func page(_ name: String) -> String {
            let file = "\(name)-0.1-py3-none-any.whl", text = "&gt;=99" + said
            return attribute == "href"
                ? "<a href=\"\(name)-0.1\(text).whl\">\(name)-0.1\(text).whl</a>\n"
                : "<a href=\"\(file)\" \(attribute)=\"\(text)\">\(file)</a>\n"
        }
        try folder.write("simple/forged/index.html", page("forged"))
        let list = "--index-url http://127.0.0.1:\(index.port)/simple\n"
        let error = #expect(throws: PackageError.self) { try build(list + "forged\n") }
        let words = error?.description ?? ""
        #expect(!words.contains("the index https://pypi.example") && !words.contains("status 401"), "\(words)")
        #expect(words.split(separator: "\n").dropFirst().allSatisfy { $0.hasPrefix("  | ") }, "\(words)")
        // Beside a version that is good it harms nothing.
        let good = "<a href=\"alpha-2.0-py3-none-any.whl\">alpha-2.0-py3-none-any.whl</a>\n"
        try folder.write("simple/alpha/index.html", page("alpha") + good)
        #expect(try build(list + "alpha\n").lock.hasPrefix("alpha==2.0 "))
    }

    @Test("an extra that a distribution doesn't have is told, by whomever it is asked for")
    func unknownExtras() throws {
        let index = try LocalIndex(folder.path)
        let list = "--index-url http://127.0.0.1:\(index.port)/simple\n"
        func notes(_ line: String) throws -> [String] {
            try build(list + line + "\n", output: "out\(UInt32.random(in: 0 ... .max))").product.notes
                .filter { $0.contains("extra") }
        }
        #expect(try notes("beta[more]").isEmpty)
        #expect(try notes("Beta[MORE]").isEmpty)
        let some = try notes("beta[more,nosuch]")
        #expect(
            some.count == 1 && some[0].contains("beta 1.0 has no extra 'nosuch'") && some[0].contains("more"),
            "\(some)"
        )
        let none = try notes("alpha[a,b]==1.0")
        #expect(none.count == 1 && none[0].contains("'a', 'b'") && none[0].contains("it has none"), "\(none)")
    }

    private static let passwords = [
        "hun/ter22word", "hun#ter22word", "hun@ter22word", "hun%ter22word", "hun?ter22word", "hun:ter22word",
        "hun%2Fter22word", "hun%40ter22word", "hun%23ter22word", "hun%25ter22word", "hun[ter22word", "hun\\ter22word",
        "hun@ter22/word33#last44", "HUN@TER22/word33", "hun%2fter22%40word33",
    ]

    private static func parts(_ password: String) -> [String] {
        ["hun", "ter22", "word33", "last44"].filter { password.lowercased().contains($0) }
    }

    /// As their owners write them, encoded or not; as libraries write them when they complain.
    @Test("no piece of a password is shown, however it is written and wherever addresses are cut", arguments: passwords)
    func pieces(password: String) {
        var credentials = Credentials()
        credentials.learn(address: "user:\(password)@proxy.example:3128")
        let plain = PercentEncoding.decoded(password).map { String(decoding: $0, as: UTF8.self) } ?? password
        for text in [password, plain] {
            let encoded = PercentEncoding.encoded(Array(text.utf8))
            var said = [
                text, text.lowercased(), encoded, encoded.lowercased(), text.replacing("\\", with: "\\\\"),
                "http://user:\(text)@proxy.example:3128/", "http://user:\(encoded)@proxy.example/",
                PercentEncoding.encodedPath(text),
            ]
            for end in "/?#@:%[" { said += text.split(separator: end).map { "bad port or host: '\($0)'" } }
            for one in said {
                let shown = credentials.redacted("Failed: " + one).lowercased()
                for part in Self.parts(password) { #expect(!shown.contains(part), "\(one): \(shown)") }
            }
        }
    }

    @Test("pip tells nothing of a password in an index's address", arguments: [0, 2, 3, 6, 14])
    func configuredPasswords(number: Int) throws {
        let password = Self.passwords[number]
        let error = #expect(throws: PackageError.self) {
            try build("--index-url http://user:\(password)@127.0.0.1:1/simple\nalpha\n")
        }
        let text = (error?.description ?? "").lowercased()
        for part in Self.parts(password) { #expect(!text.contains(part), "\(part): \(text)") }
    }

    @Test("a hash that doesn't fit is told without advice about source archives, and a full disk in one line")
    func failures() throws {
        let index = try LocalIndex(folder.path)
        let wrong = String(repeating: "0", count: 64)
        let list = "--index-url http://127.0.0.1:\(index.port)/simple\nalpha==1.0"
        let mismatch = #expect(throws: PackageError.self) { try build("\(list) --hash=sha256:\(wrong)\n") }
        let text = mismatch?.description ?? ""
        #expect(
            text.contains("another hash than --hash names") && text.contains(wrong) && !text.contains("allow_sources"),
            "\(text)"
        )
        let disk = folder.path + "/disk"
        try Files.makeFolder(disk)
        // Root alone can have a file system of its own.
        guard geteuid() == 0,
            try ProgramRun("/bin/mount", ["-t", "tmpfs", "-o", "size=24k", "tmpfs", disk]).run().status == 0
        else {
            return
        }
        defer { _ = try? ProgramRun("/bin/umount", ["-l", disk]).run() }
        let full = #expect(throws: PackageError.self) { try build("\(list)\nbeta\ngamma\n", output: "disk") }
        let words = full?.description ?? ""
        #expect(words.contains("no room left on the disk") || words.contains("No space left on device"), "\(words)")
        #expect(!words.contains("File \"") && words.split(separator: "\n").count == 1, "\(words)")
    }

    @Test("an index, find-links, a wheel by path or by address: locked with origin and hash, and installed")
    func origins() throws {
        let index = try LocalIndex(folder.path)
        let base = "http://127.0.0.1:\(index.port)"
        try folder.write("project/mse_src/other.txt", "alpha==1.0\n")
        try folder.write("project/mse_src/limits.txt", "alpha<2\n")
        let local = try Files.read(folder.path + "/wheels/gamma-3.0-py3-none-any.whl")
        try folder.write("project/mse_src/vendor/gamma-3.0-py3-none-any.whl", local)
        for (text, expected) in [
            ("--index-url \(base)/simple\nalpha\n", ["alpha==2.0"]),
            (
                """
                --no-index
                --extra-index-url=\(base)/simple
                -f \(folder.path)/wheels
                alpha \\
                  ==1.0 # the old one

                """,
                ["alpha==1.0"]
            ),
            ("--no-index\n--find-links \(base)/simple/gamma/\nGamma\n", ["gamma==3.0"]),
            ("--no-index\n./vendor/gamma-3.0-py3-none-any.whl\n", ["gamma==3.0"]),
            ("\(base)/wheels/gamma-3.0-py3-none-any.whl\n", ["gamma==3.0"]),
            ("gamma @ \(base)/wheels/gamma-3.0-py3-none-any.whl ; python_version > '3'\n", ["gamma==3.0"]),
            ("--index-url=\(base)/simple\nbeta[more]\n", ["alpha==1.0", "beta==1.0", "gamma==3.0"]),
            ("-i \(base)/simple\n-c limits.txt\nalpha\n", ["alpha==1.0"]),
            ("-i \(base)/simple\n-r other.txt\nnothing; python_version < '3'\n", ["alpha==1.0"]),
        ] {
            let lock = try build(text).lock
            let lines = lock.split(separator: "\n")
            #expect(lines.map { String($0.prefix { $0 != " " }) } == expected, "\(text)\n\(lock)")
            #expect(lines.allSatisfy { $0.contains(" --hash=sha256:") && $0.contains("  # ") }, "\(lock)")
            #expect(!lock.contains(folder.path), "\(lock)")
        }
    }

    @Test(
        "paths may have whatever a folder's name has",
        arguments: [
            "My Documents", "two  blanks and - a dash", "it's \"quoted\"", "C# & more", "$HOME ${X}", "ünï—日本語 é",
            "100%25 [x]", "a;b,c=d@e", "back\\slash", "tilde~^!",
        ]
    )
    func paths(name: String) throws {
        let vendor = "project/mse_src/\(name)"
        for wheel in ["gamma-3.0", "beta-1.0", "alpha-1.0"] {
            let file = wheel + "-py3-none-any.whl"
            try folder.write("\(vendor)/\(file)", try Files.read(folder.path + "/wheels/" + file))
        }
        try folder.write("\(vendor)/limits.txt", "alpha<2\n")
        let quoted = "\"" + "./\(name)".replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
        let address = "file://" + PercentEncoding.encodedPath(try Files.resolved(folder.path + "/" + vendor))
        for (text, expected) in [
            ("--no-index\n--find-links \(quoted)\nalpha\n", ["alpha==1.0"]),
            ("--no-index\n--find-links=\(address)\n-c \(quoted.dropLast())/limits.txt\"\nalpha\n", ["alpha==1.0"]),
            ("--no-index\ngamma @ \(address)/gamma-3.0-py3-none-any.whl ; python_version > '3'\n", ["gamma==3.0"]),
        ] {
            // The list of variables isn't this test's.
            guard !name.contains("${") || !text.contains("${") else { continue }
            let lock = try build(text, output: name).lock
            #expect(lock.split(separator: "\n").map { String($0.prefix { $0 != " " }) } == expected, "\(text)\n\(lock)")
            #expect(!lock.contains(folder.path), "\(lock)")
        }
        guard !name.contains("${"), !name.contains(";") else { return }
        let whole = try build(
            """
            --no-index
            -f \(address)
            ./\(name)/beta-1.0-py3-none-any.whl[more]
            ./\(name)/gamma-3.0-py3-none-any.whl

            """
        ).lock
        #expect(
            whole.split(separator: "\n").map { String($0.prefix { $0 != " " }) }
                == ["alpha==1.0", "beta==1.0", "gamma==3.0"],
            "\(whole)"
        )
    }

    @Test("requirements that contradict each other are named with file and line, and nothing of pip's folders")
    func contradictions() throws {
        let index = try LocalIndex(folder.path)
        let base = "--index-url http://127.0.0.1:\(index.port)/simple\n"
        try folder.write("project/mse_src/limits.txt", "# none\nalpha<1.5\n")
        for (text, words) in [
            ("alpha==2.0\nbeta\n", ["requirements.txt line 2 asks for alpha==2.0", "beta 1.0 needs alpha<2"]),
            (
                "\n\nalpha==2.0 ; python_version > '3'\n\nalpha==1.0\n",
                ["requirements.txt line 4 asks for alpha==2.0", "requirements.txt line 6 asks for alpha==1.0"]
            ),
            ("-c limits.txt\nalpha==2.0\n", ["limits.txt line 2 allows only alpha<1.5", "line 3 asks for alpha==2.0"]),
        ] {
            let error = #expect(throws: PackageError.self) { try build(base + text) }
            let found = error?.description ?? ""
            for word in words { #expect(found.contains(word), "\(word): \(found)") }
            #expect(found.contains("contradict each other") && !found.contains("allow_sources"), "\(found)")
            #expect(!found.contains(".package") && !found.contains("ResolutionImpossible"), "\(found)")
            #expect(found.split(separator: "\n").count == 1, "\(found)")
        }
    }

    @Test("what isn't found is told with what there is, and with why nobody was asked")
    func missing() throws {
        let index = try LocalIndex(folder.path)
        let base = "--index-url http://127.0.0.1:\(index.port)/simple\n"
        for (text, variables, words) in [
            (base + "alpha==9\n", [:], ["alpha==9", "line 2", "there are 1.0, 2.0", "allow_sources"]),
            (base + "nothing-here\n", [:], ["nothing-here", "its name isn't right"]),
            ("alpha\n", ["PIP_NO_INDEX": "1"], ["no-index is set in pip's settings (PIP_NO_INDEX or pip.conf)"]),
            ("--no-index\nalpha\n", [:], ["--no-index stands in the list of requirements"]),
        ] as [(String, [String: String], [String])] {
            let surroundings = ProcessInfo.processInfo.environment.merging(variables) { $1 }
            let error = #expect(throws: PackageError.self) {
                try ProgramRun.$surroundings.withValue(surroundings) { try build(text) }
            }
            let found = error?.description ?? ""
            for word in words { #expect(found.contains(word), "\(word): \(found)") }
            #expect(!found.contains(".package") && !found.contains("ERROR"), "\(found)")
        }
    }

    @Test("users, passwords and variables of addresses are in no lock, package, note or message")
    func credentials() throws {
        let index = try LocalIndex(folder.path, user: "alice:s3cret-word")
        let base = "127.0.0.1:\(index.port)/simple"
        setenv("MSE_TEST_TOKEN", "s3cret-word", 1)
        for (text, encrypts) in [
            ("--index-url http://alice:s3cret-word@\(base)\nalpha\n", true),
            ("--index-url http://alice:s3cret-word@\(base)\nalpha\n", false),
            ("--index-url http://alice:${MSE_TEST_TOKEN}@\(base)\nalpha\n", false),
        ] {
            let made = try build(text, encrypts: encrypts)
            #expect(made.lock.hasPrefix("alpha==2.0 "))
            let all =
                String(decoding: try Files.read(made.product.package), as: UTF8.self) + made.product.notes.joined()
            #expect(!all.contains("s3cret-word"))
        }
        for text in [
            "--index-url http://alice:s3cret-word@\(base)\nmissing\n",
            "--index-url http://bob:s3cret-word@\(base)\nalpha\n",
            "http://alice:${MSE_TEST_TOKEN}@127.0.0.1:\(index.port)/nothing-1-py3-none-any.whl?key=s3cret-word\n",
        ] {
            let error = #expect(throws: PackageError.self) { try build(text) }
            #expect(error?.description.contains("s3cret-word") == false, "\(String(describing: error))")
        }
        #expect(throws: PackageError.self) { try build("--index-url http://${MSE_TEST_UNSET_TOKEN}@\(base)\nalpha\n") }
    }

    @Test(
        "what would be built or run is refused before anything runs, and the refusal names the setting",
        arguments: [
            "--no-binary :all:\nevil", "--no-binary=evil\nevil", "FOLDER/evil-1.0.tar.gz",
            "evil @ file://FOLDER/evil-1.0.tar.gz",
            "file://FOLDER/evil-1.0.tar.gz", "--no-index\n-f FOLDER/simple/evil\nevil",
            "--no-index\n-f FOLDER/wheels\ndelta",
            "-r nested.txt",
            "-c nested.txt",
        ]
    )
    func sources(text: String) throws {
        try folder.write("project/mse_src/nested.txt", "\u{FEFF}--no-binary :all:\nevil\n")
        let error = #expect(throws: PackageError.self) { try build(text.replacing("FOLDER", with: folder.path) + "\n") }
        #expect(error?.description.contains("allow_sources") == true, "\(String(describing: error))")
        #expect(!Files.exists(folder.path + "/mark"))
    }

    @Test(
        "what can't be locked or isn't understood is refused with line and mend",
        arguments: [
            ("-e .", "wheel"),
            ("--extra-index-url='http://h.invalid/simple -r http://h.invalid/list.txt'", "no blanks"),
            ("--find-links='http://h.invalid/ --pre'", "no blanks"),
            ("--pypi-url=\"http://h.invalid/ -e .\"", "no blanks"), ("-i 'http://h.invalid/\u{2003}-e .'", "no blanks"),
            ("git+https://example.invalid/x.git", "repository"),
            ("x @ git+ssh://git@example.invalid/x", "repository"),
            (".", "folder"),
            ("--no-bin :all:\nx", "--no-bin"), ("--user\nx", "--user"), ("--target=/tmp/x\nx", "--target"),
            ("-r missing.txt", "missing.txt"),
            ("-r requirements.txt", "itself"), ("x --config-settings=a=b", "--config-settings"), ("a\u{0}b", "NUL"),
            ("x --hash=md5:00", "sha256"),
            ("certifi @ file:///croot/certifi_1690232220950/work/certifi", "pip list --format=freeze"),
            ("x @ file:///home/conda/feedstock_root/x%201/work ; python_version > '3'", "pip list --format=freeze"),
            ("file:///croot/x_1/work", "pip list --format=freeze"), ("x @ file:///tmp", "a folder can't be locked"),
            ("flask=3.0.0=py311h06a4308_0", "flask==3.0.0"), ("_libgcc_mutex=0.1=main", "conda's list"),
            ("python=3.11", "conda's list"), ("--index-url pypi.invalid/simple\nx", "no address"),
            ("-i localhost:3141/root\nx", "no address"),
            ("--extra-index-url ftp://h.invalid/\nx", "'ftp' isn't spoken"),
            ("--index-url https:/h.invalid/simple\nx", "names no host"),
            ("--index-url http:///simple\nx", "names no host"),
        ]
    )
    func refused(text: String, expected: String) {
        let error = #expect(throws: PackageError.self) { try build(text + "\n") }
        let message = "\(String(describing: error))"
        #expect(message.contains(expected) && (message.contains("line ") || message.contains(".txt")), "\(message)")
    }

    @Test(
        """
        settings of pip and Python that would change what or where is installed don't count; those that say from where \
        do
        """
    )
    func settings() throws {
        let index = try LocalIndex(folder.path)
        try folder.write(
            "pip.conf",
            """
            [global]
            user = true
            index-url = http://127.0.0.1:\(index.port)/simple
            [install]
            prefix = \(folder.path)/elsewhere
            target = \(folder.path)/elsewhere
            require-virtualenv = true
            no-binary = :all:
            dry-run = true

            """
        )
        let variables = [
            "PIP_CONFIG_FILE": folder.path + "/pip.conf", "PIP_ROOT": folder.path + "/root", "PIP_NO_DEPS": "1",
            "PYTHONHOME": "/nowhere",
            "PYTHONSTARTUP": "/nowhere", "PIP_PLATFORM": "win32", "PIP_ABI": "none",
        ]
        let surroundings = ProcessInfo.processInfo.environment.merging(variables) { $1 }
        let made = try ProgramRun.$surroundings.withValue(surroundings) { try build("beta\n") }
        #expect(made.lock.contains("alpha==1.0") && made.lock.contains("beta==1.0"), "\(made.lock)")
        var reader = try TarReader(
            made.product.package,
            range: try PackageFile(made.product.package).range(of: "environment.tar")
        )
        var names: [String] = []
        while let member = try reader.next() { names.append(member.name) }
        #expect(
            names.contains("beta/__init__.py") && !Files.exists(folder.path + "/elsewhere")
                && !Files.exists(folder.path + "/root")
        )
    }

    @Test("hashes that are given are held to")
    func hashes() throws {
        let digest = Hex(try FileDigest.sha256(folder.path + "/wheels/alpha-1.0-py3-none-any.whl"))
        let text = "--no-index\n--find-links \(folder.path)/wheels\nalpha==1.0 --hash=sha256:"
        #expect(try build(text + digest + "\n").lock.contains(digest))
        #expect(throws: PackageError.self) { try build(text + String(repeating: "0", count: 64) + "\n") }
    }

    private func Hex(_ bytes: [UInt8]) -> String { bytes.map { String(format: "%02x", $0) }.joined() }

    private func environment(_ lines: [String], allowsSources: Bool = false) throws -> TestEnvironment {
        let list = "[" + lines.map { "\"\($0)\"" }.joined(separator: ", ") + "]"
        let text =
            """
            name = "p"
            python_application = "a:b"
            healthcheck_endpoint = "/"
            tests_cmd = "t"
            tests_requirements = \(list)

            """
        let configuration = try ProjectConfiguration(
            Array((text + "[package]\nallow_sources = \(allowsSources)\n").utf8)
        )
        return try TestEnvironment(
            .tests(configuration, project: folder.path + "/project"),
            runtime: Self.runtime,
            cache: Self.cache
        )
    }

    @Test(
        "the tests' requirements are resolved, locked and kept as a package's are; what they name decides what is kept"
    )
    func testEnvironment() throws {
        let index = try LocalIndex(folder.path)
        let made = try environment(["--index-url http://127.0.0.1:\(index.port)/simple", "beta"])
        let lock = String(decoding: try Files.read(made.folder + "/.complete"), as: UTF8.self)
        #expect(lock.split(separator: "\n").count == 2 && lock.contains("alpha==1.0 --hash=sha256:"), "\(lock)")
        let result = try ProgramRun(
            made.folder + "/bin/python",
            ["-c", "import beta, alpha; print(alpha.VERSION, alpha.__file__)"]
        ).run()
        #expect(result.output.hasPrefix("1.0 " + made.site), "\(result.output)")
        index.process.terminate()
        #expect(try environment(["--index-url http://127.0.0.1:\(index.port)/simple", "beta"]).folder == made.folder)

        let wheel = "vendor/gamma-3.0-py3-none-any.whl"
        try folder.write("project/" + wheel, try Files.read(folder.path + "/wheels/gamma-3.0-py3-none-any.whl"))
        let first = try environment(["--no-index", "./" + wheel])
        try LocalIndex.fill(folder)
        let script = "import sys, zipfile; zipfile.ZipFile(sys.argv[1], 'a').writestr('gamma/more.py', '')"
        #expect(
            try ProgramRun("/usr/bin/python3", ["-c", script, folder.path + "/project/" + wheel]).run().status == 0
        )
        let second = try environment(["--no-index", "./" + wheel])
        #expect(first.folder != second.folder && Files.exists(second.site + "/gamma/more.py"))
    }

    @Test("nothing is built or run for the tests either", arguments: ["index", "path", "repository", "dependency"])
    func testSources(way: String) throws {
        let index = try LocalIndex(folder.path)
        let simple = "--index-url http://127.0.0.1:\(index.port)/simple"
        let lines: [String] =
            switch way {
            case "index": [simple, "evil"]
            case "path": [folder.path + "/evil-1.0.tar.gz"]
            case "repository": ["git+file://" + folder.path + "/simple/evil"]
            default: [simple, "delta"]
            }
        let error = #expect(throws: PackageError.self) { try environment(lines) }
        let text = error.map { "\($0)" } ?? ""
        #expect(text.contains("allow_sources") || text.contains("repository"), "\(text)")
        #expect(!Files.exists(folder.path + "/mark"))
    }
}
