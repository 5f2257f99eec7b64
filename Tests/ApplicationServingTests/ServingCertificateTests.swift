import ApplicationServing
import Files
import Processes
import TestSupport
import Testing

@Suite("Certificates to serve with")
struct ServingCertificateTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        let made = try ProgramRun(
            "/bin/sh",
            [
                "-c",
                """
                cd "$1" && for name in a b; do
                    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=$name \\
                        -keyout $name.key -out $name.pem
                done && cat a.pem b.pem > chain.pem && openssl x509 -in a.pem -outform DER -out a.der
                """,
                "sh", folder.path,
            ]
        ).run()
        #expect(made.status == 0, "\(made.output)")
    }

    private func certificate(_ chain: String, _ key: String) throws -> ServingCertificate {
        try ServingCertificate(chainFile: folder.path + "/" + chain, keyFile: folder.path + "/" + key)
    }

    @Test("a certificate and its own key are taken, alone and with what issued it", arguments: ["a.pem", "chain.pem"])
    func own(_ chain: String) throws {
        _ = try certificate(chain, "a.key").tls()
        _ = try certificate(chain, "a.key").tls(protocols: ["http/1.1", "mse-configuration/1"])
        let key = try folder.read("a.key")
        _ = try ServingCertificate(chain: folder.read(chain), key: key.span.bytes).tls()
    }

    @Test(
        "another's key, the wrong way round and what is neither are refused before anybody is served",
        arguments: [
            ("a.pem", "b.key"), ("b.pem", "a.key"), ("a.key", "a.pem"), ("a.pem", "a.pem"), ("a.key", "a.key"),
            ("a.der", "a.key"), ("empty", "a.key"), ("a.pem", "empty"), ("text", "a.key"), ("a.pem", "text"),
        ]
    )
    func wrong(_ chain: String, _ key: String) throws {
        try folder.write("empty", "")
        try folder.write("text", "hunter2 is no key")
        let certificate = try certificate(chain, key)
        let error = #expect(throws: (any Error).self) { try certificate.tls() }
        #expect("\(error.map { "\($0)" } ?? "")".contains("hunter2") == false)
    }

    @Test("a file that isn't there, is a folder or has more than a mebibyte is told by its name")
    func files() throws {
        try folder.write("larger", [UInt8](repeating: 0x41, count: (1 << 20) + 1))
        for (chain, key) in [
            ("nothing", "a.key"), ("a.pem", "nothing"), ("larger", "a.key"), ("a.pem", "larger"),
            ("", "a.key"),
        ] {
            let error = #expect(throws: FileError.self) { try certificate(chain, key) }
            #expect(error?.path.hasPrefix(folder.path) == true)
        }
    }
}
