public import ArgumentParser
import CommandInterface
public import Operations

struct Sigstruct: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sigstruct",
        abstract: "Show or verify the signature of an enclave (SIGSTRUCT, Gramine's .sig).",
        subcommands: [Show.self, Verify.self]
    )

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show",
            abstract: "Show what is signed, as gramine-sgx-sigstruct-view does.",
            discussion: "Example: mse sigstruct show app.sig --verbose"
        )

        @Argument(help: "The signature; - reads standard input.", completion: .file())
        var file: String
        @Option(help: "text, toml or json.")
        var outputFormat = SigstructReport.Form.text
        @Flag(name: .shortAndLong, help: "Show attributes, masks and the date, too.")
        var verbose = false
        @Flag(name: .shortAndLong, help: "Don't; so it is without it.")
        var quiet = false
        @Flag(help: "Print JSON.")
        var json = false

        func validate() throws {
            guard !quiet || !verbose else { throw ValidationError("Name one of --verbose and --quiet.") }
        }

        func run() async throws {
            let report = try await Output.attempt { try SigstructOperations.show(file) }
            if json { return try Output.write(document: report.view(.json, isWhole: verbose) + "\n") }
            try Output.write(report.view(outputFormat, isWhole: verbose))
        }
    }

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "verify",
            abstract: "Do what the processor does before it starts an enclave; exit code 2 where the signature fails.",
            discussion: "Example: mse sigstruct verify app.sig"
        )

        @Argument(help: "The signature; - reads standard input.", completion: .file())
        var file: String
        @Flag(help: "Print JSON.")
        var json = false

        func run() async throws {
            let report = try await Output.attempt { try SigstructOperations.verify(file) }
            try Output.show(report, json: json)
            if !report.holds { throw ExitCode.refused }
        }
    }
}

extension SigstructReport.Form: ExpressibleByArgument {}
