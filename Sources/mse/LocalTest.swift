import ArgumentParser
import CommandInterface
import Operations

struct LocalTest: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "localtest",
        abstract: "Run a project's tests against the development server.",
        discussion: "Example: mse localtest --project hello"
    )

    @Option(help: "The project's folder.", completion: .directory, transform: { Arguments.projectFolder($0) })
    var project: String
    @Option(help: "The secrets (default: secrets.json of the project, if there is one).", completion: .file())
    var secrets: String?
    @Option(help: "What would be sealed, in clear.", completion: .file())
    var sealedSecrets: String?

    func run() async throws {
        Output.warn(private: secrets ?? PrivateFiles.secrets(of: project), sealedSecrets)
        let status = try await Output.attempt {
            try ProjectTests().local(project: project, secrets: secrets, sealedSecrets: sealedSecrets)
        }
        guard status == 0 else {
            Output.note("\(project): the tests failed (exit code \(status))")
            throw ExitCode.failure
        }
    }
}
