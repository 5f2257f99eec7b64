import ArgumentParser
import CommandInterface
import Operations
import PackageFormat

struct Spawn: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "spawn",
        abstract: "Launch a package; returns when it waits for its key.",
        discussion:
            """
            Example: mse spawn hello-1 --package out/package_hello_1764000000000000000.tar --san localhost --port 7443 \
            --platform simulator
            """
    )

    @Argument(help: "The instance's name: 1 to 63 of a–z, 0–9 and '-'.", transform: { try Operations.Spawn.name($0) })
    var name: String
    @Option(help: "The package.", completion: .file())
    var package: String
    @Option(
        help: "A name or address that users will call; may be repeated.",
        transform: { try Operations.Spawn.san($0) }
    )
    var san: [String]
    @Option(in: 1...65535, help: "The port.")
    var port: Int
    @Option(help: "Where it runs: simulator or sgx, as it was packaged.")
    var platform: EnclaveSettings.Platform
    @Option(
        help: "The address to listen on (default: 127.0.0.1, or ::1 where all names are addresses of IPv6).",
        transform: { try Arguments.host($0) }
    )
    var host: String?
    @Option(help: "The certificate's subject, RFC 4514.", transform: { try Operations.Spawn.subject($0) })
    var subject: String?
    @Option(in: Operations.Spawn.days, help: "How long the certificate lives, at most 397.")
    var days = 90
    @Option(in: Operations.Spawn.timeouts, help: "Seconds to wait for the key; 0 waits for ever.")
    var timeout = 0
    @Flag(help: "A debug enclave, which no verifier accepts unless its policy says so.")
    var debug = false

    /// What is right by itself may be too much together.
    func validate() throws {
        do {
            try spawn.check()
        } catch {
            throw ValidationError("\(error)")
        }
    }

    private var spawn: Operations.Spawn {
        Operations.Spawn(
            name: name,
            package: package,
            sans: san,
            host: host ?? Operations.Spawn.defaultHost(for: san),
            port: port,
            subject: subject,
            days: days,
            timeout: timeout,
            platform: platform,
            isDebug: debug
        )
    }

    func run() async throws {
        try Output.write(try await Output.attempt { try await spawn.run() } + "\n")
    }
}
