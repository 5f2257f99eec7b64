import Files
import Gramine
import GramineVectors
import Notation
import Processes
import TestSupport
import Testing
import WallClock

@testable import Operations

/// What the commands write is what Gramine's own tools write, byte for byte.
@Suite("Manifests rendered and enclaves signed")
struct GramineToolTests {
    static let cases = GramineCase.all(in: "cases").filter { !$0.isSlow }
    private static let time = Timestamp(seconds: 1_800_000_000)

    private func tools(_ around: VectorSurroundings) -> GramineTools {
        GramineTools(around: around, variables: ["HOME": around.folder], clock: .stopped(at: Self.time))
    }

    /// Renders and signs in the case's folder, and returns it.
    private func make(
        _ vector: GramineCase,
        _ around: VectorSurroundings,
        change: (inout SigningOptions) -> Void = { _ in }
    ) throws -> SigningReport {
        let tools = tools(around)
        let manifest = around.folder + "/app.manifest"
        if vector.text("stage") == "sign-only" {
            try Files.write(vector.file("manifest.template"), to: manifest)
        } else {
            try Files.write(vector.file("manifest.template"), to: around.folder + "/app.manifest.template")
            let options = RenderingOptions(
                template: .file(around.folder + "/app.manifest.template"),
                definitions: vector.arguments.filter { $0 != "-D" && $0 != "--define" && $0 != "--no-check" }
                    .map { $0.hasPrefix("-D") ? String($0.dropFirst(2)) : $0 },
                chroot: vector.text("chroot"),
                checksSchema: !vector.arguments.contains("--no-check"),
                libraryFolder: vector.libraryFolder
            )
            try tools.write(tools.render(options), to: manifest, of: options.template)
        }
        var options = SigningOptions(
            manifest: manifest,
            output: manifest + ".sgx",
            loader: around.place(vector.text("libpal") ?? ""),
            libraryFolder: vector.libraryFolder,
            date: vector.text("date") ?? "",
            chroot: vector.text("chroot"),
            dependencyFile: around.folder + "/app.d",
            signer: .key(around.place(vector.text("key") ?? ""), passphrase: nil)
        )
        change(&options)
        return try tools.sign(options)
    }

    @Test("every vector's manifest, signature and listing", arguments: cases)
    func vectors(vector: GramineCase) throws {
        try vector.inFolder { around in
            let report = try make(vector, around)
            let rendered = vector.has("expected.manifest") ? "expected.manifest" : "expected.manifest.sgx"
            if vector.text("stage") != "sign-only" {
                #expect(try Files.read(around.folder + "/app.manifest") == vector.file(rendered))
            }
            #expect(try Files.read(around.folder + "/app.manifest.sgx") == vector.file("expected.manifest.sgx"))
            #expect(try Files.read(around.folder + "/app.sig") == vector.file("expected.sig"))
            if vector.has("expected.stdout") {
                #expect(try Array(report.listing.utf8) == vector.file("expected.stdout"))
            }
        }
    }

    @Test(
        "what Gramine refuses is refused with the file's name, and nothing is written",
        arguments: GramineCase.all(in: "errors")
    )
    func refusals(vector: GramineCase) throws {
        try vector.inFolder { around in
            let before = try Set(Files.names(in: around.folder))
            let error = #expect(throws: OperationError.self) { _ = try make(vector, around) }
            let text = error.map { "\($0)" } ?? ""
            #expect(error?.code.hasPrefix("gramine.") == true || error?.code == "usage", "\(text)")
            #expect(!text.contains("\n") && text.utf8.count < 2000)
            let made = try Set(Files.names(in: around.folder)).subtracting(before)
            #expect(made.isSubset(of: ["app.manifest.template", "app.manifest"]), "\(made)")
        }
    }

    @Test("dependencies are every trusted file, loader and key")
    func dependencies() throws {
        let vector = try GramineCase.named("07-trusted-directory")
        try vector.inFolder { around in
            _ = try make(vector, around)
            let text = String(decoding: try Files.read(around.folder + "/app.d"), as: UTF8.self)
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            #expect(lines.first == "\(around.folder)/app.manifest.sgx: \\" && lines.last == "")
            let paths = lines.dropFirst().dropLast()
                .map { $0.dropFirst().hasSuffix(" \\") ? $0.dropFirst().dropLast(2) : $0.dropFirst() }
            let manifest = try Manifest(reading: vector.file("expected.manifest.sgx"))
            let uris = (manifest["sgx", "trusted_files"]?.list ?? []).compactMap { $0["uri"]?.string?.dropFirst(5) }
            #expect(uris.count > 3 && Array(paths.dropLast(2)) == uris)
            #expect(
                paths.suffix(2).map { String($0.dropFirst(around.folder.utf8.count)) } == [
                    "/elf/pal-basic.so", "/key/test-only-enclave-key.pem",
                ]
            )
        }
    }

    @Test("a signature that is made elsewhere, from the digest alone, gives the same bytes")
    func elsewhere() throws {
        let vector = try GramineCase.named("01-minimal")
        try vector.inFolder { around in
            let key = around.place(vector.text("key") ?? "")
            let digest = around.folder + "/digest", signature = around.folder + "/signature"
            let publicKey = around.folder + "/public.pem"
            _ = try make(vector, around) { $0.signer = .elsewhere(digest: digest) }
            #expect(try Files.read(digest).count == 32 && !Files.exists(around.folder + "/app.sig"))
            let sign = [
                "pkeyutl", "-sign", "-inkey", key, "-pkeyopt", "digest:sha256", "-in", digest, "-out", signature,
            ]
            #expect(try openssl(sign) == 0)
            #expect(try openssl(["rsa", "-in", key, "-pubout", "-out", publicKey]) == 0)
            _ = try make(vector, around) { $0.signer = .made(signature: signature, publicKey: publicKey) }
            #expect(try Files.read(around.folder + "/app.sig") == vector.file("expected.sig"))
            try Files.remove(around.folder + "/app.sig")
            // Of another day, and of another key.
            let signed = SigningOptions.Signer.made(signature: signature, publicKey: publicKey)
            for (date, signer) in [
                ("2024-03-01", signed),
                ("2024-02-29", .made(signature: digest, publicKey: publicKey)),
                ("2024-02-29", .made(signature: signature, publicKey: key)),
            ] {
                let error = #expect(throws: OperationError.self) {
                    _ = try make(vector, around) {
                        $0.date = date
                        $0.signer = signer
                    }
                }
                #expect(["gramine.signature", "gramine.key"].contains(error?.code))
                #expect(!Files.exists(around.folder + "/app.sig"))
            }
        }
    }

    private func openssl(_ arguments: [String]) throws -> Int32 {
        try ProgramRun(#require(ProgramRun.find("openssl", in: nil)), arguments).run().status
    }

    @Test("two steps need a date that is the same in both")
    func today() throws {
        let vector = try GramineCase.named("01-minimal")
        try vector.inFolder { around in
            let error = #expect(throws: OperationError.self) {
                _ = try make(vector, around) {
                    $0.date = "today"
                    $0.signer = .elsewhere(digest: around.folder + "/digest")
                }
            }
            #expect(error?.code == "usage")
            // With a key today is the clock's.
            let report = try make(vector, around) { $0.date = "Today" }
            let sigstruct = try Sigstruct(reading: Files.read(around.folder + "/app.sig"))
            #expect(sigstruct.body.date.description == "2027-01-15")
            #expect(report.remarks.contains { $0.contains("signing-date") })
        }
    }

    @Test("an encrypted key takes its passphrase from the option or from a file's first line, and no other")
    func passphrases() throws {
        let vector = try GramineCase.named("01-minimal")
        try vector.inFolder { around in
            let key = around.place("key/test-only-enclave-key-encrypted.pem")
            try Files.write("test-only\nmore", to: around.folder + "/words")
            try Files.write("\n", to: around.folder + "/empty")
            for passphrase in [SigningOptions.Passphrase.text("test-only"), .file(around.folder + "/words")] {
                _ = try make(vector, around) { $0.signer = .key(key, passphrase: passphrase) }
                #expect(try Files.read(around.folder + "/app.sig") == vector.file("expected.sig"))
                try Files.remove(around.folder + "/app.sig")
            }
            for passphrase in [
                nil, SigningOptions.Passphrase.text("other"), .file(around.folder + "/empty"),
                .file(around.folder + "/absent"),
            ] {
                let error = #expect(throws: OperationError.self) {
                    _ = try make(vector, around) { $0.signer = .key(key, passphrase: passphrase) }
                }
                #expect(["gramine.key", "file.notFound"].contains(error?.code))
                #expect(error.map { "\($0)".contains("other") } == false)
                #expect(!Files.exists(around.folder + "/app.sig"))
            }
        }
    }

    @Test("a key that isn't named is the one that Gramine's signer takes")
    func defaultKey() throws {
        let vector = try GramineCase.named("01-minimal")
        try vector.inFolder { around in
            let error = #expect(throws: OperationError.self) {
                _ = try make(vector, around) { $0.signer = .key(nil, passphrase: nil) }
            }
            #expect(error?.subject == "--key \(around.folder)/.config/gramine/enclave-key.pem")
            #expect(error?.mend?.contains("openssl genrsa -3") == true)
            try Files.makeFolder(around.folder + "/.config/gramine")
            let key = try Files.read(around.place(vector.text("key") ?? ""))
            try Files.write(key, to: around.folder + "/.config/gramine/enclave-key.pem", mode: 0o600)
            _ = try make(vector, around) { $0.signer = .key(nil, passphrase: nil) }
            #expect(try Files.read(around.folder + "/app.sig") == vector.file("expected.sig"))
        }
    }

    @Test("what is written never takes the place of what was read, nor of each other; a trusted file is told")
    func places() throws {
        let vector = try GramineCase.named("07-trusted-directory")
        try vector.inFolder { around in
            let trusted = around.folder + "/app/data/.hidden", manifest = around.folder + "/absolute.manifest"
            try Files.write("sgx.trusted_files = ['file:\(around.folder)/app/']\n", to: manifest)
            for path in [around.place(vector.text("libpal") ?? ""), around.place(vector.text("key") ?? ""), manifest] {
                let before = try Files.read(path)
                let error = #expect(throws: OperationError.self) {
                    _ = try make(vector, around) {
                        $0.manifest = manifest
                        $0.signatureFile = path
                    }
                }
                #expect(error?.code == "output.input", "\(path)")
                #expect(try Files.read(path) == before)
            }
            let template = around.folder + "/app.manifest.template"
            let rendered = RenderedManifest(bytes: [], notes: [])
            let replaced = #expect(throws: OperationError.self) {
                try tools(around).write(rendered, to: template, of: .file(template))
            }
            #expect(try replaced?.code == "output.input" && Files.read(template).count > 10)
            let error = #expect(throws: OperationError.self) {
                _ = try make(vector, around) { $0.dependencyFile = $0.output }
            }
            #expect(error?.code == "usage")
            for path in [around.folder, around.folder + "/absent/app.sig"] {
                #expect(throws: OperationError.self) { _ = try make(vector, around) { $0.signatureFile = path } }
            }
            #expect(!Files.exists(around.folder + "/app.manifest.sgx"))
            // As Gramine's signer does it.
            let report = try make(vector, around) {
                $0.manifest = manifest
                $0.signatureFile = trusted
            }
            #expect(report.warnings.contains { $0.contains("--sigfile") && $0.contains("is a trusted file itself") })
            _ = try make(vector, around) {
                $0.manifest = manifest
                $0.output = manifest
            }
            #expect(try String(decoding: Files.read(manifest), as: UTF8.self).contains("sha256"))
            // A device isn't replaced.
            _ = try make(vector, around) { $0.dependencyFile = "/dev/null" }
            #expect(try FileKind("/dev/null") == .device)
        }
    }

    @Test("strict signing refuses what is insecure or weak and tells all of it; what only costs is told")
    func strict() throws {
        let vector = try GramineCase.named("03-64M-one-thread-debug")
        try vector.inFolder { around in
            let error = #expect(throws: OperationError.self) { _ = try make(vector, around) { $0.isStrict = true } }
            #expect(error?.code == "gramine.lint")
            #expect(error?.quotation?.contains("E debug-enclave") == true)
            #expect(!Files.exists(around.folder + "/app.sig"))
            let report = try make(vector, around)
            #expect(report.warnings.contains { $0.contains("E debug-enclave") })
            #expect(report.remarks.contains { $0.contains("I svn-zero") })
            #expect(!report.warnings.contains { $0.contains("hash-given") })
        }
    }

    @Test(
        "an error in a manifest has the file's name and the line of what is wrong",
        arguments: [
            ("sgx.enclave_size = '1Q'", "line 2", "gramine.size"), ("sgx.max_threads = 0", "line 2", "gramine.range"),
            ("sgx.trusted_files = ['x']", "line 2", "gramine.uri"), ("sgx.debug = ", "line 2", "gramine.syntax"),
            ("sgx.enclave_size = '64K'", "doesn't fit|don't fit", "gramine.tooSmall"),
            ("sgx.trusted_files = ['file:absent']", "absent", "gramine.missingFile"),
            ("sgx.cpu_features.mpx = 'unspecified'", "line 2", "gramine.cpuFeature"),
        ]
    )
    func lines(text: String, words: String, code: String) throws {
        let vector = try GramineCase.named("01-minimal")
        try vector.inFolder { around in
            let path = around.folder + "/bad.manifest"
            try Files.write("# a comment\n\(text)\n", to: path)
            let error = #expect(throws: OperationError.self) { _ = try make(vector, around) { $0.manifest = path } }
            #expect(error?.subject == path && error?.code == code, "\(String(describing: error))")
            #expect(words.split(separator: "|").contains { error?.problem.contains($0) == true })
        }
    }
}
