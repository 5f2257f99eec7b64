import ArgumentParser
import CommandInterface
import EnclaveAgent
import PackageFormat

struct DescribeRuntime: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "describe-runtime",
        abstract: "List the files that run here besides a package's own, as runtime.json.",
        shouldDisplay: false
    )

    @Option(help: "What stands for Gramine's own files.")
    var loader: String

    func run() throws {
        let description: [UInt8]
        do {
            description = try RuntimeDescription.current(loader: loader).encoded
        } catch {
            Bootstrap.fail(error)
        }
        try Output.write(bytes: description)
    }
}
