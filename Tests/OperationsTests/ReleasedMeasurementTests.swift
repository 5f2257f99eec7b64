import Attestation
import Files
import Processes
import SGXQuote
import Secrets
import TestSupport
import Testing

@testable import Operations

/// A key is for one enclave. A package of the original doesn't say which.
@Suite("What a package of the original is released to")
struct ReleasedMeasurementTests {
    private static let old = String(repeating: "0a", count: 32), new = String(repeating: "0b", count: 32)

    private func options(_ folder: TemporaryFolder, policy: String, expected: String?) throws -> JudgingOptions {
        let package = folder.path + "/package.tar"
        try Files.write([UInt8](repeating: 0, count: 1024), to: folder.path + "/app.tar")
        try Files.write(
            """
            name = "original"
            python_application = "app:app"
            healthcheck_endpoint = "/"
            tests_cmd = "true"
            tests_requirements = []
            """,
            to: folder.path + "/mse.toml"
        )
        let tar = try ProgramRun("/bin/tar", ["-C", folder.path, "-cf", package, "app.tar", "mse.toml"]).start()
        try #require(tar.wait() == 0)
        try Files.write("[measurement]\n" + policy, to: folder.path + "/policy.toml")
        var options = JudgingOptions(policy: folder.path + "/policy.toml", expected: expected, package: package)
        options.isRelease = true
        return options
    }

    @Test(
        "what is named besides must leave one enclave, and it is that one",
        arguments: [
            ("mrenclave = [\"\(old)\"]", nil, old), ("mrenclave = [\"\(old)\", \"\(new)\"]", new, new),
            ("", new, new), ("mrenclave = [\"\(new)\", \"\(old)\"]", old, old),
        ] as [(String, String?, String)]
    )
    func one(policy: String, expected: String?, released: String) throws {
        let folder = try TemporaryFolder()
        let options = try options(folder, policy: policy, expected: expected)
        let verifier = try options.verifier(
            JudgingDefaults(StateFolder(environment: ["HOME": folder.path])),
            options.package.map { try JudgedPackage($0) }
        )
        #expect(verifier.policy.measurement.released?.description == released)
    }

    @Test("a key is sealed for no package that anybody starts: it would be another's")
    func keyOfNone() throws {
        let folder = try TemporaryFolder()
        let package = try options(folder, policy: "", expected: Self.new).package
        func check(_ text: String) throws {
            try ReleasedMaterial.checkKey(in: SecretBytes(copying: text.utf8.span.bytes), from: "box", of: package)
        }
        let error = #expect(throws: OperationError.self) { try check("{\"code_secret_key\": \"\(Self.old)\"}") }
        #expect(error?.code == "key" && error?.problem.contains("it stays here") == true, "\(error as Any)")
        try check("{\"password\": \"hunter2\"}")
    }

    @Test(
        "where it leaves several, or a signer's, nothing is judged",
        arguments: [
            "mrenclave = [\"\(old)\", \"\(new)\"]",
            "mrsigner = \"\(old)\"\nisv_prod_id = 0\nminimum_isv_svn = 0", "",
        ]
    )
    func several(policy: String) throws {
        let folder = try TemporaryFolder()
        let options = try options(folder, policy: policy, expected: nil)
        #expect(throws: (any Error).self) {
            try options.verifier(
                JudgingDefaults(StateFolder(environment: ["HOME": folder.path])),
                options.package.map { try JudgedPackage($0) }
            )
        }
    }
}
