import Files
import Foundation
import Notation
import Processes
import TestSupport
import Testing

extension EndToEndTests {
    /// The commands that take the place of Gramine's own tools, as a Makefile calls them.
    @Suite("Commands for enclaves of Gramine", .serialized)
    struct GramineCommandTests {
        private let folder: TemporaryFolder
        private static let vectors = Workbench.project + "/Tests/Vectors/gramine"

        init() throws {
            folder = try TemporaryFolder()
            for name in ["app", "key", "pkglib"] {
                try FileManager.default.copyItem(
                    atPath: Self.vectors + "/fixtures/" + name,
                    toPath: folder.path + "/" + name
                )
            }
            let text = try Files.read(Self.vectors + "/fixtures/elf/pal-basic.so.base64")
            let image = try #require(Data(base64Encoded: Data(text), options: .ignoreUnknownCharacters))
            try folder.write("libpal.so", Array(image))
            try folder.write("app.manifest.template", Files.read(Self.vectors + "/cases/01-minimal/manifest.template"))
            for name in try Files.names(in: folder.path + "/key") {
                _ = FileManager.default.createFile(
                    atPath: folder.path + "/key/" + name,
                    contents: FileManager.default.contents(atPath: folder.path + "/key/" + name),
                    attributes: [.posixPermissions: 0o600]
                )
            }
        }

        /// Through a shell, which keeps the streams apart.
        private func run(_ arguments: [String], input: String = "") throws -> (status: Int32, out: String, err: String)
        {
            try folder.write("input", input)
            let words = ([Workbench.products + "/mse"] + arguments).map {
                "'" + $0.replacingOccurrences(of: "'", with: "'\\''") + "'"
            }.joined(separator: " ")
            let result = try ProgramRun(
                "/bin/sh",
                ["-c", words + " <input >out.txt 2>err.txt"],
                environment: ["HOME": folder.path, "XDG_CONFIG_HOME": nil, "MSE_HOME": folder.path + "/home"],
                folder: folder.path
            ).run()
            func text(_ name: String) throws -> String { String(decoding: try folder.read(name), as: UTF8.self) }
            return (result.status, try text("out.txt"), try text("err.txt"))
        }

        private func expected(_ name: String) throws -> [UInt8] {
            try Files.read(Self.vectors + "/cases/01-minimal/" + name)
        }

        private static let sign = [
            "sign", "--manifest", "app.manifest", "--output", "app.manifest.sgx", "--libpal", "libpal.so", "--date",
            "2024-02-29", "--pkglibdir", "pkglib",
        ]
        private static let key = ["--key", "key/test-only-enclave-key.pem"]

        @Test("render, sign, measure, show and verify, and what each prints where")
        func whole() throws {
            let render = ["manifest", "render", "app.manifest.template", "app.manifest", "--pkglibdir", "pkglib"]
            let rendered = try run(render)
            #expect(rendered.status == 0 && rendered.out.isEmpty, "\(rendered)")
            #expect(rendered.err.contains("mse: app.manifest.template: I svn-zero"), "\(rendered.err)")
            let listing = String(decoding: try expected("expected.stdout"), as: UTF8.self)
            let signed = try run(Self.sign + Self.key)
            #expect(signed.status == 0 && listing == signed.out, "\(signed)")
            #expect(try folder.read("app.manifest.sgx") == expected("expected.manifest.sgx"))
            #expect(try folder.read("app.sig") == expected("expected.sig"))
            let quiet = try run(Self.sign + Self.key + ["-q"])
            #expect(quiet.status == 0 && quiet.out.isEmpty && !quiet.err.contains("svn-zero"), "\(quiet)")
            let measure = ["measure", "app.manifest", "--libpal", "libpal.so", "--pkglibdir", "pkglib"]
            let json = try JSON.read(Array(run(measure + Self.key + ["--json"]).out.utf8))
            let case01 = try JSON.read(expected("case.json"))["expected"]
            #expect(json["mrenclave"]?.value == case01?["mrenclave"]?.value)
            #expect(json["mrsigner"]?.value == case01?["mrsigner"]?.value)
            #expect(try run(measure + ["--explain"]).out.contains("Not measured"))
            #expect(try run(measure + ["--strict"]).status == 1)
            #expect(try run(measure + ["--diff", "app.manifest.sgx"]).out.contains("is the same"))
            let shown = try run(["sigstruct", "show", "app.sig", "-v", "--output-format", "json"])
            #expect(try JSON.read(Array(shown.out.utf8))["date"]?.value == .string("2024-02-29"))
            #expect(try run(["sigstruct", "verify", "app.sig"]).out.hasPrefix("VALID"))
            var broken = try folder.read("app.sig")
            broken[600] ^= 1
            try folder.write("app.sig", broken)
            #expect(try run(["sigstruct", "verify", "app.sig"]).status == 2)
            #expect(try run(["sigstruct", "show", "app.manifest"]).status == 1)
        }

        @Test("every command that docs/gramine.md shows does what it says")
        func shown() throws {
            let page = String(decoding: try Files.read(Workbench.project + "/docs/gramine.md"), as: UTF8.self)
            let start = try #require(page.firstRange(of: "<!-- commands -->"))
            let end = try #require(page.firstRange(of: "<!-- end of the commands -->"))
            let lines = page[start.upperBound..<end.lowerBound].split(separator: "\n").filter { $0.hasPrefix("    ") }
            #expect(lines.count > 10)
            let key = try folder.read("key/test-only-enclave-key.pem")
            try Files.write(key, to: folder.path + "/enclave-key.pem", mode: 0o600)
            var signatures: Set<[UInt8]> = []
            for line in lines {
                let result = try ProgramRun(
                    "/bin/sh",
                    ["-c", String(line)],
                    environment: [
                        "PATH": Workbench.products + ":/usr/bin:/bin", "MSE_HOME": folder.path + "/home",
                    ],
                    folder: folder.path
                ).run()
                #expect(result.status == 0, "\(line): \(result.output)")
                if let signature = try? folder.read("app.sig") { signatures.insert(signature) }
            }
            // Made here and elsewhere it is the same.
            #expect(signatures.count == 1)
        }

        @Test("a template comes from standard input or an option, and goes to standard output")
        func streams() throws {
            let template = "libos.entrypoint = '{{ x }}'\nfs.mounts = []\n{% if y %}sgx.max_threads = 8{% endif %}\n"
            let input = try run(
                ["manifest", "render", "-", "-Dx=/a=b", "-D", "y", "--pkglibdir=pkglib"],
                input: template
            )
            #expect(input.status == 0 && input.out.contains("entrypoint = \"/a=b\""), "\(input)")
            #expect(input.out.contains("max_threads = 8"))
            let text = try run([
                "manifest", "render", "-c", template, "--define=x=", "-D", "y=", "--pkglibdir", "pkglib",
            ])
            #expect(text.status == 0 && text.out.contains("entrypoint = \"\""), "\(text)")
            #expect(text.out.contains("max_threads = 4"))
            let bad = try run(["manifest", "render", "-", "-D", "y"], input: template)
            #expect(bad.status == 1 && bad.out.isEmpty && bad.err.contains("standard input: line 1"), "\(bad)")
        }

        @Test("memory doesn't grow with the enclave or with what is hashed, and what takes long says how far it is")
        func memory() throws {
            let isDeep = ProcessInfo.processInfo.environment["MSE_DEEP"] != nil
            // Holes take no room on the disk, and are read like anything else.
            let large = try OpenFile(folder.path + "/large", O_WRONLY | O_CREAT, mode: 0o644)
            #expect(ftruncate(large.descriptor, isDeep ? 8 << 30 : 256 << 20) == 0)
            try folder.write(
                "large.manifest",
                """
                libos.entrypoint = "/main"
                fs.mounts = []
                sgx.enclave_size = "\(isDeep ? "64G" : "4G")"
                sgx.trusted_files = ["file:large"]

                """
            )
            let script = """
                import os, sys
                process = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
                _, status, usage = os.wait4(process, 0)
                print(status, usage.ru_maxrss)
                """
            let command = ["measure", "large.manifest", "--libpal", "libpal.so", "--pkglibdir", "pkglib", "--json"]
            let result = try ProgramRun(
                "/usr/bin/python3",
                ["-c", script, Workbench.products + "/mse"] + command,
                environment: ["MSE_HOME": folder.path + "/home"],
                folder: folder.path
            ).run().output
            let figures = try #require(result.split(separator: "\n").last).split(separator: " ").compactMap { Int($0) }
            // KiB, with the program's own pages.
            #expect(figures.count == 2 && figures[0] == 0 && figures[1] < 50 << 10, "\(result.suffix(200))")
        }

        @Test("what can't mean anything is a usage error before anything is read")
        func usage() throws {
            for arguments in [
                ["manifest", "render"], ["manifest", "render", "a", "b", "c"],
                ["manifest", "render", "-c", "x", "a", "b"], ["sign", "--manifest", "a"],
                Self.sign + ["--date", "2024-2-29"], Self.sign + ["--date", "20240229"], Self.sign + ["--output", "-"],
                Self.sign + ["--digest-out", "d", "--signature-in", "s"],
                Self.sign + ["--signature-in", "s"], Self.sign + Self.key + ["--digest-out", "d"],
                Self.sign + ["--passphrase", "a", "--passphrase-file", "b"], Self.sign + ["--with", "hsm"],
                Self.sign + ["--digest-out", "d", "--date", "today"], Self.sign + ["-q", "-v"],
                ["measure"], ["measure", "a", "b"], ["measure", "--diff", "a"],
                ["measure", "--diff", "a", "b", "--explain"],
                ["sigstruct", "show"], ["sigstruct", "show", "a", "--output-format", "xml"],
            ] {
                let result = try run(arguments)
                #expect(result.status == 64 && !Files.exists(folder.path + "/d"), "\(arguments): \(result)")
            }
        }

        @Test("a passphrase on the command line is taken with a warning, one from standard input without")
        func passphrases() throws {
            try folder.write("app.manifest", expected("expected.manifest.sgx"))
            let key = ["--key", "key/test-only-enclave-key-encrypted.pem"]
            let open = try run(Self.sign + key + ["--passphrase", "test-only"])
            #expect(open.status == 0 && open.err.contains("WARNING") && open.err.contains("--passphrase-file"))
            #expect(!open.err.contains("test-only\n") && open.out.contains("Measurement:"))
            let closed = try run(Self.sign + key + ["--passphrase-file", "-"], input: "test-only\n")
            #expect(closed.status == 0 && !closed.err.contains("WARNING"), "\(closed)")
            #expect(try run(Self.sign + key).err.contains("is encrypted"))
        }
    }
}
