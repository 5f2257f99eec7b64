import ArgumentParser
import CGramineShim
import CLinux
import CommandInterface
import EnclaveAgent
import Glibc

/// The agent's entry point. Without a subcommand it takes the launch record, or the original's arguments.
@main
struct Bootstrap: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mse-bootstrap",
        abstract: "The agent inside the enclave: waits for its key, decrypts the service and serves it.",
        discussion:
            """
            Example: mse-bootstrap app:app --app-dir code --id 533a2b83-4bc5-4a9c-955e-208c530bfd15 --ratls 1893456000 \
            --san localhost
            """,
        version: "mse-bootstrap 1.0.0",
        subcommands: [RunInEnclave.self, DescribeRuntime.self],
        defaultSubcommand: RunInEnclave.self
    )

    static func main() { Program.run(Bootstrap.self) }

    static func run(_ body: @escaping @Sendable () async -> Int32) -> Never {
        cgramineshim_link()
        Program.end(with: body)
    }

    static func fail(_ error: any Error) -> Never { Glibc.exit(Output.failure(error).rawValue) }
}
