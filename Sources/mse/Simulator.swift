import ArgumentParser
import CommandInterface
import FoundationEssentials
import Operations

struct Simulator: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulator",
        abstract: "The simulated processor of this user: everything but the silicon.",
        subcommands: [Init.self, Root.self, Service.self, Recover.self, Revoke.self, Expire.self]
    )

    struct Init: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "init",
            abstract: "Make its keys and certificates.",
            discussion: "Example: mse simulator init"
        )

        @Flag(help: "Replace the one that is there; what it sealed is lost.")
        var force = false

        func run() async throws {
            let result = try await Output.attempt { try SimulatorOperations().make(anew: force) }
            try Output.write("\(result.isNew ? "made" : "there already"): \(result.path)\n")
        }
    }

    struct Root: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "root",
            abstract: "Print the path of its root certificate.",
            discussion: "Example: mse simulator root"
        )

        func run() async throws {
            try Output.write(try await Output.attempt { try SimulatorOperations().rootPath() } + "\n")
        }
    }

    struct Service: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "serve",
            abstract: "Serve its collateral on loopback as Intel's service does.",
            discussion: "Example: mse simulator serve --port 8081"
        )

        @Option(in: 0...65535, help: "The port; 0 for any.")
        var port = 8081

        func run() async throws {
            try await Output.attempt {
                try await SimulatorOperations().serve(port: port) {
                    Output.note("collateral at http://127.0.0.1:\($0)")
                }
            }
        }
    }

    struct Recover: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "recover",
            abstract: "A TCB recovery: enclaves on this platform become OutOfDate.",
            discussion: "Example: mse simulator recover"
        )

        func run() async throws { try await Output.attempt { try SimulatorOperations().recover() } }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "revoke",
            abstract: "Revoke the PCK certificate or its CA.",
            discussion: "Example: mse simulator revoke --pck"
        )

        @Flag(help: "The PCK certificate (the default).")
        var pck = false
        @Flag(help: "The PCK CA.")
        var ca = false

        func run() async throws {
            try await Output.attempt {
                if pck || !ca { try SimulatorOperations().revokePCK() }
                if ca { try SimulatorOperations().revokeAuthority() }
            }
        }
    }

    struct Expire: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "expire",
            abstract: "From now on the collateral is out of date.",
            discussion: "Example: mse simulator expire"
        )

        func run() async throws { try await Output.attempt { try SimulatorOperations().expire() } }
    }
}
