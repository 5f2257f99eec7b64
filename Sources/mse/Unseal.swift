import ArgumentParser
import CommandInterface
import Operations

struct Unseal: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unseal",
        abstract: "Open a sealed file with the X25519 key it was sealed to.",
        discussion: "Example: mse unseal --input secrets.json.sealed --private-key enclave.sk"
    )

    @Option(help: "The box.", completion: .file())
    var input: String
    @Option(help: "The secret key, 32 raw bytes.", completion: .file())
    var privateKey: String
    @Option(
        help: "Where the content goes (default: the input's name without .sealed).",
        transform: { try outputFile($0) }
    )
    var output: String?

    func run() async throws {
        Output.warn(private: privateKey)
        let target = output ?? (input.hasSuffix(".sealed") ? String(input.dropLast(7)) : input + ".opened")
        try await Output.attempt { try Packaging().unseal(input, privateKey: privateKey, output: target) }
        try Output.write(target + "\n")
    }
}
