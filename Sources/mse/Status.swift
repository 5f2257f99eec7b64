import ArgumentParser
import CommandInterface
import Operations

struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Tell how an instance is; exit code 3 when it is stopped, failed or unresponsive.",
        discussion: "Example: mse status hello-1 --json"
    )

    @Argument(help: "The instance.", transform: { try Arguments.instance($0) })
    var name: String
    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let status = try await Output.attempt { try await ServiceOperations().status(name) }
        if json { try Output.write(document: status.json) } else { try Output.write(text(status)) }
        if status.isDown { throw ExitCode.notRunning }
    }

    private func text(_ status: ServiceOperations.Status) -> String {
        let fields = [
            "name", "state", "reason", "platform", "url", "sans", "mrenclave", "startedAt", "notAfter", "homeSavedAt",
            "homeError", "pid",
            "id",
        ]
        let lines = fields.map { $0 + String(repeating: " ", count: 13 - $0.count) + status.field($0) + "\n" }.joined()
        return lines
            + (status.field("platform") == "simulator" ? "this enclave is simulated: it protects nothing\n" : "")
    }
}
