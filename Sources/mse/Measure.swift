import ArgumentParser
import CommandInterface
import Operations

struct Measure: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "measure",
        abstract: "Tell a package's reference value, and what went into it.",
        discussion: "Example: mse measure out/package_hello_1764000000000000000.tar"
    )

    @Argument(help: "The package.", completion: .file())
    var package: String
    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let result = try await Output.attempt { try Packaging().measure(package) }
        try Output.show(result, json: json)
    }
}
