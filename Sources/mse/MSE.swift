import ArgumentParser
import Foundation
import Operations

// Every command writes its name out: deriving it from the type's costs each start some 0.3 ms a command.
@main
struct MSE: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mse",
        abstract: "Run Python web services, encrypted, on machines of people you don't trust, and prove that they can't look.",
        version: "mse 1.0.0",
        subcommands: [
            Scaffold.self, Serve.self, LocalTest.self, Package.self, Code.self, Measure.self, Spawn.self, Evidence.self, Verify.self,
            Seal.self, Unseal.self,
            Run.self, Test.self, Status.self, List.self, Logs.self, Stop.self, Restart.self, Quote.self, Collateral.self, Simulator.self,
        ]
    )
}

/// Exit codes are part of the interface: 0 done or accepted, 1 could not be done, 2 refused, 64 usage.
extension ExitCode {
    static let refused = ExitCode(2)
}

/// What commands print: results to standard output, everything else to standard error.
enum Output {
    static func note(_ text: String) {
        FileHandle.standardError.write(Data("mse: \(text)\n".utf8))
    }

    /// Text as it is.
    static func write(_ text: String) {
        FileHandle.standardOutput.write(Data(text.utf8))
    }

    /// Runs one call of the library; what it can't do is told in one message, exit code 1.
    static func attempt<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let code as ExitCode {
            throw code
        } catch {
            note("\(error)")
            throw ExitCode.failure
        }
    }

    /// Shows a verdict; a refusal is exit code 2.
    static func show(_ judgement: Judgement, json: Bool) throws {
        write(json ? judgement.json : judgement.report)
        if !judgement.isAccepted { throw ExitCode.refused }
    }
}
