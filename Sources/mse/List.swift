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
        guard !json else { return try Output.write(document: ServiceOperations.json(list)) }
        for status in list {
            try Output.write(
                [
                    status.field("name"), status.state, status.field("platform"), status.field("url"),
                    "until " + status.field("notAfter"),
                ]
                .joined(separator: "  ") + "\n"
            )
            if let problem = status.problem { Output.note(problem) }
            if status.state != "stopped", status.field("homeError") != "-" {
                Output.note("\(status.field("name")): HOME isn't saved: \(status.field("homeError"))")
            }
        }
    }
}
