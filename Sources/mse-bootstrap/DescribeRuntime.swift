import ArgumentParser
import CommandInterface
import EnclaveAgent
import PackageFormat

struct DescribeRuntime: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "describe-runtime",
        abstract: "List the files that run here besides a package's own, and what makes environments, as JSON.",
        shouldDisplay: false
    )

    @Option(help: "What it runs on: simulator or sgx.")
    var platform: EnclaveSettings.Platform
    @Option(help: "What loads it there.")
    var loader: String

    func run() throws {
        let description: [UInt8]
        do {
            description = try RuntimeDescription.current(platform: platform, loader: loader).encoded
        } catch {
            Bootstrap.fail(error)
        }
        try Output.write(bytes: description)
    }
}
