import Glibc
import TestSupport
import Testing

@testable import Operations

@Suite("What verify and run are pointed at")
struct TargetTests {
    private let folder: TemporaryFolder
    private let state: StateFolder

    init() throws {
        folder = try TemporaryFolder()
        state = StateFolder(environment: ["MSE_HOME": folder.path + "/home", "HOME": folder.path])
        try state.prepare()
    }

    @Test(
        "an https address is one of a service: host and port, nothing behind them",
        arguments: [
            ("https://localhost:7443", "localhost", 7443), ("https://localhost", "localhost", 443),
            ("https://[::1]:8443/", "::1", 8443),
        ]
    )
    func addresses(_ text: String, _ host: String, _ port: Int) throws {
        guard case .address(let foundHost, let foundPort) = try Target(text, state) else {
            Issue.record("no address")
            return
        }
        #expect(foundHost == host && foundPort == port)
    }

    @Test(
        "an address that leads elsewhere is refused, not read half",
        arguments: ["https://a/path", "https://a/?q", "https://a/#f", "https://a:0", "https://u@a", "https://"]
    )
    func wrongAddresses(_ text: String) {
        #expect(throws: OperationError.self) { try Target(text, state) }
    }

    @Test("a file is one where no service has the name")
    func files() throws {
        try folder.write("pin.pem", "x")
        guard case .file(let path) = try Target(folder.path + "/pin.pem", state) else {
            Issue.record("no file")
            return
        }
        #expect(path == folder.path + "/pin.pem")
    }

    @Test(
        "an address without its scheme, or with another, is told how it is written",
        arguments: [
            ("localhost:7443", "https://localhost:7443"), ("127.0.0.1:1", "https://127.0.0.1:1"),
            ("[::1]:8443", "https://[::1]:8443"), ("http://localhost:1", "https://localhost:1"),
            ("HTTPS://localhost", "https://localhost"), ("shop", nil), ("localhost:0", nil), ("a:b", nil),
            ("/nowhere/at:1", nil), ("out/pin.pem:7", nil), ("localhost:70000", nil), ("", nil),
        ] as [(String, String?)]
    )
    func meant(_ text: String, _ address: String?) {
        let error = #expect(throws: OperationError.self) { try Target(text, state) }
        #expect(error?.mend == address.map { "name the address with its scheme: \($0)" })
    }

    @Test(
        "what is nothing of all that is told with what was expected",
        arguments: ["nothing-here", "", "http://localhost:1", "/nowhere/at/all", "a\u{1B}[2Jb", "HTTPS://localhost"]
    )
    func unknown(_ text: String) {
        let error = #expect(throws: OperationError.self) { try Target(text, state) }
        #expect(error?.code == "target.unknown")
        #expect(error?.description.contains("mse list") == true)
        #expect(error?.description.contains("\u{1B}") == false)
    }

    @Test("a state folder that others can write in is believed in nothing")
    func foreignState() throws {
        #expect(chmod(folder.path + "/home", 0o777) == 0)
        #expect(throws: OperationError.self) { try Target("https://localhost:1", state) }
    }
}
