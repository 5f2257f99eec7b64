import ArgumentParser
import CommandInterface
import Operations

struct Stop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop", abstract: "End an instance.", discussion: "Example: mse stop hello-1 --remove")

    @Argument(help: "The instance.")
    var name: String
    @Flag(help: "Remove its package, logs and sealed state as well.")
    var remove = false

    func run() async throws {
        try await Output.attempt { try await ServiceOperations().stop(name, removes: remove) }
        try Output.write("\(name) is stopped\(remove ? " and removed" : "")\n")
    }
}
