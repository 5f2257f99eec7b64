import Files
import Notation
import PackageFormat
import RATLS
import TestSupport
import Testing

@testable import Operations

@Suite("What an instance is called by")
struct SpawnTests {
    private func spawn(_ sans: [String], host: String? = nil) -> Spawn {
        Spawn(
            name: "hello-1",
            package: "none",
            sans: sans,
            host: host ?? Spawn.defaultHost(for: sans),
            port: 7443,
            subject: nil,
            days: 90,
            timeout: 0,
            platform: .simulator,
            isDebug: false
        )
    }

    @Test(
        "it listens where its names lead, unless somebody says where",
        arguments: [
            (["localhost"], "127.0.0.1"), (["::1"], "::1"), (["[::1]"], "::1"), (["2001:db8::1"], "::1"),
            (["::1", "localhost"], "127.0.0.1"), (["127.0.0.1", "::1"], "127.0.0.1"), (["a.example"], "127.0.0.1"),
        ]
    )
    func defaultHost(_ sans: [String], _ host: String) throws {
        #expect(Spawn.defaultHost(for: sans) == host)
        try spawn(sans).check()
    }

    @Test(
        "names that nobody can call, or that lead elsewhere, are refused with the mend",
        arguments: [
            (["*.example.com"], nil, "--san", "--san api.example.com"),
            (["*.a.example", "*.b.example"], nil, "--san", "--san api.a.example"),
            (["::1"], "127.0.0.1", "--host", "--host ::1"), (["127.0.0.1"], "::1", "--host", "--host 127.0.0.1"),
            (["127.0.0.2"], nil, "--host", "--host 127.0.0.2"),
        ] as [([String], String?, String, String)]
    )
    func refused(_ sans: [String], _ host: String?, _ subject: String, _ mend: String) {
        let error = #expect(throws: OperationError.self) { try spawn(sans, host: host).check() }
        #expect(error?.subject == subject && error?.code == "usage", "\(error.map { "\($0)" } ?? "")")
        #expect(error?.mend?.contains(mend) == true, "\(error.map { "\($0)" } ?? "")")
    }

    @Test(
        "what may be reached is taken",
        arguments: [
            (["*.example.com", "api.example.com"], nil), (["::1"], "::"), (["::1"], "localhost"), (["::1"], "10.0.0.1"),
            (["127.0.0.2"], "0.0.0.0"), (["10.0.0.1"], "127.0.0.1"), (["127.0.0.1", "::1"], "127.0.0.1"),
        ] as [([String], String?)]
    )
    func taken(_ sans: [String], _ host: String?) throws { try spawn(sans, host: host).check() }

    @Test(
        "its address has the first name that isn't a pattern",
        arguments: [
            (["*.example.com", "localhost"], "https://localhost:7443"), (["::1"], "https://[::1]:7443"),
            (["a.example", "b.example"], "https://a.example:7443"), (["*.example.com"], "https://127.0.0.1:7443"),
        ]
    )
    func address(_ sans: [String], _ url: String) throws {
        let launch = try LaunchRecord(
            id: "533a2b83-4bc5-4a9c-955e-208c530bfd15",
            name: "hello-1",
            sans: sans,
            host: "127.0.0.1",
            port: 7443,
            subject: nil,
            notAfter: Timestamp(seconds: 4_000_000_000),
            configurationTimeout: 0
        )
        #expect(NetworkAddress.text(of: launch) == url)
    }

    @Test(
        "a name that none of DNS is, is told what one is",
        arguments: ["bücher.example", "localhost.", "*", "*.com", "a b", "1.2.3", ""]
    )
    func names(_ text: String) {
        let error = #expect(throws: OperationError.self) { try Spawn.san(text) }
        #expect(error?.problem.contains("xn--") == true && error?.problem.contains("no dot at its end") == true)
    }

    @Test("a project's settings stand for its folder")
    func projectFolder() throws {
        let folder = try TemporaryFolder()
        try folder.write("p/mse.toml", "")
        try folder.write("p/other.toml", "")
        try Files.makeFolder(folder.path + "/q/mse.toml")
        #expect(Arguments.projectFolder(folder.path + "/p/mse.toml") == folder.path + "/p")
        for name in ["p", "p/", "p/other.toml", "q/mse.toml", "absent/mse.toml", "mse.toml"] {
            #expect(Arguments.projectFolder(folder.path + "/" + name) == folder.path + "/" + name)
        }
    }
}
