import ArgumentParser
import CommandInterface
import Notation
import Operations

struct Collateral: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "collateral",
        abstract: "Fetch, show and check what Intel signs about platforms.",
        subcommands: [Fetch.self, Show.self, Check.self]
    )

    struct Fetch: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "fetch",
            abstract: "Fetch the collateral of a quote's platform, or of one that is named.",
            discussion: """
                Examples: mse collateral fetch quote.bin --output collateral
                          mse collateral fetch --fmspc 00906ED50000 --ca processor --collateral https://localhost:8081 \
                --collateral-ca pccs.pem
                """
        )

        @Argument(
            help: "A quote: raw, hex, base64, or a PEM certificate that carries one; - reads standard input.",
            completion: .file()
        )
        var file: String?
        @Option(
            help: "The platform's FMSPC, 12 hex digits, instead of a quote.",
            transform: { try Arguments.fmspc($0) }
        )
        var fmspc: String?
        @Option(
            help: "Who issued its PCK: platform or processor (default: platform).",
            transform: { try Arguments.authority($0) }
        )
        var ca: String?
        @Option(help: "What the quotes are of: sgx or tdx (default: sgx).", transform: { try Arguments.tee($0) })
        var tee: String?
        @Option(
            help: "Which edition: standard, early, or the number of an evaluation.",
            transform: { try Arguments.edition($0) }
        )
        var update = "standard"
        @OptionGroup var source: CollateralArguments
        @Option(
            help: "A root that counts as Intel's: what doesn't verify under it isn't kept, and the next is asked.",
            completion: .file()
        )
        var trustedRoot: String?
        @Option(
            help: "A folder for the parts, which --collateral takes.",
            completion: .directory,
            transform: { try outputName($0) }
        )
        var output: String?
        @Flag(help: "Print JSON.")
        var json = false

        func validate() throws {
            guard (file == nil) != (fmspc == nil) else {
                throw ValidationError(
                    "one of a file with a quote and --fmspc is needed: a quote names its platform itself."
                )
            }
            guard file == nil || (ca == nil && tee == nil) else {
                throw ValidationError("--ca and --tee stand only beside --fmspc: a quote names its platform itself.")
            }
        }

        func run() async throws {
            let request = CollateralOperations.Request(
                quote: file,
                fmspc: fmspc,
                authority: ca ?? "platform",
                tee: tee ?? "sgx",
                edition: update
            )
            let options = JudgingOptions(
                collateral: source.collateral,
                collateralAuthority: source.collateralCa,
                trustedRoot: trustedRoot
            )
            let report = try await Output.attempt {
                try await CollateralOperations().fetch(request, options: options, output: output)
            }
            try Output.show(report, json: json)
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show",
            abstract: "Show what is in a folder, an evidence file or the cache, and when it expires.",
            discussion: "Example: mse collateral show collateral --json"
        )

        @Argument(help: "A folder or an evidence file (default: the cache).", completion: .file())
        var path: String?
        @Flag(help: "Print JSON.")
        var json = false

        func run() async throws {
            let report = try await Output.attempt { try CollateralOperations().show(path) }
            try Output.show(report, json: json)
        }
    }

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "check",
            abstract: "Judge collateral for itself: signatures, chains, dates, and that its parts belong together.",
            discussion: "Example: mse collateral check collateral --at 2025-07-04T10:28:44Z"
        )

        @Argument(help: "A folder or an evidence file.", completion: .file())
        var path: String
        @Option(help: "A root certificate that replaces Intel's, PEM or DER.", completion: .file())
        var trustedRoot: String?
        @Option(time: "Judge as of this time, such as 2026-01-31T12:00:00Z.")
        var at: Timestamp?
        @Flag(help: "Print JSON.")
        var json = false

        func run() async throws {
            let check = try await Output.attempt {
                try CollateralOperations().check(path, options: JudgingOptions(trustedRoot: trustedRoot, at: at))
            }
            try Output.show(check, json: json)
            if !check.isConsistent { throw ExitCode.refused }
        }
    }
}
