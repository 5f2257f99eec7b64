import ArgumentParser
import CGramineShim
import CLinux
import CommandInterface
import Dispatch
import EnclaveAgent
import Glibc
import Logging

/// The agent's entry point. Without a subcommand it takes the launch record, or the original's arguments.
@main
struct Bootstrap: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mse-bootstrap",
        abstract: "The agent inside the enclave: waits for its key, decrypts the service and serves it.",
        discussion:
            "Example: mse-bootstrap app:app --app-dir code --id 533a2b83-4bc5-4a9c-955e-208c530bfd15 --ratls 1893456000 --san localhost",
        version: "mse-bootstrap 1.0.0",
        subcommands: [Enclave.self, Serve.self, DescribeRuntime.self],
        defaultSubcommand: Enclave.self
    )

    static func main() { Program.run(Bootstrap.self) }

    /// Runs asynchronous work from the main thread, and ends the process with its exit code: at once, for exit
    /// functions of libraries would run beside threads that use what they take down, and what they wrote would be kept
    /// nowhere.
    static func run(_ body: @escaping @Sendable () async -> Int32) -> Never {
        cgramineshim_link()
        Task.detached {
            let code = await body()
            fflush(nil)
            _exit(code)
        }
        dispatchMain()
    }

    static func fail(_ error: any Error) -> Never { Glibc.exit(Output.failure(error).rawValue) }

    static func logger(_ level: Logger.Level) -> Logger {
        var logger = Logger(label: "mse-bootstrap", factory: { StreamLogHandler.standardError(label: $0) })
        logger.logLevel = level
        return logger
    }
}
