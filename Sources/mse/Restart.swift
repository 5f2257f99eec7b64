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
    @Option(
        in: Operations.Spawn.days,
        help: "How long the new certificate lives, at most 397: with another end it waits for its owner again."
    )
    var days: Int?

    @Option(in: 1...86400, help: "Seconds that its application may take to answer.")
    var wait = 60

    func validate() throws {
        guard days == nil || renew else { throw ValidationError("--days stands only beside --renew.") }
    }

    func run() async throws {
        let result = try await Output.attempt {
            try await ServiceOperations().restart(name, renews: renew, days: days, waitSeconds: wait)
        }
        if let loss = result.loss { Output.note("\(name): \(loss)") }
        let done = result.wasRunning ? "was stopped and started again" : "was not running, and is started"
        if let end = result.end, result.isWaiting {
            let home =
                result.homeEpochs.first.map { "; the last sealed HOME is gone on with by --continue \($0)" } ?? ""
            return try Output.write("\(name) \(done), until \(end); it waits for its owner's 'mse run'\(home)\n")
        }
        guard !result.isWaiting else {
            let why = result.waitReason.map { "; \($0)" } ?? ""
            Output.note("\(name) \(done), but it isn't configured: it waits for its owner's 'mse run'\(why)")
            throw ExitCode.failure
        }
        try Output.write("\(name) \(done); it answers\n")
        if let note = result.note { Output.note("\(name): \(note)") }
    }
}
