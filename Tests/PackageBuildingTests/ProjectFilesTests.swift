import CodeEncryption
import Files
import Foundation
import Notation
import PackageBuilding
import PackageFormat
import Processes
import Secrets
import TestSupport
import Testing

@Suite("A project's files")
struct ProjectFilesTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try SmallProject.write(to: folder)
    }

    private func build(encrypts: Bool = true) throws -> PackageBuilder.Product {
        try SmallProject.build(in: folder, encrypts: encrypts)
    }

    private func code(_ product: PackageBuilder.Product) throws -> [String] {
        var reader = try TarReader(product.package, range: try PackageFile(product.package).range(of: "app.tar"))
        var names: [String] = []
        while let member = try reader.next() { names.append(member.name) }
        return names
    }

    @Test(
        """
        what is ignored or begins with a dot is never judged: links, sockets, names that aren't UTF-8; one note a \
        folder
        """
    )
    func ignoredFirst() throws {
        let source = folder.path + "/project/mse_src"
        let script = """
            import os, socket, sys
            os.chdir(sys.argv[1])
            for folder in (".venv/lib/deep", ".git/hooks", "pkg/.cache", "node_modules/x"):
                os.makedirs(folder)
            os.symlink("/usr/bin/python3", ".venv/python")
            os.symlink("alice@host.4711:1", ".#app.py")
            os.symlink("nowhere", "pkg/.#a")
            for number in range(40): open(f".venv/lib/deep/{number}", "w").close()
            os.symlink("/etc", "node_modules/out"); os.mkfifo("node_modules/fifo")
            s = socket.socket(socket.AF_UNIX); s.bind(".git/fsmonitor")
            open(b".caf\\xe9", "w").close(); open(b"caf\\xe9.bak", "w").close(); os.mkdir(b".d\\xff")
            os.mkdir(".well-known"); open(".well-known/a", "w").close(); open(".well-known/b", "w").close()
            """
        #expect(try ProgramRun("/usr/bin/python3", ["-c", script, source]).run().status == 0)
        try folder.write("project/mse_src/.mseignore", "node_modules\n*.bak\n")
        try folder.write("project/mse.toml", SmallProject.settings + "[package]\ninclude = [\".well-known\"]\n")
        let product = try build()
        #expect(try code(product) == [".well-known/a.enc", ".well-known/b.enc", "app.py.enc"])
        let notes = product.notes.filter { $0.hasPrefix("left out") }
        #expect(
            notes.count == 2 && notes[0].contains(".venv/") && notes[0].contains(".git/")
                && notes[1].contains("in pkg: .#a, .cache/"),
            "\(notes)"
        )
    }

    @Test("folders in which no file ships are told in one line, the outermost alone")
    func emptyFolders() throws {
        for name in ["uploads", "cache/deep/deeper", "data/empty", "logs"] {
            try Files.makeFolder(folder.path + "/project/mse_src/" + name)
        }
        try folder.write("project/mse_src/data/file", "x")
        try folder.write("project/mse_src/logs/a.bak", "x")
        try folder.write("project/mse_src/.mseignore", "*.bak\n")
        let notes = try build().notes.filter { $0.contains("no file ships") }
        #expect(notes.count == 1 && notes[0].contains("left out: cache/, data/empty/, logs/, uploads/, in"), "\(notes)")
    }

    @Test(
        "what include names and doesn't ship is told why",
        arguments: [
            (".hidden", "look into .mseignore"), (".none", "isn't there"), ("/etc/passwd", "without a slash"),
            (".well-known/", "without a slash"),
        ]
    )
    func includes(name: String, words: String) throws {
        for file in [".hidden", ".well-known/a"] { try folder.write("project/mse_src/" + file, "x") }
        try folder.write("project/mse_src/.mseignore", ".hidden\n")
        try folder.write("project/mse.toml", SmallProject.settings + "[package]\ninclude = [\"\(name)\"]\n")
        let error = #expect(throws: PackageError.self) { try build() }
        #expect(error?.description.contains(words) == true, "\(String(describing: error))")
    }

    @Test("what does ship is judged still", arguments: ["link", "outside", "fifo"])
    func judged(kind: String) throws {
        let path = folder.path + "/project/mse_src/x"
        switch kind {
        case "link": symlink("nowhere", path)
        case "outside": symlink("/etc/passwd", path)
        default: mkfifo(path, 0o600)
        }
        let error = #expect(throws: PackageError.self) { try build() }
        #expect(error?.description.hasPrefix("x: ") == true, "\(String(describing: error))")
    }

    @Test(
        "an editor's first bytes and line ends are no part of a pattern",
        arguments: ["mark", "crlf", "little", "big"]
    )
    func firstBytes(kind: String) throws {
        let units = Array("server.key\r\n".utf16)
        let list: [UInt8] =
            switch kind {
            case "mark": [0xEF, 0xBB, 0xBF] + Array("server.key\n".utf8)
            case "crlf": Array("server.key\r\n*.bak\r\n".utf8)
            case "little": [0xFF, 0xFE] + units.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
            default: [0xFE, 0xFF] + units.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
            }
        try folder.write("project/mse_src/server.key", "-----BEGIN PRIVATE KEY-----")
        try folder.write("project/mse_src/.mseignore", list)
        #expect(try code(try build()) == ["app.py.enc"])
    }

    @Test(
        "an ignore list that isn't text is an error, not an empty list",
        arguments: [[0x61, 0, 0x0A], [0xC3, 0x28], [0xFF, 0xFE, 0, 0, 0x61, 0, 0, 0]]
    )
    func noText(list: [UInt8]) throws {
        try folder.write("project/mse_src/.mseignore", list)
        let error = #expect(throws: PackageError.self) { try build() }
        #expect(error?.description.contains(".mseignore: line 1") == true, "\(String(describing: error))")
    }

    @Test(
        "what is read by its name is a file: nobody waits for a pipe or device, and nothing passes for an empty list",
        .timeLimit(.minutes(1)),
        arguments: [
            "mse_src/.mseignore", "mse.toml", "mse_src/requirements.txt", "more.txt", "package.whl", "links",
            "Dockerfile",
        ]
    )
    func onDisk(name: String) throws {
        let path = folder.path + "/project/" + name
        switch name {
        case "more.txt": try folder.write("project/mse_src/requirements.txt", "-r ../more.txt\n")
        case "package.whl": try folder.write("project/mse_src/requirements.txt", "./package.whl\n")
        case "links": try folder.write("project/mse_src/requirements.txt", "--find-links links\nflask\n")
        default: break
        }
        let makes: [(String) -> Int32] = [
            { mkfifo($0, 0o600) }, { symlink("/dev/zero", $0) }, { symlink("/proc/self/mem", $0) },
            { symlink("nowhere", $0) },
        ]
        for (index, make) in makes.enumerated() {
            try Files.remove(path)
            #expect(make(path) == 0)
            // Where there is none, nothing is pointed to.
            if name == "Dockerfile" {
                _ = try build()
                continue
            }
            let error = #expect(throws: PackageError.self, "\(index)") { try build() }
            let text = error?.description ?? ""
            // What links lead to is named in their place where they were followed already.
            let isNamed = text.contains(Files.split(name).name) || text.contains("requirements.txt")
            #expect(isNamed || text.hasSuffix("is no regular file on a disk"), "\(index): \(text)")
        }
        #expect(!Files.exists(folder.path + "/out") || name == "Dockerfile")
    }

    @Test("an ignore list may be a link to one")
    func linkedList() throws {
        try folder.write("lists/mine", "server.key\n")
        try folder.write("project/mse_src/server.key", "-----BEGIN PRIVATE KEY-----")
        #expect(symlink("../../lists/mine", folder.path + "/project/mse_src/.mseignore") == 0)
        #expect(try code(try build()) == ["app.py.enc"])
    }

    @Test("names and paths that don't fit once they are encrypted are found before there is a key")
    func lengths() throws {
        let long = String(repeating: "n", count: 252)
        try folder.write("project/mse_src/\(long)", "x")
        #expect(try code(try build(encrypts: false)).contains(long))
        let error = #expect(throws: PackageError.self) { try build() }
        #expect(
            error?.description.contains("256 bytes") == true && error?.description.contains("251") == true,
            "\(String(describing: error))"
        )
        try Files.remove(folder.path + "/project/mse_src/\(long)")
        try folder.write("project/mse_src/\(long.dropLast())", "x")
        #expect(try code(try build()).contains(long.dropLast() + ".enc"))
        let deep = (0..<5).map { _ in String(repeating: "d", count: 203) }.joined(separator: "/") + "/n"
        #expect(deep.utf8.count == 1021)
        try folder.write("project/mse_src/\(deep)", "x")
        let path = #expect(throws: PackageError.self) { try build() }
        #expect(path?.description.contains("1025 bytes") == true, "\(String(describing: path))")
        #expect(throws: CodeError.self) {
            try TreeEncryption.encrypt(folder.path + "/project/mse_src", to: folder.path + "/e", key: SecretKey())
        }
        #expect(try Files.names(in: folder.path + "/out").filter { $0.hasSuffix(".key") }.count == 2)
    }

    @Test("a project's name that makes too long a file name is an error from the start")
    func projectName() throws {
        try folder.write(
            "project/mse.toml",
            SmallProject.settings.replacing("\"p\"", with: "\"\(String(repeating: "n", count: 240))\"")
        )
        let error = #expect(throws: PackageError.self) { try build() }
        #expect(error?.description.contains("shorter") == true, "\(String(describing: error))")
    }

    @Test("more than the enclave holds is an error now")
    func size() throws {
        try folder.write("project/mse.toml", SmallProject.settings + "[enclave]\nsize = \"256M\"\n")
        #expect(truncate(folder.path + "/project/mse_src/app.py", 300 << 20) == 0)
        let error = #expect(throws: PackageError.self) { try build() }
        #expect(error?.description.contains("[enclave]") == true, "\(String(describing: error))")
    }

    @Test(
        "plain code's package is its owner's alone to read; an encrypted one may be anybody's, whatever the umask",
        arguments: [0o000, 0o077]
    )
    func modes(mask: mode_t) throws {
        let before = umask(mask)
        defer { umask(before) }
        for (encrypts, expected) in [(true, 0o644), (false, 0o600)] {
            let product = try build(encrypts: encrypts)
            #expect(
                try FileManager.default.attributesOfItem(atPath: product.package)[.posixPermissions] as? Int == expected
            )
            #expect(try FileManager.default.attributesOfItem(atPath: product.key)[.posixPermissions] as? Int == 0o600)
        }
    }

    @Test("what is no project's folder is told what it is")
    func folders() throws {
        func problem(_ name: String) -> String {
            #expect(throws: PackageError.self) { try ProjectFiles.checkFolder(folder.path + "/" + name) }?.description
                ?? ""
        }
        try folder.write("file", "x")
        try Files.makeFolder(folder.path + "/empty")
        #expect(problem("absent").hasSuffix("/absent: there is no such folder"))
        #expect(problem("file").hasSuffix("/file: a project's folder expected, found a file"))
        #expect(
            problem("empty").contains("/empty/mse.toml: there is no such file") && problem("empty").contains("scaffold")
        )
        try ProjectFiles.checkFolder(folder.path + "/project")
    }

    @Test(
        "applications as gunicorn takes them",
        arguments: [
            ("app:app", true), ("a.b:c.d", true), ("my-app:app", true), ("a-b.c-d:make()", true), ("app:my-app", false),
            ("-a:b", false), ("a.-b:c", false), ("a:-b", false), ("a..b:c", false), ("a/b:c", false), ("a b:c", false),
            ("app:create_app()", true),
            ("app:create_app(\"prod\", debug=False)", true),
            ("app:create_app('a:b', x=[1, 2.5, -3], y={'k': (None,)})", true),
            ("app:create_app(os.system('x'))", false),
            ("app:f(g(1))", false),
            ("app:f()()", false), ("app:f(", false), ("app:f('x)", false), ("app:f(1)+1", false), ("app", false),
            ("a:b:c", false),
            ("app:f('a', b", false),
        ]
    )
    func applications(text: String, isOne: Bool) {
        #expect(ProjectConfiguration.isApplication(text) == isOne)
    }
}
