import ArgumentParser
import CommandInterface
import Operations

struct Code: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "code",
        abstract: "Encrypt or decrypt a code tree, as package and agent do it.",
        subcommands: [Encrypt.self, Decrypt.self]
    )

    /// What is read, and what is made of it.
    struct Trees: ParsableArguments {
        @Argument(help: "The folder.", completion: .directory)
        var folder: String
        @Argument(help: "The folder to make.", transform: { try outputName($0) })
        var output: String
    }

    struct Encrypt: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "encrypt",
            abstract: "Encrypt a folder into a new one.",
            discussion: "Example: mse code encrypt hello/mse_src encrypted --key code.key"
        )

        @OptionGroup var trees: Trees
        @Option(
            help: "The key, 32 raw bytes; made when it isn't there.",
            completion: .file(),
            transform: { try outputFile($0) }
        )
        var key: String

        func run() async throws {
            Output.warn(private: key)
            let count = try await Output.attempt { try Packaging().encrypt(trees.folder, to: trees.output, key: key) }
            try Output.write("\(count) files in \(trees.output)\n")
        }
    }

    struct Decrypt: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "decrypt",
            abstract: "Decrypt a folder into a new one; plain files stay behind.",
            discussion: "Example: mse code decrypt encrypted plain --key code.key"
        )

        @OptionGroup var trees: Trees
        @Option(help: "The key, 32 raw bytes.", completion: .file())
        var key: String

        func run() async throws {
            Output.warn(private: key)
            let count = try await Output.attempt { try Packaging().decrypt(trees.folder, to: trees.output, key: key) }
            try Output.write("\(count) files in \(trees.output)\n")
        }
    }
}
