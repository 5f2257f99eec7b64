import ArgumentParser
import CommandInterface
import Operations

struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the instances that were launched here.",
        discussion: "Example: mse list --json"
    )

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let list = try await Output.attempt { try await ServiceOperations().list() }
        guard !json else { return try Output.write(document: ServiceStatus.json(list)) }
        for status in list {
            try Output.write(status.line)
            for note in status.notes { Output.note(note) }
        }
    }
}
