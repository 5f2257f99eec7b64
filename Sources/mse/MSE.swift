import ArgumentParser
import CommandInterface
import Operations

@main
enum Start {
    static func main() { Program.run(MSE.self, arguments: Manifest.Render.separated) }
}

// Every command writes its name out: deriving it from the type's costs each start some 0.3 ms a command.
struct MSE: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mse",
        abstract:
            """
            Run Python web services, encrypted, on machines of people you don't trust, and prove that they can't look.
            """,
        version: "mse 1.0.0",
        subcommands: [
            Scaffold.self,
            Serve.self,
            LocalTest.self,
            Package.self,
            Code.self,
            Measure.self,
            Manifest.self,
            Sign.self,
            Sigstruct.self,
            Spawn.self,
            Evidence.self,
            Verify.self,
            Seal.self,
            Unseal.self,
            Run.self,
            Test.self,
            Status.self,
            List.self,
            Logs.self,
            Stop.self,
            Restart.self,
            Quote.self,
            Collateral.self,
            Simulator.self,
            Launch.self,
        ]
    )
}

/// Exit codes are part of the interface: 0 done or accepted, 1 could not be done, 2 refused, 64 usage.
extension ExitCode {
    static let refused = ExitCode(2)
    /// Of `status` alone.
    static let notRunning = ExitCode(3)
}

extension Output {
    /// Says which private files are open to others. Nothing is refused for it.
    static func warn(private paths: String?...) { for warning in PrivateFiles.warnings(paths) { note(warning) } }

    static func show(_ report: some Report, json: Bool) throws {
        if json { try write(document: report.json) } else { try write(report.text) }
    }

    /// Shows a verdict; a refusal is exit code 2.
    static func show(verdict judgement: Judgement, json: Bool) throws {
        try show(judgement, json: json)
        if !judgement.isAccepted { throw ExitCode.refused }
    }
}
