import ArgumentParser
import CommandInterface
import Operations

struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Tell how an instance is.", discussion: "Example: mse status hello-1 --json")

    @Argument(help: "The instance.")
    var name: String
    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let status = try await Output.attempt { try await ServiceOperations().status(name) }
        guard !json else { return try Output.write(status.json) }
        let fields = ["name", "state", "platform", "url", "sans", "mrenclave", "startedAt", "notAfter", "pid", "id"]
        try Output.write(fields.map { $0 + String(repeating: " ", count: 11 - $0.count) + status.field($0) + "\n" }.joined())
        if status.field("platform") == "simulator" { try Output.write("this enclave is simulated: it protects nothing\n") }
    }
}
