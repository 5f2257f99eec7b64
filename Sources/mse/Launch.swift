import ArgumentParser
import CommandInterface
import Operations

/// What `spawn` and `restart` start in the background (`Operations/Launching/HostProcess`).
struct Launch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "launch",
        abstract: "Launch an instance and answer its agent.",
        shouldDisplay: false
    )

    @Argument(transform: { try Arguments.instance($0) }) var name: String
    @Flag var renew = false

    func run() async throws {
        let code = try await Output.attempt { try ServiceOperations().launch(name, renews: renew) }
        throw ExitCode(code)
    }
}
