import ArgumentParser
import CommandInterface
import Operations

struct Test: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Verify a running instance, and run its package's tests against it.",
        discussion:
            "Example: mse test hello-1 --package out/package_hello_1764000000000000000.tar --secrets hello/secrets.json"
    )

    @Argument(help: "The instance's name, or its https address.", transform: { try Arguments.peer($0) })
    var name: String
    @Option(help: "The package whose tests are run, and whose measurement is expected.", completion: .file())
    var package: String
    @Option(help: "The secrets that it was given, for the tests.", completion: .file())
    var secrets: String?
    @Option(help: "The sealed secrets that it was given, in clear, for the tests.", completion: .file())
    var sealedSecrets: String?
    @Flag(
        help: "Run the tests of a package that was not made here: nothing measures them, and they run on this machine."
    )
    var foreignTests = false

    @OptionGroup var judging: JudgingArguments

    func run() async throws {
        Output.warn(private: secrets, sealedSecrets)
        let outcome = try await Output.attempt {
            try await ProjectTests().remote(
                name,
                options: judging.options(package: package),
                secrets: secrets,
                sealedSecrets: sealedSecrets,
                runsForeign: foreignTests
            )
        }
        let status: Int32
        switch outcome {
        case .refused(let judgement): return try Output.show(verdict: judgement, json: false)
        case .ran(let code): status = code
        }
        guard status == 0 else {
            Output.note("\(name): the tests failed (exit code \(status))")
            throw ExitCode.failure
        }
    }
}
