import ArgumentParser
import CommandInterface
import Operations

struct Restart: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restart",
        abstract: "End an instance and start it again from its sealed state.", discussion: "Example: mse restart hello-1 --renew")

    @Argument(help: "The instance.")
    var name: String
    @Flag(help: "Make a new quote and certificate; pins must be renewed.")
    var renew = false

    func run() async throws {
        try await Output.attempt { try await ServiceOperations().restart(name, renews: renew) }
        try Output.write("\(name) is back\n")
    }
}
