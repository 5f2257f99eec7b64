import ArgumentParser
import CommandInterface
import Foundation
import Operations

struct Logs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs", abstract: "Show an instance's log.", discussion: "Example: mse logs hello-1 -f")

    @Argument(help: "The instance.")
    var name: String
    @Flag(name: [.short, .long], help: "Go on as it grows, until the instance ends.")
    var follow = false

    func run() async throws {
        try await Output.attempt {
            let operations = ServiceOperations()
            let handle = try FileHandle(forReadingFrom: URL(filePath: try operations.logPath(name)))
            while true {
                let isAlive = try operations.isAlive(name)
                while let part = try handle.read(upToCount: 1 << 16), !part.isEmpty { try Output.write(bytes: Array(part)) }
                guard follow, isAlive else { return }
                try await Task.sleep(for: .milliseconds(200))
            }
        }
    }
}
