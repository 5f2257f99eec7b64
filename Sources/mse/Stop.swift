import ArgumentParser
import CommandInterface
import Operations

struct Stop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop",
        abstract: "End an instance, once its HOME is sealed.",
        discussion: "Example: mse stop hello-1 --remove"
    )

    @Argument(help: "The instance.", transform: { try Arguments.instance($0) })
    var name: String
    @Flag(help: "Remove its package, logs and sealed state as well.")
    var remove = false
    @Flag(help: "End it even where HOME can't be sealed; its last changes are lost.")
    var discard = false

    func run() async throws {
        let end: ServiceOperations.End = remove ? .removing : discard ? .discarding : .saving
        let loss = try await Output.attempt { try await ServiceOperations().stop(name, end) }
        if let loss { Output.note("\(name): \(loss)") }
        try Output.write("\(name) is stopped\(remove ? " and removed" : "")\n")
    }
}
