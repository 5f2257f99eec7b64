import CodeEncryption
import Crypto
import Files
import Foundation
import Notation
import PackageBuilding
import PackageFormat
import PackageMeasurement
import Processes
import Secrets
import TestSupport
import Testing

@Suite("Projects and packages")
struct PackageTests {
    let folder: TemporaryFolder
    static let runtime = MachineRuntime(
        interpreter: "/usr/bin/python3.11",
        list: RuntimeList(
            python: "3.11.2",
            platform: .simulator,
            loader: "/loader",
            agent: "/agent",
            files: [
                .init(path: "/agent", digest: [UInt8](repeating: 1, count: 32)),
                .init(path: "/loader", digest: Array(SHA256.hash(data: SmallLoader.bytes()))),
            ]
        ),
        loader: SmallLoader.bytes()
    )

    init() throws {
        folder = try TemporaryFolder()
        try folder.write(
            "project/mse.toml",
            """
            name = "p"
            python_application = "app:app"
            healthcheck_endpoint = "/health"
            tests_cmd = "pytest"
            tests_requirements = []

            """
        )
        try folder.write("project/mse_src/app.py", "app = 1\n")
        try folder.write("project/mse_src/pkg/naïve file.txt", "ü")
        try folder.write("project/mse_src/.env", "secret")
        try folder.write("project/tests/test_app.py", "")
    }

    private func builder(_ output: String, encrypts: Bool = true) -> PackageBuilder {
        var builder = PackageBuilder(
            project: folder.path + "/project",
            output: folder.path + "/" + output,
            runtime: Self.runtime,
            cache: folder.path + "/cache",
            encrypts: encrypts,
            timestamp: 5
        )
        let nonce = [UInt8](repeating: 3, count: 24)
        builder.nonces = .given([
            "app.py": nonce, "pkg/naïve file.txt": [UInt8](repeating: 4, count: 24),
            ".env": [UInt8](repeating: 6, count: 24),
        ])
        return builder
    }

    @Test("a full disk is told of the output, not of what lies in it meanwhile", .enabled(if: geteuid() == 0))
    func fullDisk() throws {
        let small = folder.path + "/small"
        try Files.makeFolder(small)
        let mounted = try ProgramRun("/bin/mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", small]).run()
        guard mounted.status == 0 else { return }
        defer { _ = try? ProgramRun("/bin/umount", [small]).run() }
        try folder.write("project/mse_src/large.txt", [UInt8](repeating: 7, count: 200_000))
        var builder = builder("small/out")
        builder.nonces = .random
        let error = #expect(throws: PackageError.self) { try builder.build() }
        #expect(
            error?.description == "\(small)/out: can't write: No space left on device" && error?.code == "file.full",
            "\(error.map { "\($0)" } ?? "")"
        )
        #expect(try Files.names(in: small).isEmpty)
    }

    @Test("two files named with two forms of one letter ship as two, plain and encrypted", arguments: [true, false])
    func namesakes(encrypts: Bool) throws {
        let names = ["\u{E9}.py", "e\u{301}.py", "\u{E9}/x.txt", "e\u{301}/x.txt", "K", "\u{212A}"]
        for name in names { try folder.write("project/mse_src/" + name, "# " + name) }
        var builder = builder("out", encrypts: encrypts)
        builder.nonces = .random
        let product = try builder.build()
        let file = try PackageFile(product.package)
        var reader = try TarReader(product.package, range: file.range(of: "app.tar"))
        var found: Set<ExactText> = []
        while let member = try reader.next() { found.insert(ExactText(member.name)) }
        for name in names { #expect(found.contains(ExactText(name + (encrypts ? ".enc" : ""))), "\(name)") }
    }

    @Test(
        "an output folder that ships is refused, however it is named, and nothing is left",
        arguments: [
            "project/mse_src/dist", "project/mse_src", "project/tests/a/b", "project/tests",
            "project/../project/mse_src/x", "link/dist",
        ]
    )
    func outputInside(output: String) throws {
        try FileManager.default.createSymbolicLink(
            atPath: folder.path + "/link",
            withDestinationPath: "project/mse_src"
        )
        let before = try folder.tree("project")
        let error = #expect(throws: PackageError.self) { try builder(output).build() }
        #expect(error?.description.contains("which ships") == true, "\(String(describing: error))")
        #expect(try folder.tree("project") == before)
        #expect(!Files.exists(folder.path + "/project/mse_src/dist") && !Files.exists(folder.path + "/project/tests/a"))
        _ = try builder("project/mse_src.out").build()
    }

    @Test(
        "a package holds no file that is its own key or token",
        arguments: ["mse_src/a.bin", "mse_src/d/k.key", "tests/x"],
        [true, false]
    )
    func keyInside(path: String, encrypts: Bool) throws {
        let key = SecretKey()
        try key.write(to: folder.path + "/k")
        try folder.write("project/" + path, folder.read("k"))
        let error = #expect(throws: PackageError.self) { try builder("out", encrypts: encrypts).build(key: key.copy()) }
        #expect(
            error?.description.contains(path + ": is the key of this package") == true,
            "\(String(describing: error))"
        )
        #expect(!Files.exists(folder.path + "/out"))
    }

    @Test("a refused package leaves no folder that it made, and what was there before")
    func nothingLeft() throws {
        try folder.write("project/mse_src/app.py", "import nothere\n")
        try folder.write("there/x", "x")
        for output in ["new", "new/deep/er", "there", "there/new"] {
            #expect(throws: PackageError.self) { try builder(output).build() }
        }
        #expect(!Files.exists(folder.path + "/new"))
        #expect(try Files.names(in: folder.path + "/there") == ["x"])
    }

    @Test("a unit that looks like a letter is none")
    func units() throws {
        for (size, isOne) in [("512M", true), ("512\u{212A}", false), ("2\u{FF27}", false)] {
            let text =
                """
                name = "p"
                python_application = "a:b"
                healthcheck_endpoint = "/"
                tests_cmd = "t"
                tests_requirements = []
                [server]
                max_body = "\(size)"

                """
            #expect(((try? ProjectConfiguration(Array(text.utf8))) != nil) == isOne, "\(size)")
        }
    }

    @Test("the same project, key and nonces give the same bytes, whenever and wherever they were written")
    func deterministic() throws {
        let key = SecretKey()
        let first = try builder("a").build(key: key.copy())
        sleep(1)
        try Files.write("app = 1\n", to: folder.path + "/project/mse_src/app.py", mode: 0o755)
        let second = try builder("b").build(key: key.copy())
        #expect(try Files.read(first.package) == Files.read(second.package))
        #expect(first.notes.contains { $0.contains(".env") })
        #expect(try FileManager.default.attributesOfItem(atPath: first.key)[.posixPermissions] as? Int == 0o600)
    }

    @Test("members are known, and the measurement is a pure function of the file")
    func reading() throws {
        let product = try builder("a").build()
        let package = try PackageFile(product.package)
        #expect(package.mode == .encrypted && package.configuration.application == "app:app")
        #expect(try package.enclave().measurement == PackageFile(product.package).enclave().measurement)
        #expect(try package.record().files.map(\.path) == ["/agent", "/loader", "app.tar", "environment.tar"])
        let range = try #require(package.range(of: "app.tar"))
        var reader = try TarReader(product.package, range: range)
        var names: [String] = []
        while let member = try reader.next() { names.append(member.name) }
        #expect(names == ["app.py.enc", "pkg/naïve file.txt.enc"])
        // PyPI's tar reads it as well.
        let listing = try ProgramRun(
            "/usr/bin/python3",
            ["-c", "import sys, tarfile; print([m.name for m in tarfile.open(sys.argv[1])])", product.package]
        ).run()
        #expect(
            listing.output.contains(
                """
                ['app.tar', 'tests.tar', 'mse.toml', 'start.json', 'environment.lock', 'environment.tar', \
                'runtime.json', 'loader']
                """
            )
        )
    }

    @Test("plain code gets a token whose digest is measured")
    func plain() throws {
        let product = try builder("a", encrypts: false).build()
        guard case .plain(let digest) = try PackageFile(product.package).mode else {
            Issue.record("not plain")
            return
        }
        #expect(digest.count == 32)
        #expect(String(decoding: try Files.read(product.package), as: UTF8.self).contains("app = 1"))
    }

    @Test("an interpreter of another version than the linked one is an error")
    func otherInterpreter() throws {
        try folder.write("project/mse_src/requirements.txt", "flask==3.1.0\n")
        var builder = builder("a")
        builder.runtime.list.python = "3.10.1"
        builder.runtime.interpreter = "/usr/bin/python3"
        let error = #expect(throws: PackageError.self) { try builder.build() }
        #expect(error?.description.contains("Python 3.10.1 is linked") == true)
    }

    @Test("a failure leaves nothing behind")
    func failure() throws {
        try folder.write("project/mse.toml", "name = \"p\"\ncolour = 1\n")
        let error = #expect(throws: PackageError.self) { try builder("a").build() }
        #expect(error?.description.contains("mse.toml: line") == true)
        let left = Files.exists(folder.path + "/a") ? try Files.names(in: folder.path + "/a") : []
        #expect(left.isEmpty)
    }

    @Test(
        "archives with links, devices, double or unsafe names are refused",
        arguments: ["symlink", "hardlink", "device", "double", "parent", "absolute", "cut", "checksum", "behind"]
    )
    func archives(kind: String) throws {
        let script = """
            import io, sys, tarfile
            kind, path = sys.argv[1:]
            out = io.BytesIO()
            tar = tarfile.open(fileobj=out, mode="w")
            def add(name, **more):
                info = tarfile.TarInfo(name)
                for key, value in more.items(): setattr(info, key, value)
                info.size = 0 if more else 3
                tar.addfile(info, io.BytesIO(b"abc"))
            add("ok")
            if kind == "symlink": add("l", type=tarfile.SYMTYPE, linkname="/etc/passwd")
            if kind == "hardlink": add("l", type=tarfile.LNKTYPE, linkname="ok")
            if kind == "device": add("l", type=tarfile.CHRTYPE)
            if kind == "double": add("ok")
            if kind == "parent": add("../x")
            if kind == "absolute": add("/x")
            tar.close()
            data = bytearray(out.getvalue())
            if kind == "cut": data = data[:700]
            if kind == "checksum": data[0] ^= 1
            if kind == "behind": data[-1] = 1
            open(path, "wb").write(data)
            """
        let path = folder.path + "/x.tar"
        #expect(try ProgramRun("/usr/bin/python3", ["-c", script, kind, path]).run().status == 0)
        #expect(throws: CodeError.self) {
            var reader = try TarReader(path)
            while try reader.next() != nil {}
        }
    }
}

@Suite("mse.toml")
struct ProjectConfigurationTests {
    private static let minimal =
        """
        name = "n"
        python_application = "app:app"
        healthcheck_endpoint = "/health"
        tests_cmd = "pytest"
        tests_requirements = []

        """

    @Test("tables of ours are read")
    func tables() throws {
        let text =
            Self.minimal
                + """
                [enclave]
                size = "2G"
                threads = 32
                svn = 3
                [server]
                threads = 8
                max_body = "1M"
                [package]
                include = [".env"]

                """
        let configuration = try ProjectConfiguration(Array(text.utf8))
        #expect(
            configuration.enclave.byteCount == 2 << 30 && configuration.enclave.securityVersion == 3
                && configuration.server.bodyLimit == 1 << 20 && configuration.include == [".env"]
        )
    }

    @Test(
        "errors name line and member",
        arguments: [
            ("[enclave]\nsize = \"3G\"", 7, "enclave.size"), ("[server]\nthread = 1", 7, "server.thread"),
            ("colour = 1", 6, "colour"),
        ]
    )
    func errors(text: String, line: Int, member: String) {
        let error = #expect(throws: NotationError.self) { try ProjectConfiguration(Array((Self.minimal + text).utf8)) }
        #expect(error?.place.line == line && error?.member == member, "\(String(describing: error))")
    }

    @Test("the original's cases, and where ours is stricter", .needsSharedVectors)
    func original() throws {
        let stricter: Set<String> = ["name_with_slash", "no_colon", "two_colons", "number_as_name", "unknown_key"]
        guard
            case .object(let cases) = try JSON.read(
                try Files.read(SharedVectors.path("mse/vectors/mse_toml/cases.json"))
            ).value
        else {
            return
        }
        for one in cases {
            guard case .string(let text)? = one.node["text"]?.value,
                case .boolean(let accepted)? = one.node["accepted"]?.value
            else {
                continue
            }
            let read = try? ProjectConfiguration(Array(text.utf8))
            #expect((read != nil) == (accepted && !stricter.contains(one.name)), "\(one.name)")
            if let read, case .string(let name)? = one.node["name"]?.value { #expect(read.name == name) }
        }
    }

    @Test(
        "packages of the original are read",
        .needsSharedVectors,
        arguments: ["package_vector_1700000000000000000.tar", "package_plain_1700000000000000001.tar"]
    )
    func originalPackages(name: String) throws {
        let package = try PackageFile(SharedVectors.path("mse/vectors/package/" + name))
        #expect(package.runtime == nil && package.mode == .open)
        let error = #expect(throws: PackageError.self) { try package.record() }
        #expect(error?.description.contains("original") == true)
    }
}
