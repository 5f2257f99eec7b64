import ArgumentParser
import CommandInterface
import Operations

struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Verify a waiting service, and release its key and secrets over the verified connection.",
        discussion:
            """
            Example: mse run hello-1 --package out/package_hello_1764000000000000000.tar \
            --key out/package_hello_1764000000000000000.key
            """
    )

    @Argument(help: "An instance's name or an https address.", transform: { try Arguments.peer($0) })
    var target: String
    @Option(help: .expectedPackage, completion: .file())
    var package: String
    @Option(help: "The code key, or the start token of plain code.", completion: .file())
    var key: String?
    @Option(help: "Secrets for the service, JSON.", completion: .file())
    var secrets: String?
    @Option(help: "Secrets that were sealed to the enclave.", completion: .file())
    var sealedSecrets: String?
    @Option(help: "The key of the owner's certificate, PEM.", completion: .file())
    var privateKey: String?
    @Option(
        name: .customLong("continue"),
        help: "Continue the HOME of this epoch, as an earlier run printed it.",
        transform: { try Provision.epoch($0) }
    )
    var continueEpoch: String?
    @Option(in: 1...86400, help: "Seconds for all of it, until the application answers.")
    var wait = 120
    @OptionGroup var judging: JudgingArguments
    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        Output.warn(private: key, secrets, privateKey)
        let provision = Provision(
            target: target,
            options: judging.options(package: package),
            key: key,
            secrets: secrets,
            sealedSecrets: sealedSecrets,
            privateKey: privateKey,
            continueEpoch: continueEpoch,
            waitSeconds: wait
        )
        switch try await Output.attempt({ try await provision.run() }) {
        case .refused(let judgement): try Output.show(verdict: judgement, json: json)
        case .started(let judgement):
            try Output.show(verdict: judgement, json: json)
            guard !json else { return }
            let epoch = judgement.homeEpoch ?? ""
            for remark in judgement.remarks { Output.note("\(target): \(remark)") }
            try Output.write("\n\(target) is configured and answers; its HOME has the epoch \(epoch)\n")
        }
    }
}
