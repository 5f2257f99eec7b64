import CodeEncryption
import Files
import Foundation
import Notation
import TestSupport
import Testing

@testable import PackageBuilding
@testable import PackageFormat
@testable import Processes

/// What everybody reads in a package holds nothing that isn't for everybody.
@Suite("Readable parts of packages")
struct ReadablePartsTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try SmallProject.write(to: folder)
    }

    private func build(encrypts: Bool = true) throws -> PackageBuilder.Product {
        try SmallProject.build(in: folder, encrypts: encrypts)
    }

    private func content(_ name: String, of member: String, in product: PackageBuilder.Product) throws -> String? {
        var reader = try TarReader(product.package, range: try PackageFile(product.package).range(of: member))
        while let found = try reader.next() {
            if found.name == name { return String(decoding: try reader.content(limit: 1 << 20), as: UTF8.self) }
        }
        return nil
    }

    private static let secrets = ["alice", "hunter2", "s3cret", "t0ken"]
    private static let leaks = [
        "--index-url https://alice:hunter2@index.example/simple",
        "--extra-index-url=https://alice@index.example/simple?x=t0ken",
        "-i \"https://index.example/simple?token=t0ken\"", "-f https://alice:hun/hunter2@index.example/links",
        "-i https://alice:my hunter2@index.example/simple", "--proxy alice:hunter2@proxy:3128",
        "--proxy=alice:hunter2@proxy:3128",
        "--extra-index-url=http://'alice:hunter2'@index.example/simple", "-i http://alice:\"hunter2\"@index.example/",
        "--extra-index-url=\"http://\"alice:hunter2@index.example/simple",
        "-i \"http://alice:hunter2@index.example/s\"",
        "pkg @ https://alice:hunter2@index.example/pkg-1.0-py3-none-any.whl?sig=s3cret#sha256=00&token=t0ken",
        "pkg@https://alice:hunter2@index.example/pkg.whl", "https://index.example/pkg.whl#t0ken", "# token = t0ken",
        "flask # alice:hunter2@host",
        "flask\t# https://index.example/?token=t0ken", "-i https://alice:hunt\\\ner2hunter2@index.example/",
        "-i https://alice%3Ahunter2%40@h/",
        "git+ssh://alice@github.example/x.git?t=t0ken", "//alice:hunter2@h/x", "-i https://[::1]:80/simple?s3cret",
    ]

    @Test(
        "a list of requirements ships without comments, users, passwords and queries, wherever it lies",
        arguments: [true, false]
    )
    func lists(encrypts: Bool) throws {
        let places = [
            "mse_src/dev/requirements.txt", "mse_src/a/b/requirements.txt", "tests/requirements.txt",
            "tests/requirements-dev.txt",
            "tests/constraints.txt", "tests/requirements/test.txt",
        ]
        for (index, line) in Self.leaks.enumerated() {
            for place in places {
                try folder.write(
                    "project/\(place)".replacing("/mse_src/a/", with: "/mse_src/a\(index)/"),
                    "flask==3.1.0\n\(line)\nx>=1 ; python_version > '3'\n"
                )
            }
            let product = try build(encrypts: encrypts)
            let bytes = String(decoding: try Files.read(product.package), as: UTF8.self)
            for secret in Self.secrets { #expect(!bytes.contains(secret), "\(line): \(secret)") }
            let clean = try #require(try content("dev/requirements.txt", of: "app.tar", in: product))
            #expect(clean.hasPrefix("flask==3.1.0\n") && clean.hasSuffix("x>=1 ; python_version > '3'\n"), "\(clean)")
            #expect(product.notes.contains { $0.hasPrefix("dev/requirements.txt ships without") }, "\(product.notes)")
            try Files.remove(folder.path + "/project/mse_src/a\(index)")
        }
    }

    @Test(
        "what is asked for stays as it was",
        arguments: [
            "flask==3.1.0", "-r base.txt", "--no-binary=:all:",
            "pkg[extra]>=1,<2 ; sys_platform == \"linux\" --hash=sha256:00",
            "pkg @ file:///x/pkg.whl",
            "--index-url https://index.example:8443/simple", "pkg @ https://h/pkg.whl#sha256=00",
            "git+https://h/r.git@v1#egg=r&subdirectory=s",
            "-e git@h:o/r.git", "./wheels/pkg-1+local.whl", "https://[::1]:8080/x.whl",
        ]
    )
    func kept(line: String) throws {
        #expect(ReadableRequirements.cleaned(line + "\n") == line + "\n")
        #expect(!ReadableRequirements.saysTooMuch(line))
    }

    @Test(
        "what mse.toml says of an index's users is refused with the mend",
        arguments: [
            ("tests_requirements = [\"--index-url https://alice:hunter2@h/simple\"]", "tests_requirements"),
            ("tests_requirements = [\"pytest\", \"x @ https://h/x.whl?token=t0ken\"]", "tests_requirements"),
            ("tests_requirements = [\"--index-url=https://alice@h/simple\"]", "tests_requirements"),
            ("tests_requirements = [\"pytest # t0ken\"]", "tests_requirements"),
            ("tests_requirements = []\n[cloud]\nurl = \"https://alice:hunter2@h/\"", "line 7"),
        ]
    )
    func settings(text: String, place: String) throws {
        try folder.write("project/mse.toml", SmallProject.settings.replacing("tests_requirements = []", with: text))
        let error = #expect(throws: PackageError.self) { try build() }
        let words = "\(error.map(\.description) ?? "")"
        #expect(words.contains("mse.toml") && words.contains(place) && words.contains("ships readable"), "\(words)")
        for secret in Self.secrets { #expect(!words.contains(secret)) }
        #expect(!Files.exists(folder.path + "/out") || (try? Files.names(in: folder.path + "/out"))?.isEmpty == true)
    }

    @Test("variables and plain addresses are taken in mse.toml, and its comments stay at home")
    func comments() throws {
        let text =
            "# token = t0ken\n"
            + SmallProject.settings.replacing(
                "tests_requirements = []",
                with:
                    "tests_requirements = [ # hunter2\n'--index-url https://${USER_NAME}:${PASSWORD}@h/simple', "
                    + "\"\"\"x\"\"\", 'a' ] # s3cret\n[package] # \"alice\"\ninclude = [\"\\\"#kept\\\\\"]#alice"
            )
        try folder.write("project/mse.toml", text)
        try folder.write("project/mse_src/\"#kept\\", "x")
        let product = try build()
        let file = try PackageFile(product.package)
        let shipped = String(
            decoding: try Files.read(product.package)[try #require(file.range(of: "mse.toml"))],
            as: UTF8.self
        )
        for secret in Self.secrets { #expect(!shipped.contains(secret), "\(shipped)") }
        #expect(try ProjectConfiguration(Array(shipped.utf8)) == ProjectConfiguration(Array(text.utf8)))
        #expect(
            shipped.split(separator: "\n", omittingEmptySubsequences: false).count
                == text.split(separator: "\n", omittingEmptySubsequences: false).count
        )
    }

    @Test(
        "comments go, strings stay",
        arguments: [
            ("a = 1 # x", "a = 1 "), ("a = '#' # x", "a = '#' "), ("a = \"\\\"#\" # x", "a = \"\\\"#\" "),
            ("a = '\\' # x", "a = '\\' "),
            ("a = \"\"\"\n#\"\"#\"\"\" # x\nb = 1", "a = \"\"\"\n#\"\"#\"\"\" \nb = 1"),
            ("a = '''#''''' # x", "a = '''#''''' "),
            ("a = \"\"\"#\"\"\"\"\" # x", "a = \"\"\"#\"\"\"\"\" "), ("a = \"\" # x", "a = \"\" "),
            ("#\r\na = 1", "\na = 1"),
        ]
    )
    func scanner(text: String, expected: String) throws {
        _ = try TOML.read(Array(text.utf8))
        #expect(String(decoding: TOML.withoutComments(Array(text.utf8)), as: UTF8.self) == expected)
    }

    private static let pem = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n-----END PRIVATE KEY-----\n"

    @Test("a private key that ships is told in a warning", arguments: [true, false])
    func privateKeys(encrypts: Bool) throws {
        let der = [UInt8]([0x30, 0x2E, 2, 1, 0]) + [UInt8](repeating: 1, count: 43)
        let keys: [String: [UInt8]] = [
            "key.pem": Array(Self.pem.utf8), "deep/a.txt": Array("x = '''\n\(Self.pem)'''".utf8),
            "rsa": Array("-----BEGIN RSA PRIVATE KEY-----\n".utf8),
            "ssh": Array("-----BEGIN OPENSSH PRIVATE KEY-----\n".utf8),
            "enc": Array("-----BEGIN ENCRYPTED PRIVATE KEY-----\n".utf8), "id_rsa": [1], "a.P12": [1],
            "code.key": [UInt8](repeating: 9, count: 32),
            "k.der": der,
        ]
        let others: [String: [UInt8]] = [
            "public.pem": Array("-----BEGIN PUBLIC KEY-----\nPRIVATE KEY-----".utf8),
            "c.crt": Array("-----BEGIN CERTIFICATE-----\n".utf8),
            "words.key": Array("a keyboard\n".utf8), "dashes": [UInt8](repeating: UInt8(ascii: "-"), count: 5000),
            "empty": [],
        ]
        for (name, bytes) in keys.merging(others, uniquingKeysWith: { $1 }) {
            try folder.write("project/mse_src/" + name, bytes)
            try folder.write("project/tests/" + name, bytes)
        }
        let warnings = try build(encrypts: encrypts).notes.filter {
            $0.hasPrefix("WARNING: ") && $0.contains("PRIVATE KEY")
        }
        for name in keys.keys {
            #expect(warnings.count { $0.hasPrefix("WARNING: \(name) ") } == 2, "\(name): \(warnings)")
        }
        #expect(warnings.count == 2 * keys.count, "\(warnings)")
    }

    /// A text as editors save it: with or without a mark, the low or the high byte first.
    private static func units(_ text: String, width: Int, isBigEndian: Bool, mark: Bool) -> [UInt8] {
        ((mark ? "\u{FEFF}" : "") + text).unicodeScalars.flatMap { scalar in
            let bytes = (0..<width).map { UInt8(truncatingIfNeeded: scalar.value >> (8 * $0)) }
            return isBigEndian ? bytes.reversed() : bytes
        }
    }

    @Test("a private key is one in every form and encoding, and at every place of its file")
    func formsOfKeys() throws {
        var keys: [String: [UInt8]] = [
            "openpgp": Array("-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQ==\n".utf8),
            "ssh2": Array("---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\n".utf8),
            "putty": Array("\u{FEFF}PuTTY-User-Key-File-3: ssh-ed25519\n".utf8),
            "age": Array("# created: 2026-01-01\nAGE-SECRET-KEY-1QQQQ\n".utf8),
            "json": Array(#"{"key": "-----BEGIN PRIVATE KEY-----\nMC4C\n-----END PRIVATE KEY-----\n"}"#.utf8),
            "old.gpg": [0x95, 0x01, 0xD8, 4, 0x5F, 0, 0, 0, 1] + [UInt8](repeating: 7, count: 100),
            "new.gpg": [0xC5, 0x58, 4, 0x5F, 0, 0, 0, 22] + [UInt8](repeating: 7, count: 100),
            "java": [0xFE, 0xED, 0xFE, 0xED, 0, 0, 0, 2],
        ]
        for (width, isBigEndian) in [(2, false), (2, true), (4, false), (4, true)] {
            for mark in [true, false] {
                let text = "# é\r\n" + Self.pem.replacing("\n", with: "\r\n")
                keys["units-\(width)-\(isBigEndian)-\(mark)"] =
                    Self.units(text, width: width, isBigEndian: isBigEndian, mark: mark)
            }
        }
        // Behind much else, and across what is read at once.
        for place in [1 << 20, (256 << 10) - 1, (256 << 10) - 20, (512 << 10) - 512 - 11, (512 << 10) - 520] {
            let rest = [UInt8](repeating: UInt8(ascii: "\n"), count: place)
            keys["behind-\(place)"] = rest + Array(Self.pem.utf8)
            keys["wide-\(place)"] = rest + [10] + Self.units(Self.pem, width: 4, isBigEndian: false, mark: false)
        }
        for (name, arguments) in [
            ("store", ["pkcs12", "-export", "-nocerts", "-inkey", "key", "-passout", "pass:a"]),
            ("locked", ["pkcs8", "-topk8", "-in", "key", "-outform", "DER", "-passout", "pass:a"]),
            (
                "older",
                ["pkcs8", "-topk8", "-in", "key", "-outform", "DER", "-v1", "PBE-SHA1-3DES", "-passout", "pass:a"]
            ),
            ("plain", ["pkcs8", "-topk8", "-nocrypt", "-in", "key", "-outform", "DER"]),
            ("ec", ["ec", "-in", "key", "-outform", "DER"]),
        ] {
            let make = [
                "-c", "[ -s key ] || openssl ecparam -name prime256v1 -genkey -noout -out key; openssl \"$@\"", "sh",
            ]
            let result = try ProgramRun("/bin/sh", make + arguments + ["-out", name], folder: folder.path).run()
            try #require(result.status == 0, "\(result.output)")
            keys[name] = try folder.read(name)
        }
        let dashes = String(repeating: "-", count: 300_000)
        let others: [String: [UInt8]] = [
            "public": Array("-----BEGIN PGP PUBLIC KEY BLOCK-----\nPRIVATE KEY-----".utf8),
            "words": Array("the PRIVATE KEY -- BEGIN PRIVATE KEY -- AGE-SECRET KEY\n--- BEGIN PRIVATE KEY ---\n".utf8),
            "dashes": Array((dashes + "BEGIN " + dashes).utf8),
            "blanks": Array(String(repeating: "---- ", count: 9).utf8),
            "image": [0x95, 0, 0, 0] + [UInt8](repeating: 0, count: 40), "short": [0x30], "sequence": [0x30, 0x82],
            "end": Array("-----BEGIN PRIVATE KEY".utf8), "zeros": [0x2D] + [UInt8](repeating: 0, count: 40),
            "certificate": try {
                let make = ["req", "-x509", "-key", "key", "-subj", "/CN=a", "-outform", "DER", "-out", "c"]
                _ = try ProgramRun("/usr/bin/openssl", make, folder: folder.path).run()
                return try folder.read("c")
            }(),
        ]
        for (name, bytes) in keys.merging(others, uniquingKeysWith: { $1 }) {
            try folder.write("files/" + name, bytes)
        }
        let found = Set(try PrivateKeyFiles.among(CodeTree(folder.path + "/files").files))
        #expect(found == Set(keys.keys), "\(found.symmetricDifference(keys.keys))")
    }

    @Test(
        "a pattern that can't mean what it says is noted",
        arguments: [
            "key.pem # the key", "key.pem\t#key", "\"key.pem\"", "'key.pem'", "\u{201C}key.pem\u{201D}", "`key.pem`",
            "\u{FEFF}\u{FEFF}key.pem",
            "key.pem\u{200B}", "{key,cert}.pem", "\\#key.pem", "/key.pem", "!key.pem", " key.pem", "key.pem\u{A0}",
        ]
    )
    func patterns(pattern: String) throws {
        try folder.write("project/mse_src/.mseignore", pattern + "\n")
        try folder.write("project/mse_src/key.pem", Self.pem)
        let notes = try build().notes
        #expect(notes.contains { $0.contains("can match nothing") }, "\(notes)")
        #expect(notes.contains { $0.hasPrefix("WARNING: key.pem is a PRIVATE KEY") }, "\(notes)")
    }

    @Test(
        "honest patterns are not",
        arguments: ["key.pem", "*.py[co]", "a b", "#note", "C#", "[!a]*.txt", "it's", "caf\u{E9}"]
    )
    func honest(pattern: String) throws {
        try folder.write("project/mse_src/.mseignore", pattern + "\n")
        #expect(try !build().notes.contains { $0.contains("can match nothing") })
    }

    @Test("a list of patterns has a bound", arguments: [4097, 80_000])
    func manyPatterns(count: Int) throws {
        try folder.write("project/mse_src/.mseignore", (0..<count).map { "name\($0)\n" }.joined())
        let start = ContinuousClock.now
        let error = #expect(throws: PackageError.self) { try build() }
        #expect(
            error?.description.contains("has \(count) patterns; at most 4096 are taken") == true,
            "\(String(describing: error))"
        )
        #expect(ContinuousClock.now - start < .seconds(5))
    }

    // MARK: What a package says to those who read it

    private func runtime(_ change: (inout [String: Any]) -> Void) throws -> [UInt8] {
        var object = try #require(
            try JSONSerialization.jsonObject(with: Data(PackageTests.runtime.list.encoded)) as? [String: Any]
        )
        change(&object)
        return Array(try JSONSerialization.data(withJSONObject: object))
    }

    @Test(
        "the interpreter's version is one",
        arguments: [
            "3.11.2\nMRENCLAVE    00", "3.11.2\u{2028}x", "3", "", "3.11.2 ", "\u{1B}[2J", "3..2", "3.11.2/../x",
            "\u{663}.11", "3.11.2-x",
            String(repeating: "1", count: 40),
        ]
    )
    func versions(text: String) throws {
        let bytes = try runtime { $0["python"] = text }
        #expect(throws: NotationError.self) { try RuntimeList(bytes) }
    }

    @Test("the platform is one that there is", arguments: ["", "SGX", "sgx ", "tdx", "simulator\u{0}", "\u{1B}[2J"])
    func platforms(text: String) throws {
        let error = #expect(throws: NotationError.self) { try RuntimeList(runtime { $0["platform"] = text }) }
        #expect(error?.description.contains("simulator or sgx expected") == true, "\(String(describing: error))")
    }

    @Test("a list without a platform, or of an older form, is refused")
    func olderLists() throws {
        #expect(throws: NotationError.self) { try RuntimeList(runtime { $0["platform"] = nil }) }
        let error = #expect(throws: NotationError.self) { try RuntimeList(runtime { $0["version"] = 2 }) }
        #expect(error?.description.contains("package the project again") == true, "\(String(describing: error))")
    }

    @Test("versions as they are given", arguments: ["3.11.2", "3.14.0rc1", "3.13.0a4+", "3.12"])
    func realVersions(text: String) throws {
        #expect(try RuntimeList(runtime { $0["python"] = text }).python == text)
    }

    @Test(
        "files of a runtime are files on a disk, by their whole path on one line",
        arguments: [
            "/proc/kmsg", "/proc", "/sys/x", "/dev/zero", "relative", "", "/", "/a/../b", "//a", "/a/", "/a\nb",
            "/a\u{1B}b", "/a\u{2029}b",
            "/a\u{0}",
            "/" + String(repeating: "x", count: 300), "/a" + String(repeating: "/x", count: 2100),
        ]
    )
    func places(path: String) throws {
        for member in ["agent", "loader"] {
            #expect(throws: NotationError.self) { try RuntimeList(runtime { $0[member] = path }) }
        }
        let error = #expect(throws: NotationError.self) {
            try RuntimeList(runtime { $0["files"] = [["path": path, "sha256": String(repeating: "0", count: 64)]] })
        }
        #expect(!"\(String(describing: error))".contains("\n") && "\(String(describing: error))".utf8.count < 1000)
    }

    @Test("a shared object's path says one folder, wherever it stands in a list of them")
    func sharedObjects() throws {
        func list(_ path: String) throws -> RuntimeList {
            try RuntimeList(runtime { $0["files"] = [["path": path, "sha256": String(repeating: "0", count: 64)]] })
        }
        for sign in [":", ";", "$", ":\u{301}"] {
            #expect(throws: NotationError.self) { try list("/!\(sign)/instance/sealed/l.so") }
            #expect(throws: NotationError.self) { try list("/lib/l\(sign).so.1") }
            #expect(try list("/share/a\(sign)b/notes.txt").files.count == 1)
        }
        #expect(try list("/lib/l.so.1").files.count == 1)
    }

    @Test("a file stands in it once, and there is a bound")
    func bounds() throws {
        let one = ["path": "/usr/a", "sha256": String(repeating: "0", count: 64)]
        #expect(throws: NotationError.self) { try RuntimeList(runtime { $0["files"] = [one, one] }) }
        #expect(throws: NotationError.self) {
            try RuntimeList(
                runtime { $0["files"] = (0...50_000).map { ["path": "/usr/\($0)", "sha256": one["sha256"]!] } }
            )
        }
    }

    @Test("what is compared with the list is opened only when it is a plain file of bounded size")
    func differences() throws {
        mkfifo(folder.path + "/pipe", 0o600)
        symlink("/proc/kmsg", folder.path + "/kmsg")
        symlink("/dev/zero", folder.path + "/zero")
        try folder.write("huge", "x")
        #expect(truncate(folder.path + "/huge", 1 << 40) == 0)
        try folder.write("file", "text")
        symlink("file", folder.path + "/link")
        let digest = try FileDigest.sha256(folder.path + "/file")
        let names = ["file", "link", "pipe", "kmsg", "zero", "huge", "none"]
        let list = RuntimeList(
            python: "3.11.2",
            platform: .simulator,
            loader: "/l",
            agent: "/a",
            files: names.map { .init(path: folder.path + "/" + $0, digest: digest) }
        )
        let start = ContinuousClock.now
        #expect(Set(list.differences().map { Files.split($0).name }) == ["pipe", "kmsg", "zero", "huge", "none"])
        #expect(ContinuousClock.now - start < .seconds(5))
    }

    @Test(
        "settings that are shown stay on their line",
        arguments: [
            ("python_application", "app:f(\\\"\\u001b[2J\\\")"), ("python_application", "app:f('\\u0007')"),
            ("tests_cmd", "pytest\\u001b"),
            ("tests_cmd", "a\\nb"), ("name", "a\\u2028b"), ("name", "a\\nb"), ("healthcheck_endpoint", "/\\nx"),
        ]
    )
    func shown(member: String, value: String) throws {
        let lines = SmallProject.settings.split(separator: "\n").map {
            $0.hasPrefix(member + " ") ? "\(member) = \"\(value)\"" : String($0)
        }
        #expect(throws: NotationError.self) { try ProjectConfiguration(Array(lines.joined(separator: "\n").utf8)) }
    }
}
