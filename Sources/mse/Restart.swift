import ArgumentParser
import CommandInterface
import Operations

struct Restart: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restart",
        abstract:
            """
            End an instance and start it again from its sealed state; returns when it answers, or with why it doesn't.
            """,
        discussion: "Example: mse restart hello-1 --renew"
    )

    @Argument(help: "The instance.", transform: { try Arguments.instance($0) })
    var name: String
    @Flag(help: "Make a new quote and certificate; pins must be renewed.")
    var renew = false

    @Option(in: 1...86400, help: "Seconds that its application may take to answer.")
    var wait = 60

    func run() async throws {
        let result = try await Output.attempt {
            try await ServiceOperations().restart(name, renews: renew, waitSeconds: wait)
        }
        if let loss = result.loss { Output.note("\(name): \(loss)") }
        let done = result.wasRunning ? "was stopped and started again" : "was not running, and is started"
        guard !result.isWaiting else {
            let why = result.waitReason.map { "; \($0)" } ?? ""
            Output.note("\(name) \(done), but it isn't configured: it waits for its owner's 'mse run'\(why)")
            throw ExitCode.failure
        }
        try Output.write("\(name) \(done); it answers\n")
    }
}
