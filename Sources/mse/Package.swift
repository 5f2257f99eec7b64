import ArgumentParser
import CommandInterface
import Operations
import PackageFormat

struct Package: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "package",
        abstract: "Lock, install, encrypt and pack a project into one file, with its key beside it.",
        discussion: "Example: mse package --project hello --output out --encrypt"
    )

    @Option(help: "The project's folder.", completion: .directory, transform: { Arguments.projectFolder($0) })
    var project: String
    @Option(help: "Where package and key go.", completion: .directory, transform: { try outputName($0) })
    var output: String
    @Option(help: "What it will run on, and on nothing else: simulator or sgx; measured.")
    var platform = EnclaveSettings.Platform.simulator
    @Flag(help: "Encrypt the code; without it a start token takes the key's place.")
    var encrypt = false
    @Option(help: "An earlier key to use again.", completion: .file())
    var key: String?
    @Flag(name: .customLong("no-import-check"), help: "Package code that imports what isn't in its environment, too.")
    var skipsImportCheck = false

    func run() async throws {
        Output.warn(private: key)
        let product = try await Output.attempt {
            try Packaging().package(
                project: project,
                output: output,
                platform: platform,
                encrypts: encrypt,
                key: key,
                checksImports: !skipsImportCheck
            )
        }
        for note in product.notes { Output.note("\(project): \(note)") }
        if !encrypt {
            Output.note(
                """
                WARNING: the code in \(product.package) is NOT encrypted
                  Whoever gets this file reads all of your code: the operator, backups, everybody on the way.
                  The token only decides who may start it; it hides nothing.
                  To encrypt it, package again with --encrypt:
                    \(Packaging.encryptingCommand(project: project, output: output))
                """
            )
        }
        try Output.write(
            """
            package  \(product.package)
            \(encrypt ? "key  " : "token")    \(product.key)   (yours alone: whoever has it can start the \
            service\(encrypt ? " and read its code" : ""))
            value    \(product.reference ?? "")   (what its enclave measures, for whoever verifies: --expected)

            """
        )
    }
}
