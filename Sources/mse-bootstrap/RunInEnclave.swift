import ArgumentParser
import CFreedMemory
import CGramineShim
import CLinux
import CommandInterface
import Enclave
import EnclaveAgent
import Files
import Glibc
import Notation
import PackageFormat
import RATLS
import Threads
import WallClock

struct RunInEnclave: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enclave",
        abstract: "Run in an enclave (the default).",
        shouldDisplay: false
    )

    @Argument(help: "module:variable; a package says it itself.")
    var application: String?
    @Option(help: "The folder of the unpacked code.")
    var appDir: String?
    @Option(help: "The package file, instead of --app-dir.")
    var package: String?
    @Option(help: "What was measured of the package, JSON; counts where arguments are measured.")
    var record: String?
    @Option(help: "The launch record, instead of --id, --san, --host, --port, --subject, --ratls and --timeout.")
    var launch: String?
    @Option(help: "The UUID that a configuration must name.")
    var id: String?
    // To the end of the year 9999, the last that a certificate can name.
    @Option(in: 1...253_402_300_799, help: "Serve with the enclave's certificate, which ends at this Unix time.")
    var ratls: Int?
    @Flag(name: .customLong("no-ssl"), help: "Serve in clear once configured.")
    var noSSL = false
    @Option(help: "Serve with this certificate chain, PEM; its key comes with the configuration.")
    var certificate: String?
    @Option(help: "The address to listen on (default: 0.0.0.0).")
    var host: String?
    @Option(in: 1...65535, help: "The port (default: 443).")
    var port: Int?
    @Option(help: "The certificate's subject, RFC 4514.")
    var subject: String?
    @Option(help: "The certificate's name (default: localhost).")
    var san: String?
    @Flag(help: "The code is not encrypted.")
    var plaincode = false
    @Option(
        in: LaunchRecord.configurationTimeouts,
        help: "Seconds to wait for the configuration; exit code 124 when they are over."
    )
    var timeout: Int?
    @Option(help: "Where sealed state is kept over restarts.")
    var state: String?
    @Option(help: "An empty folder to put the private memory file system on.")
    var memory: String?
    @Flag(help: "Make a new quote and certificate over the sealed keys.")
    var renew = false
    // The original's arguments name none.
    @Option(help: "What this runs on: simulator or sgx; measured.")
    var platform = EnclaveSettings.Platform.sgx
    @Option(help: "Gramine's pseudo files.")
    var attestationFolder = "/dev/attestation"
    // Its log is a closed list of events.
    @Flag(help: "Taken for the original's sake; changes nothing.")
    var debug = false

    func validate() throws {
        if launch != nil {
            let others: [(String, Bool)] = [
                ("--id", id != nil), ("--san", san != nil), ("--host", host != nil), ("--port", port != nil),
                ("--subject", subject != nil),
                ("--ratls", ratls != nil), ("--timeout", timeout != nil),
            ]
            if let (name, _) = others.first(where: { $0.1 }) {
                throw ValidationError("\(name) can't stand beside --launch, which says it.")
            }
            guard package != nil || appDir != nil else { throw ValidationError("--package or --app-dir is needed.") }
            return
        }
        guard id != nil else { throw ValidationError("--id is needed.") }
        guard package != nil || (application != nil && appDir != nil) else {
            throw ValidationError("APPLICATION and --app-dir are needed.")
        }
        let modes = [ratls != nil, noSSL, certificate != nil].filter { $0 }.count
        guard modes == 1 else { throw ValidationError("exactly one of --ratls, --no-ssl and --certificate is needed.") }
    }

    private static let clock = WallClock.system

    func run() throws {
        // The first process of its own view would not even notice a signal that it has no handler for.
        ProcessSignal.termination.count()
        // Before anything else makes a thread: only then the kernel lets this process have mounts of its own.
        let memory: PrivateMemory
        let arguments: AgentArguments
        let enclave: any EnclavePlatform
        do {
            arguments = try agentArguments(Self.clock.now)
            enclave = try platform.enclave(attestationFolder: arguments.attestationFolder)
            let mountPoint =
                self.memory ?? (getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp") + "/mse-memory-\(getpid())"
            memory = try PrivateMemory(mountPoint: Files.absolute(mountPoint), byteCount: 4 << 30)
        } catch {
            fail(error)
        }
        clinux_protect_memory()
        cfreedmemory_overwrite()
        // Under Gramine no service can start programs, so none can here; where there is no filter, the launcher said
        // so.
        _ = clinux_forbid_programs()
        // Where the operator stood when he started it is nothing to the application, and a relative path must not lead
        // to his disk. Nor must a home that is looked up in the table of users, which is the machine's.
        guard chdir(memory.folder) == 0 else { fail(AgentError("\(memory.folder): can't work in it")) }
        cgramineshim_set_home(memory.home)
        // From here on nobody in this process writes anything that the operator reads, but for the agent's events.
        let log = ApplicationLog(clock: Self.clock)
        guard let (output, descriptor) = CapturedOutput.begin(into: log) else {
            fail(AgentError("there are no descriptors for the application's output"))
        }
        let events = EventLog(descriptor: descriptor, clock: Self.clock)
        Bootstrap.run {
            await EnclaveAgent.live(
                arguments,
                on: enclave,
                memory: memory,
                events: events,
                log: log,
                output: output,
                clock: Self.clock
            )
        }
    }

    /// In words for who started it by hand; a launcher lets the event alone through.
    private func fail(_ error: any Error) -> Never {
        EventLog(descriptor: STDERR_FILENO, clock: Self.clock).write(failure: error)
        Bootstrap.fail(error)
    }

    private func agentArguments(_ now: Timestamp) throws -> AgentArguments {
        AgentArguments(
            application: application,
            package: try package.map { try Files.absolute($0) },
            record: record,
            codeFolder: try appDir.map { try Files.absolute($0) },
            platform: platform,
            instance: try launch.map { try instance(launchedBy: $0) } ?? instance(now),
            mode: try noSSL ? .clear : certificate.map { .owner(certificate: try Files.absolute($0)) } ?? .attested,
            isPlain: plaincode,
            stateFolder: try state.map { try Files.absolute($0) },
            renews: renew,
            attestationFolder: try Files.absolute(attestationFolder)
        )
    }

    private func instance(launchedBy path: String) throws -> AgentArguments.Instance {
        let record: LaunchRecord
        do {
            record = try LaunchRecord(Files.read(path, limit: LaunchRecord.byteLimit))
        } catch let error as FileError {
            throw error
        } catch {
            throw AgentError("\(path): \(error)")
        }
        return AgentArguments.Instance(
            id: record.id,
            maker: CertificateMaker(record),
            host: record.host,
            port: record.port,
            timeLimit: Self.timeLimit(record.configurationTimeout)
        )
    }

    /// As the original's command line says it.
    private func instance(_ now: Timestamp) -> AgentArguments.Instance {
        AgentArguments.Instance(
            id: id ?? "",
            maker: CertificateMaker(
                sans: [san ?? "localhost"],
                subject: subject ?? "CN=localhost,O=MSE,L=Paris,ST=Ile-de-France,C=FR",
                // Where the certificate only carries the configuration, ten hours are enough.
                notAfter: ratls.map { Timestamp(seconds: Int64($0)) } ?? now + .seconds(36000)
            ),
            host: host ?? "0.0.0.0",
            port: port ?? 443,
            timeLimit: Self.timeLimit(timeout ?? 0)
        )
    }

    private static func timeLimit(_ seconds: Int) -> Duration? { seconds == 0 ? nil : .seconds(seconds) }
}
