import ArgumentParser
import CommandInterface
import Operations

struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Tell how an instance is; exit code 3 when it is stopping, stopped, failed or unresponsive.",
        discussion: "Example: mse status hello-1 --json"
    )

    @Argument(help: "The instance.", transform: { try Arguments.instance($0) })
    var name: String
    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let status = try await Output.attempt { try await ServiceOperations().status(name) }
        try Output.show(status, json: json)
        if status.isDown { throw ExitCode.notRunning }
    }
}
