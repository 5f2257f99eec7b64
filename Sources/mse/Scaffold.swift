import ArgumentParser
import CommandInterface
import Operations

struct Scaffold: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scaffold",
        abstract: "Make a project that works, with tests.",
        discussion: "Example: mse scaffold hello --template flask"
    )

    @Argument(help: "The project's name; its folder is made here.", transform: { try Operations.Scaffold.project($0) })
    var name: String
    @Option(help: "What it is made from: flask.", transform: { try Operations.Scaffold.template($0) })
    var template = "flask"

    func run() async throws {
        try await Output.attempt { try Operations.Scaffold.make(name, template: template) }
        try Output.write("\(name)/ is a project; try it with: \(Operations.Scaffold.testCommand(name))\n")
    }
}
