import ArgumentParser
import CommandInterface
import Notation
import Operations

struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Judge a service: is it genuine, up to date, and yours?",
        discussion:
            """
            Example: mse verify https://localhost:7443 --package out/package_hello_1764000000000000000.tar \
            --certificate-out pin.pem
            """
    )

    @Argument(
        help: "An instance's name, an https address, an evidence file or a certificate.",
        transform: { try Arguments.target($0) }
    )
    var target: String
    @Option(help: .expectedPackage, completion: .file())
    var package: String?
    @OptionGroup var judging: JudgingArguments
    @Option(time: "Judge as of this time, such as 2026-01-31T12:00:00Z.")
    var at: Timestamp?
    @Option(
        help: "Where the certificate goes when it is accepted, to be pinned; the verdict goes beside it.",
        transform: { try outputFile($0) }
    )
    var certificateOut: String?
    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        guard certificateOut == nil || at == nil else {
            throw ValidationError(
                "--certificate-out can't be combined with --at: what is pinned is judged now, as of no other time."
            )
        }
    }

    func run() async throws {
        let verify = Operations.Verify(
            target: target,
            options: judging.options(package: package, at: at),
            certificateOut: certificateOut
        )
        try Output.show(verdict: try await Output.attempt { try await verify.run() }, json: json)
    }
}
