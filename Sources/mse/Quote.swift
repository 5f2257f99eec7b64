import ArgumentParser
import CommandInterface
import Notation
import Operations

struct Quote: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quote",
        abstract: "Show or judge any quote.",
        subcommands: [Show.self, Verify.self]
    )

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show",
            abstract: "Show every field of a quote.",
            discussion: "Example: mse quote show ratls.pem --json"
        )

        @Argument(
            help: "Raw, hex, base64, or a PEM certificate with a quote; - reads standard input.",
            completion: .file()
        )
        var file: String
        @Flag(help: "Print JSON.")
        var json = false

        func run() async throws {
            let result = try await Output.attempt { try QuoteOperations.show(file) }
            try Output.show(result, json: json)
        }
    }

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "verify",
            abstract: "Judge a quote.",
            discussion:
                """
                Example: mse quote verify quote.bin --collateral collateral --expected 33d8…2fbb \
                --at 2025-07-04T10:28:44Z
                """
        )

        @Argument(
            help: "Raw, hex, base64, or a PEM certificate with a quote; - reads standard input.",
            completion: .file()
        )
        var file: String
        @OptionGroup var judging: JudgingArguments
        @Option(time: "Judge as of this time, such as 2026-01-31T12:00:00Z.")
        var at: Timestamp?
        @Flag(help: "Print JSON.")
        var json = false

        func run() async throws {
            try Output.show(
                verdict: try await Output.attempt {
                    try await QuoteOperations.verify(file, options: judging.options(at: at))
                },
                json: json
            )
        }
    }
}
