import Files
import Glibc
import Secrets
import TestSupport
import Testing

@testable import Operations

@Suite("Files that were named for a purpose")
struct NamedFilesOfAPurposeTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func put(_ bytes: [UInt8]) throws -> String {
        try folder.write("file", bytes)
        return folder.path + "/file"
    }

    @Test(
        "secrets are a JSON object, and what is none is called what it is",
        arguments: [
            ("[]", "an array"), ("\n [{\"a\": 1}]", "an array"), ("\"x\"", "a string"), ("null", "null"),
            ("true", "true or false"), ("-1.5", "a number"), ("", "empty"), ("{", "broken"), ("{\"a\": 1,}", "broken"),
            ("{'a': 1}", "broken"),
        ]
    )
    func secrets(text: String, word: String) throws {
        let path = try put(Array(text.utf8))
        let error = #expect(throws: OperationError.self) { _ = try NamedFile.secrets(path).secretObject() }
        #expect(error?.code == "file.kind" && error?.problem.contains(word) == true, "\(error.map { "\($0)" } ?? "")")
        #expect(error?.mend?.contains(#"{"name": "value"}"#) == true)
    }

    @Test("secrets in another encoding are called that, and more than a service takes is refused by its limit")
    func encodings() throws {
        for mark in [[0xFF, 0xFE], [0xFE, 0xFF]] as [[UInt8]] {
            let units = "{}".utf16.flatMap { mark[0] == 0xFF ? [UInt8($0), 0] : [0, UInt8($0)] }
            let path = try put(mark + units)
            let error = #expect(throws: OperationError.self) { _ = try NamedFile.secrets(path).secretObject() }
            #expect(error?.problem.contains("UTF-16") == true && error?.mend == "save it as UTF-8")
        }
        let path = try put(Array("{\"a\": \"\(String(repeating: "x", count: 1 << 20))\"}".utf8))
        let error = #expect(throws: OperationError.self) { _ = try NamedFile.secrets(path).secretObject() }
        #expect(error?.problem.contains("1048576") == true)
    }

    @Test("what a shell opened is named by a number, and no mode of it is told")
    func numbers() throws {
        let path = try put(Array("{\"a\": 1}".utf8))
        chmod(path, 0o644)
        #expect(PrivateFiles.warnings([path]).count == 1)
        let shared = try Files.makeTemporaryFolder(in: "/dev/shm", prefix: "mse-operations-tests")
        defer { try? Files.remove(shared) }
        try Files.write(Array("{\"a\": 1}".utf8), to: shared + "/secrets.json", mode: 0o644)
        #expect(PrivateFiles.warnings([shared + "/secrets.json"]).count == 1)
        let file = try OpenFile(path, O_RDONLY)
        for name in ["/dev/fd/\(file.descriptor)", "/proc/self/fd/\(file.descriptor)"] {
            #expect(PrivateFiles.warnings([name]).isEmpty)
        }
    }

    @Test("an object is taken as it stands", arguments: ["{}", "\u{FEFF}\t\r\n{\"a\": [1, null]} "])
    func objects(text: String) throws {
        let secrets = try NamedFile.secrets(try put(Array(text.utf8))).secretObject()
        let bytes = secrets.withBytes { Array($0) }
        #expect(bytes == Array(text.utf8.drop { $0 > 0x7F }))
    }

    private static let key: [UInt8] = (0..<32).map { 200 &+ UInt8($0) &* 7 }

    @Test("a key has 32 bytes, whatever they are")
    func keys() throws {
        for bytes in [Self.key, [UInt8](repeating: 0, count: 32), Array("0123456789abcdef0123456789abcdef".utf8)] {
            let key = try NamedFile.key(try put(bytes)).secretKey()
            let found = key.withBytes { Array($0) }
            #expect(found == bytes)
        }
    }

    @Test(
        "what is no key is told by what it looks like, and its size",
        arguments: [
            ([], "empty"), ([UInt8](repeating: 200, count: 31), "31 bytes"),
            ([UInt8](repeating: 200, count: 33), "33 bytes"),
            (Array("{\"key\": 1}".utf8), "JSON"),
            (
                Array("-----BEGIN PRIVATE KEY-----\nA\n-----END PRIVATE KEY-----".utf8),
                "private key"
            ),
        ] as [([UInt8], String)]
    )
    func noKeys(_ bytes: [UInt8], _ word: String) throws {
        let path = try put(bytes)
        let error = #expect(throws: OperationError.self) { try NamedFile.key(path, "--private-key").checkKey() }
        #expect(error?.code == "file.kind" && error?.subject.hasPrefix("--private-key ") == true)
        #expect(error?.description.contains(word) == true, "\(error.map { "\($0)" } ?? "")")
        #expect(error?.mend?.isEmpty == false)
    }

    @Test("a pipe isn't opened to look at it: who writes into it would see its reader go")
    func pipe() throws {
        let path = folder.path + "/pipe"
        #expect(mkfifo(path, 0o600) == 0)
        try NamedFile.key(path).checkKey()
    }

    @Test("a folder and what isn't there are told, with what was expected")
    func places() throws {
        for path in [folder.path, folder.path + "/nothing", "/dev/null/x"] {
            for file in [NamedFile.key(path), .package(path), .policy(path), .tlsKey(path)] {
                let error = #expect(throws: OperationError.self) { try file.check { _, _ in true } }
                #expect(error?.code == "file" && error?.description.contains("expected") == true)
            }
        }
    }

    @Test("a package is a tar archive", arguments: ["", "{}", "PK\u{3}\u{4}", "text of some length"])
    func noPackage(_ text: String) throws {
        let path = try put(Array(text.utf8))
        let error = #expect(throws: OperationError.self) { try NamedFile.package(path).packageFile() }
        #expect(error?.code == "file.kind")
    }

    @Test(
        "secrets are any JSON, taken as they stand but for a byte order mark",
        arguments: ["{}", "[1, 2]", "null", "\"a\"", " {\"a\": \"\\u00e9\"} ", "1.50"]
    )
    func secrets(_ text: String) throws {
        for mark in [[], [0xEF, 0xBB, 0xBF]] as [[UInt8]] {
            let secrets = try NamedFile.secrets(try put(mark + Array(text.utf8))).secretJSON()
            let found = secrets.withBytes { Array($0) }
            #expect(found == Array(text.utf8))
        }
    }

    @Test(
        "what is no JSON is refused, and no word of it is repeated",
        arguments: ["", "hunter2", "{\"hunter2\"", "{} {}", "{'hunter2': 1}", "{\"a\": hunter2}"]
    )
    func noSecrets(_ text: String) throws {
        let path = try put(Array(text.utf8))
        let error = #expect(throws: OperationError.self) { _ = try NamedFile.secrets(path).secretJSON() }
        #expect(error?.code == "file.kind")
        #expect(error?.description.contains("hunter2") == false, "\(error.map { "\($0)" } ?? "")")
    }
}
