import Files
import GramineVectors
import Notation
import Testing

@testable import Gramine

@Suite("Manifests")
struct ManifestTests {
    private func text(_ toml: String) throws -> String {
        String(decoding: try Manifest(reading: Array(toml.utf8)).text, as: UTF8.self)
    }

    private func value(_ toml: String) throws -> String {
        let text = try text("a.x = \(toml)\n")
        return String(try #require(text.split(separator: "\n").first { $0.hasPrefix("x = ") }).dropFirst(4))
    }

    @Test(
        "numbers are written as Python writes them",
        arguments: [
            ("0x10", "16"), ("1_000", "1000"), ("-0", "0"), ("+7", "7"), ("0b101", "5"), ("0o17", "15"),
            ("123456789012345678901234567890", "123456789012345678901234567890"), ("1.0", "1.0"),
            ("1e15", "1000000000000000.0"),
            ("1e16", "1e+16"), ("1.5e16", "1.5e+16"), ("0.0001", "0.0001"), ("0.00001", "1e-05"),
            ("1.25e-7", "1.25e-07"),
            ("-2.5", "-2.5"), ("123456.789", "123456.789"), ("1e300", "1e+300"), ("5e-324", "5e-324"), ("-0.0", "-0.0"),
            ("inf", "inf"), ("-inf", "-inf"), ("+nan", "nan"), ("0.1", "0.1"),
            ("9007199254740993.0", "9007199254740992.0"),
            ("1E+2", "100.0"),
        ]
    )
    func numbers(toml: String, expected: String) throws { #expect(try value(toml) == expected) }

    @Test(
        "dates and times are written as Python writes them",
        arguments: [
            ("1979-05-27", "1979-05-27"), ("07:32:00", "07:32:00"), ("07:32:00.5", "07:32:00.500000"),
            ("07:32:00.000", "07:32:00"), ("1979-05-27T07:32:00Z", "1979-05-27 07:32:00+00:00"),
            ("1979-05-27t07:32:00.1234567-07:30", "1979-05-27 07:32:00.123456-07:30"),
            ("1979-05-27 07:32:00", "1979-05-27 07:32:00"), ("1979-05-27T07:32:00-00:00", "1979-05-27 07:32:00+00:00"),
        ]
    )
    func moments(toml: String, expected: String) throws { #expect(try value(toml) == expected) }

    @Test("texts are written as tomli-w writes them")
    func written() throws {
        let cases = try JSON.read(Files.read(GramineCase.root + "/texts.json")).list
        #expect(cases.count == 150)
        for vector in cases {
            let toml = try #require(vector["toml"]?.string)
            let read = try TOML.read(Array(toml.utf8))
            let written = String(decoding: ManifestText(read).bytes, as: UTF8.self)
            #expect(written == vector["text"]?.string)
        }
    }

    @Test("one element that is too long turns the whole array into tables")
    func lineLength() throws {
        // Four spaces, 'e', the quotes, the braces and the comma take 15.
        let longest = String(repeating: "é", count: 100 - 15)
        #expect(try text("a = [{ e = '\(longest)' }]").hasPrefix("a = [\n    { e = "))
        #expect(try text("a = [{ e = 1 }, { e = '\(longest)x' }]").hasPrefix("[[a]]\ne = 1\n\n[[a]]\ne = "))
        // An array in it is written over lines, so that it isn't short either.
        #expect(try text("a = [{ e = [1] }]").hasPrefix("[[a]]\ne = [\n    1,\n]\n"))
    }

    @Test(
        "sections that are none, and a mark before the text, are refused",
        arguments: [
            ("sgx = 1", GramineError.Kind.schema), ("sgx.cpu_features = 'a'", .schema), ("\u{FEFF}a = 1", .syntax),
            ("a = {b = 1,}", .syntax), ("a = 1\na = 2", .syntax), ("[a]\n[a]", .syntax), ("a = 1 b = 2", .syntax),
        ]
    )
    func refused(toml: String, kind: GramineError.Kind) {
        let error = #expect(throws: GramineError.self) { try Manifest(reading: Array(toml.utf8)) }
        #expect(error?.kind == kind)
    }

    @Test(
        "sizes are read as the signer reads them",
        arguments: [
            ("64M", 64 << 20), ("4K", 4096), (" 0x1000 ", 4096), ("0x1_000", 4096), ("0x_1000", 4096),
            ("1_0M", 10 << 20),
            ("+4096", 4096), ("0b1000000000000", 4096), ("0o10000", 4096), ("0X1000K", 4096 << 10), ("1024G", 1 << 40),
        ]
    )
    func sizes(text: String, expected: UInt64) throws {
        let manifest = try Manifest(reading: Array("sgx.enclave_size = '\(text)'".utf8))
        #expect(try EnclaveSettings(manifest).size == expected)
    }

    @Test(
        "other sizes are refused",
        arguments: [
            ("64m", GramineError.Kind.size), ("", .size), ("M", .size), ("08M", .size), ("1__0M", .size),
            ("_1M", .size),
            ("1.5G", .size), ("0xG", .size), ("99999999999G", .size), ("--1", .size), ("5000", .size), ("0", .tooSmall),
            ("-64M", .tooSmall), ("2048G", .size), ("0x", .size), ("1 0M", .size),
        ]
    )
    func noSizes(text: String, kind: GramineError.Kind) throws {
        let manifest = try Manifest(reading: Array("sgx.enclave_size = '\(text)'".utf8))
        let error = #expect(throws: GramineError.self) { try EnclaveSettings(manifest) }
        #expect(error?.kind == kind)
    }

    @Test(
        "settings out of their range are refused",
        arguments: [
            ("max_threads = 0", GramineError.Kind.range), ("max_threads = -1", .range),
            ("max_threads = 1000000", .range),
            ("max_threads = false", .range), ("isvprodid = 65536", .range), ("isvsvn = -1", .range),
            ("isvsvn = 'a'", .schema), ("isvsvn = 1.0", .schema), ("enclave_size = 5", .schema),
            ("cpu_features.pkru = 'unspecified'", .cpuFeature), ("cpu_features.avx = true", .cpuFeature),
        ]
    )
    func settings(line: String, kind: GramineError.Kind) throws {
        let manifest = try Manifest(reading: Array("sgx.\(line)".utf8))
        let error = #expect(throws: GramineError.self) { try EnclaveSettings(manifest) }
        #expect(error?.kind == kind)
    }

    @Test("all problems are told, with their places, and what was meant")
    func problems() throws {
        let text = """
            libos.entrypoint = 5
            fs.mounts = [{ path = "/a" }, { type = "nfs", path = "/b", uri = "file:b" }, "c"]
            loader.entrypoint.uri = "file:x"
            loader.argv = ["a", 1]
            loader.env = { A = "a", B = { value = "b" }, C = { passthrough = true }, E = { passthrough = false } }
            sgx.thread_num = 4
            sgx.enclave_sise = "1G"
            sgx.isvsvn = true
            """
        let problems = try Manifest(reading: Array(text.utf8)).schemaProblems
        #expect(
            problems.map(\.description) == [
                "expected str for dictionary value @ data['libos']['entrypoint']",
                "required key not provided @ data['fs']['mounts'][0]['uri']",
                "not a valid value for dictionary value @ data['fs']['mounts'][1]['type']",
                "expected a dictionary @ data['fs']['mounts'][2]",
                "expected str @ data['loader']['argv'][1]",
                "extra keys not allowed @ data['loader']['env']['E']['passthrough']",
                "extra keys not allowed @ data['sgx']['thread_num']",
                "extra keys not allowed @ data['sgx']['enclave_sise']",
            ]
        )
        #expect(problems.map(\.place.line) == [1, 2, 2, 2, 4, 5, 6, 7])
        #expect(problems[6].mend == "it is sgx.max_threads since Gramine 1.4")
        #expect(problems[7].mend == "is 'enclave_size' meant?")
    }
}
