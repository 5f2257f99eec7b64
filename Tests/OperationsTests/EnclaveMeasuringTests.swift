import Files
import Gramine
import GramineVectors
import Notation
import TestSupport
import Testing
import WallClock

@testable import Operations

@Suite("What enclaves measure")
struct EnclaveMeasuringTests {
    static let cases = GramineCase.all(in: "cases").filter { !$0.isSlow }

    private func measuring(_ around: VectorSurroundings) -> EnclaveMeasuring {
        EnclaveMeasuring(
            in: Surroundings(environment: ["MSE_HOME": around.folder + "/home"]),
            tools: GramineTools(around: around, variables: [:], clock: .stopped(at: Timestamp(seconds: 0)))
        )
    }

    private func options(_ vector: GramineCase, _ around: VectorSurroundings) -> MeasuringOptions {
        MeasuringOptions(
            loader: around.place(vector.text("libpal") ?? ""),
            libraryFolder: vector.libraryFolder,
            chroot: vector.text("chroot"),
            key: around.place(vector.text("key") ?? "")
        )
    }

    /// What `measure` says of a text as a manifest.
    private func measure(
        _ text: [UInt8],
        as name: String = "app.manifest",
        _ vector: GramineCase,
        _ around: VectorSurroundings
    ) throws -> EnclaveReport {
        let path = around.folder + "/" + name
        try Files.write(text, to: path)
        return try measuring(around).measure(path, options: options(vector, around))
    }

    @Test("every vector's measurement, signer, areas and files", arguments: cases)
    func vectors(vector: GramineCase) throws {
        try vector.inFolder { around in
            let text = try vector.file("expected.manifest.sgx")
            for name in ["app.manifest", "app.manifest.sgx"] {
                let report = try measure(text, as: name, vector, around)
                // One of them has what the signer alone takes.
                let isOdd = report.notes.contains { $0.contains("W schema: ") }
                #expect(isOdd == (vector.testDescription == "33-signer-only"), "\(report.notes)")
                let json = try JSON.read(Array(report.json.utf8))
                #expect(json["mrenclave"]?.string == vector.expected("mrenclave"))
                #expect(json["mrsigner"]?.string == vector.expected("mrsigner"))
                let settings = try EnclaveSettings(Manifest(reading: text))
                #expect(json["enclaveSize"]?.value == .number(String(settings.size)))
                #expect(json["maxThreads"]?.value == .number("\(settings.maximumThreads)"))
                let files = try Manifest(reading: text)["sgx", "trusted_files"]?.list ?? []
                #expect(json["trustedFiles"]?.list.map { $0["uri"]?.string } == files.map { $0["uri"]?.string })
                #expect(json["trustedFiles"]?.list.map { $0["sha256"]?.string } == files.map { $0["sha256"]?.string })
                guard vector.has("layout.json") else { continue }
                let expected = try JSON.read(vector.file("layout.json")).list
                let areas = json["areas"]?.list ?? []
                #expect(areas.count == expected.count)
                for (area, expected) in zip(areas, expected) {
                    for member in ["name", "address", "size", "type", "flags", "measured"] {
                        #expect(area[member]?.value == expected[member]?.value)
                    }
                }
            }
        }
    }

    @Test("what Gramine 1.5 signed is measured as it is", arguments: GramineCase.all(in: "cases-1.5"))
    func former(vector: GramineCase) throws {
        try vector.inFolder { around in
            let report = try measure(vector.file("expected.manifest.sgx"), as: "app.manifest.sgx", vector, around)
            #expect(report.enclave.mrenclave == vector.expected("mrenclave"))
        }
    }

    @Test("a key that Gramine passes over is told, and refused where it is strict")
    func unknownKeys() throws {
        let vector = try GramineCase.named("01-minimal")
        try vector.inFolder { around in
            let text = String(decoding: try vector.file("expected.manifest.sgx"), as: UTF8.self)
            let altered = text.replacing("[sgx]\n", with: "[sgx]\nenclav_size = \"512M\"\n", maxReplacements: 1)
            #expect(altered != text)
            let report = try measure(Array(altered.utf8), vector, around)
            let told = report.notes.filter { $0.contains("W schema: ") }
            #expect(told.count == 1 && told[0].contains("enclav_size") && told[0].contains("is 'enclave_size' meant?"))
            var options = options(vector, around)
            options.isStrict = true
            let error = #expect(throws: OperationError.self) {
                _ = try measuring(around).measure(around.folder + "/app.manifest", options: options)
            }
            #expect(error?.code == "gramine.lint" && error?.quotation?.contains("W schema: ") == true)
        }
    }

    @Test("the text has all that was asked for, and without a key no signer")
    func text() throws {
        let vector = try GramineCase.named("04-1G-32-threads-isv")
        try vector.inFolder { around in
            let text = try vector.file("expected.manifest.sgx")
            let report = try measure(text, vector, around)
            for words in ["MRENCLAVE    " + (vector.expected("mrenclave") ?? "?"), "1 GiB, 32 threads", "flags 0x4"] {
                #expect(report.text.contains(words), "\(report.text)")
            }
            #expect(report.text.contains("MRSIGNER     " + (vector.expected("mrsigner") ?? "?")))
            var options = options(vector, around)
            options.key = nil
            let unsigned = try measuring(around).measure(around.folder + "/app.manifest", options: options)
            #expect(!unsigned.text.contains("MRSIGNER"))
            #expect(try JSON.read(Array(unsigned.json.utf8))["mrsigner"]?.value == .null)
        }
    }

    @Test("a public key gives the same signer as the private one, and an encrypted one says how")
    func keys() throws {
        let vector = try GramineCase.named("01-minimal")
        try vector.inFolder { around in
            try Files.write(vector.file("expected.manifest.sgx"), to: around.folder + "/app.manifest")
            var options = options(vector, around)
            for (key, code) in [
                ("key/test-only-enclave-key-encrypted.pem", "gramine.key"), ("app/data/a", "gramine.key"),
                ("absent", "file.notFound"), ("key", "file"),
            ] {
                options.key = around.place(key)
                let error = #expect(throws: OperationError.self) {
                    _ = try measuring(around).measure(around.folder + "/app.manifest", options: options)
                }
                #expect(error?.code == code && error?.subject.hasPrefix("--key ") == true, "\(key)")
            }
        }
    }

    // MARK: Explaining

    @Test("an explanation has every area and file with its share, and names what the operator decides")
    func explanation() throws {
        let vector = try GramineCase.named("07-trusted-directory")
        try vector.inFolder { around in
            let text = try vector.file("manifest.template")
            let more = """

                [[fs.mounts]]
                type = "encrypted"
                path = "/state"
                uri = "file:state"
                [loader.env]
                TZ = { passthrough = true }
                """
            let report = try measure(text, vector, around)
            let shares = report.explanation.text
            #expect(shares.contains("stack × ") || report.enclave.threads == 1)
            for file in report.enclave.files { #expect(shares.contains(file.uri), "\(file.uri)") }
            for words in ["Areas", "manifest", "tcs", "free", "Not measured", "the network, the clock"] {
                #expect(shares.contains(words), "\(shares)")
            }
            let document = try JSON.read(Array(report.explanation.json.utf8))
            let bytes = document["explanation"]?["files"]?.list.compactMap { node in
                if case .number(let digits)? = node["bytes"]?.value { Int(digits) } else { nil }
            }
            #expect(bytes == bytes?.sorted(by: >) && bytes?.count == report.enclave.files.count)
            #expect(document["mrenclave"]?.string == report.enclave.mrenclave)
            let manifest = """
                libos.entrypoint = "/a"
                sgx.allowed_files = ["file:data"]
                loader.insecure__use_cmdline_argv = true
                sys.enable_sigterm_injection = true
                """ + more
            let choices = try measure(Array(manifest.utf8), vector, around).explanation.text
            for words in [
                "file:data: the host reads it", "every argument", "the variable TZ", "/state: sealed", "a SIGTERM",
                "avx, avx512, amx",
            ] {
                #expect(choices.contains(words), "\(words): \(choices)")
            }
        }
    }

    // MARK: Differences

    private struct Change: Sendable, CustomTestStringConvertible {
        let before: String
        let after: String
        let words: String
        var testDescription: String { "\(before) → \(after)" }
    }

    private static let changes = [
        Change(before: "sgx.max_threads = 4", after: "sgx.max_threads = 8", words: "sgx.max_threads went from 4 to 8"),
        Change(before: "sgx.debug = false", after: "sgx.debug = true", words: "sgx.debug went from false to true"),
        Change(
            before: "loader.argv = ['a', 'b']",
            after: "loader.argv = ['a', 'c']",
            words: "argument 1 went from \"b\" to \"c\""
        ),
        Change(
            before: "loader.argv = ['a']",
            after: "loader.argv = ['a', '--x']",
            words: "argument 1 \"--x\" is new"
        ),
        Change(
            before: "loader.argv = ['a', 'b', 'c']",
            after: "loader.argv = ['a', 'c']",
            words: "argument 1 \"b\" is gone"
        ),
        Change(before: "loader.env.A = 'x'", after: "loader.env.B = 'x'", words: "loader.env.B = \"x\" is new"),
        Change(before: "loader.env.A = 'x'", after: "", words: "loader.env = "),
        Change(
            before: "sgx.trusted_files = ['file:app/data/a']",
            after: "sgx.trusted_files = ['file:app/data/b']",
            words: "file:app/data/b"
        ),
        Change(
            before: "sgx.trusted_files = ['file:app/data/a', 'file:app/data/a-b']",
            after: "sgx.trusted_files = ['file:app/data/a-b', 'file:app/data/a']",
            words: "trusted files stand in another order"
        ),
        Change(
            before: "sgx.trusted_files = [{ uri = 'file:app/data/a', sha256 = '00' }]",
            after: "sgx.trusted_files = [{ uri = 'file:app/data/a', sha256 = '01' }]",
            words: "file:app/data/a changed: 00"
        ),
        Change(before: "a.b = 1\na.c = 2", after: "a.c = 2\na.b = 1", words: "stand in another order"),
        Change(before: "a.b = 1979-05-27", after: "a.b = 1979-05-28", words: "a.b went from"),
        Change(before: "a.b = [[1], [2]]", after: "a.b = [[1], [3]]", words: "a.b, element 2, went from [2] to [3]"),
    ]

    @Test("each change is told in words, from manifests and from what was saved of them alike", arguments: changes)
    private func difference(change: Change) throws {
        let vector = try GramineCase.named("01-minimal")
        try vector.inFolder { around in
            var files: [String] = [], saved: [String] = []
            for (name, line) in [("a", change.before), ("b", change.after)] {
                let text = "libos.entrypoint = '/main'\n\(line)\n"
                let report = try measure(Array(text.utf8), as: name + ".manifest", vector, around)
                files.append(around.folder + "/" + name + ".manifest")
                saved.append(around.folder + "/" + name + ".json")
                try Files.write(report.json, to: around.folder + "/" + name + ".json")
            }
            for (one, other) in [
                (files[0], files[1]), (saved[0], files[1]), (files[0], saved[1]), (saved[0], saved[1]),
            ] {
                let difference = try measuring(around).difference(one, other, options: options(vector, around))
                #expect(difference.text.contains("MRENCLAVE differs") && difference.text.contains(change.words))
                #expect(difference.changes.count <= 3, "\(difference.text)")
                let document = try JSON.read(Array(difference.json.utf8))
                #expect(document["same"]?.value == .boolean(false))
                #expect(document["differences"]?.list.isEmpty == false)
            }
            let same = try measuring(around).difference(saved[0], files[0], options: options(vector, around))
            #expect(same.text.contains("is the same") && same.changes.isEmpty, "\(same.text)")
        }
    }

    @Test("another loader is told as that")
    func loaders() throws {
        let vector = try GramineCase.named("01-minimal")
        try vector.inFolder { around in
            let one = try measure(vector.file("expected.manifest.sgx"), vector, around)
            try Files.write(one.json, to: around.folder + "/a.json")
            var options = options(vector, around)
            options.loader = around.place("elf/pal-bss.so")
            let difference = try measuring(around)
                .difference(around.folder + "/a.json", around.folder + "/app.manifest", options: options)
            #expect(difference.changes.map(\.kind) == [.loader])
        }
    }

    @Test(
        "what is neither package nor manifest is called what it is",
        arguments: [
            ("words\n", "file.kind"), ("[env]\nA = 'b'\n", "file.kind"), ("", "file.kind"),
            ("[loader", "gramine.syntax"), ("{}", "file.kind"), ("{\"mrenclave\": 1}", "file.kind"),
            ("\u{1}\u{0}\u{2}", "file.kind"),
            ("{", "file.kind"), ("sgx = 1", "gramine.schema"), ("sgx.enclave_size = 3", "gramine.schema"),
        ]
    )
    func others(text: String, code: String) throws {
        let vector = try GramineCase.named("01-minimal")
        try vector.inFolder { around in
            let error = #expect(throws: OperationError.self) { _ = try measure(Array(text.utf8), vector, around) }
            #expect(error?.code == code, "\(String(describing: error))")
            let path = around.folder + "/app.manifest"
            let other = #expect(throws: OperationError.self) {
                _ = try measuring(around).difference(path, path, options: options(vector, around))
            }
            #expect(other?.code == code, "\(String(describing: other))")
        }
    }

    @Test(
        "a size is told with its tenths",
        arguments: [
            (1_926_232, "1.8 MiB"), (1_437_848, "1.3 MiB"), (4_734_232, "4.5 MiB"), (1 << 30, "1 GiB"),
            (1023, "1023 bytes"),
            (1536, "1.5 KiB"), (UInt64.max, "16777215.9 TiB"),
        ] as [(UInt64, String)]
    )
    func sizes(count: UInt64, words: String) {
        #expect(ByteText.words(count) == words)
    }
}
