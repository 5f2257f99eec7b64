import ArgumentParser
import CommandInterface
import Operations

struct Seal: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "seal",
        abstract: "Seal a file to one enclave, so that the operator can deliver what he can't open.",
        discussion:
            """
            Example: mse seal --input secrets.json --receiver pin.pem \
            --package out/package_hello_1764000000000000000.tar
            """
    )

    @Option(help: "The file.", completion: .file())
    var input: String
    @Option(
        help: "An instance's name, an https address, or a file with its certificate or evidence; it is judged first.",
        transform: { try Arguments.target($0) }
    )
    var receiver: String?
    @Option(
        help:
            """
            Instead of a receiver: a public key of 32 bytes, in a file or as 64 hex digits. Nobody judges whose it is.
            """,
        transform: { try Packaging.Receiver.unverifiedKey($0) }
    )
    var unverifiedKey: String?
    @Option(help: "Where the box goes (default: the input's name and .sealed).", transform: { try outputFile($0) })
    var output: String?
    @Option(help: .expectedPackage, completion: .file())
    var package: String?
    @OptionGroup var judging: JudgingArguments

    func validate() throws {
        guard (receiver == nil) != (unverifiedKey == nil) else {
            throw ValidationError("one of --receiver and --unverified-key is needed.")
        }
        guard unverifiedKey == nil || (package == nil && judging.areEmpty) else {
            throw ValidationError("--unverified-key is judged by nobody: no option of judging can stand beside it.")
        }
    }

    func run() async throws {
        Output.warn(private: input)
        let target = output ?? input + ".sealed"
        let refusal = try await Output.attempt {
            if let unverifiedKey {
                return try await Packaging().seal(input, to: .unverified(unverifiedKey), output: target)
            }
            return try await Packaging().seal(
                input,
                to: .judged(receiver ?? "", judging.options(package: package)),
                output: target
            )
        }
        if let refusal { try Output.show(verdict: refusal, json: false) }
        try Output.write(target + "\n")
    }
}
