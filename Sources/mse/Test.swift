import ArgumentParser
import CommandInterface
import Operations

struct Test: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Run a package's tests against its running instance.",
        discussion: "Example: mse test hello-1 --secrets hello/secrets.json")

    @Argument(help: "The instance.")
    var name: String
    @Option(help: "The secrets that it was given, for the tests.", completion: .file())
    var secrets: String?
    @Option(help: "The sealed secrets that it was given, in clear, for the tests.", completion: .file())
    var sealedSecrets: String?

    func run() async throws {
        let status = try await Output.attempt { try await ProjectTests().remote(name, secrets: secrets, sealedSecrets: sealedSecrets) }
        guard status == 0 else {
            Output.note("\(name): the tests failed (exit code \(status))")
            throw ExitCode.failure
        }
    }
}
