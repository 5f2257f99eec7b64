import ArgumentParser
import CommandInterface
import Operations

struct Evidence: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evidence",
        abstract: "Write an instance's certificate, quote and collateral as a file.",
        discussion: "Example: mse evidence hello-1 --output out"
    )

    @Argument(help: "The instance.", transform: { try Arguments.instance($0) })
    var name: String
    @Option(
        help: "The folder for evidence.json and ratls.pem.",
        completion: .directory,
        transform: { try outputName($0) }
    )
    var output: String

    func run() async throws {
        try Output.write(
            try await Output.attempt { try await ServiceOperations().evidence(name, output: output) } + "\n"
        )
    }
}
