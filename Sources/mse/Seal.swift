import ArgumentParser
import CommandInterface
import Operations

struct Seal: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "seal",
        abstract: "Seal a file to one enclave, so that the operator can deliver what he can't open.",
        discussion: "Example: mse seal --input secrets.json --receiver pin.pem --package out/package_hello_1764000000000000000.tar")

    @Option(help: "The file.", completion: .file())
    var input: String
    @Option(help: "An instance's name, its certificate or evidence, which are judged first; or a raw key of 32 bytes.")
    var receiver: String
    @Option(help: "Where the box goes (default: the input's name and .sealed).")
    var output: String?
    @Option(help: "The package whose measurement is expected.", completion: .file())
    var package: String?
    @OptionGroup var judging: JudgingArguments
    @Option(time: "Judge as of this time.")
    var at: Int64?

    func run() async throws {
        let target = output ?? input + ".sealed"
        let refusal = try await Output.attempt {
            try await Packaging().seal(input, receiver: receiver, output: target, options: judging.options(package: package, at: at))
        }
        if let refusal { try Output.show(refusal, json: false) }
        try Output.write(target + "\n")
    }
}
