import ArgumentParser
import CommandInterface
import Notation
import Operations

struct Logs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs",
        abstract: "Show an instance's events; with the key, what the application said.",
        discussion: "Example: mse logs hello-1 --key out/package_hello_1764000000000000000.key -f"
    )

    @Argument(help: "The instance, or with --key a sealed log: its folder, or one piece.")
    var target: String
    @Flag(name: [.short, .long], help: "Go on as it grows, until the instance ends.")
    var follow = false
    @Option(in: 0...1_000_000, help: "Begin with the last lines only.")
    var tail: Int?
    @Option(time: "Begin at this time.")
    var since: Timestamp?
    @Option(help: "The code key or start token: open what the application said.", completion: .file())
    var key: String?

    func validate() throws {
        // A sealed log is a path.
        guard key == nil else { return }
        do {
            _ = try Arguments.instance(target)
        } catch {
            throw ValidationError("The value '\(target)' is invalid for '<target>': \(error)")
        }
    }

    func run() async throws {
        Output.warn(private: key)
        if follow { Output.endWhenUnread() }
        try await Output.attempt {
            var operation = LogOperations(target: target, key: key, since: since)
            var limit = tail
            var isBelieved = true
            while true {
                let news: LogOperations.News
                do {
                    news = try operation.next()
                } catch let error as AlteredLog {
                    Output.note("\(error)")
                    throw ExitCode.refused
                }
                let lines = news.lines.suffix(limit ?? .max)
                limit = nil
                if !lines.isEmpty { try Output.write(lines.joined(separator: "\n") + "\n") }
                for note in news.notes { Output.note("\(target): \(note)") }
                for fault in news.faults {
                    isBelieved = false
                    Output.note(fault)
                }
                guard follow, !news.isEnded else {
                    if !isBelieved { throw ExitCode.refused }
                    return
                }
                try await operation.waitForNews()
            }
        }
    }
}
