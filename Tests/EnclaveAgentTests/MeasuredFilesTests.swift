import Enclave
import Notation
import PackageFormat
import TestSupport
import Testing

@testable import EnclaveAgent

/// What proves the bytes that an agent reads: never nothing.
@Suite("Measured files")
struct MeasuredFilesTests {
    private static let settings = """
        name = "p"
        python_application = "app:app"
        healthcheck_endpoint = "/"
        tests_cmd = "pytest"
        tests_requirements = []

        """
    private let folder: TemporaryFolder
    private let package: PackageFile
    private let digest = [UInt8](repeating: 7, count: 32)

    init() throws {
        folder = try TemporaryFolder()
        let tar = try TarWriter(folder.path + "/package.tar")
        try tar.add("mse.toml", Array(Self.settings.utf8))
        try tar.add("app.tar", [UInt8](repeating: 0, count: 1024))
        try tar.finish()
        package = try PackageFile(folder.path + "/package.tar")
    }

    private static let record = EnclaveRecord(
        settings: EnclaveSettings(
            application: "app:app",
            mode: .encrypted,
            python: "3.11.2",
            agent: .init(path: "/agent", loader: "/loader", platform: .simulator)
        ),
        files: []
    )

    private func files(_ digests: [String: [UInt8]]) throws -> MeasuredFiles {
        let record = EnclaveRecord(
            settings: Self.record.settings,
            files: digests.map { .init(path: $0, digest: $1) }
        )
        return try MeasuredFiles(.record(Array(JSON.canonical(record.node).utf8)), argument: nil)
    }

    @Test("a member is proven by its digest in the record")
    func measured() throws {
        let proof = try files(["app.tar": digest]).proof(of: "app.tar", in: package, isThere: true)
        #expect(proof == .measured(digest))
        #expect(try files([:]).proof(of: "environment.tar", in: package, isThere: false) == nil)
    }

    @Test("one that is there and wasn't measured is refused, and one that was and isn't there")
    func unmeasured() throws {
        #expect(throws: AgentError.self) { try files([:]).proof(of: "app.tar", in: package, isThere: true) }
        #expect(throws: AgentError.self) {
            try files(["environment.tar": digest]).proof(of: "environment.tar", in: package, isThere: false)
        }
    }

    @Test("a record that can't be read is no absent one", arguments: ["", "null", "{}", "[]", "{\"version\":1}"])
    func unreadable(text: String) {
        #expect(throws: (any Error).self) { try MeasuredFiles(.record(Array(text.utf8)), argument: nil) }
    }

    @Test("a record among the arguments counts where they are measured, and nowhere else")
    func argument() throws {
        let record = EnclaveRecord(settings: Self.record.settings, files: [.init(path: "app.tar", digest: digest)])
        let text = JSON.canonical(record.node)
        let measured = try MeasuredFiles(.enforcedByLibraryOS, argument: text)
        #expect(try measured.settings(of: package) == record.settings)
        #expect(try measured.proof(of: "app.tar", in: package, isThere: true) == .measured(digest))
        #expect(throws: AgentError.self) {
            try measured.proof(of: "environment.tar", in: package, isThere: true)
        }
        #expect(throws: (any Error).self) { try MeasuredFiles(.enforcedByLibraryOS, argument: "{}") }
        // The processor's own word stands above it.
        let other = try MeasuredFiles(.record(Array(JSON.canonical(Self.record.node).utf8)), argument: text)
        #expect(throws: AgentError.self) { try other.proof(of: "app.tar", in: package, isThere: true) }
    }

    @Test("a folder of code is for platforms that prove each file by themselves")
    func folders() throws {
        #expect(throws: AgentError.self) { try files(["app.tar": digest]).checkFolder("/code") }
        #expect(throws: Never.self) { try MeasuredFiles(.enforcedByLibraryOS, argument: nil).checkFolder("/code") }
        #expect(
            try MeasuredFiles(.enforcedByLibraryOS, argument: nil).proof(of: "app.tar", in: package, isThere: true)
                == .enforcedByLibraryOS
        )
    }
}
