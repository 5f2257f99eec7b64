import ArgumentParser
import CLinux
import CommandInterface
import Logging

/// What `mse serve` executes in its place, and `mse localtest` beside it.
@main
struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mse-serve",
        abstract: "Serve an application without enclave or encryption, for development.",
        discussion: "Example: mse serve app:app --app-dir mse_src --port 5000",
        version: "mse-serve 1.0.0"
    )

    @Argument(help: "module:variable or module:factory.")
    var application: String
    @Option(help: "The folder of the code.")
    var appDir = "."
    @Option(help: "A folder of installed packages.")
    var sitePackages: [String] = []
    @Option(help: "The certificate chain, PEM.")
    var certificate: String?
    @Option(help: "The certificate's key, PEM.")
    var privateKey: String?
    @Option(help: "The address to listen on.")
    var host = "127.0.0.1"
    @Option(in: 0...65535, help: "The port; 0 for any.")
    var port = 5000
    @Option(help: "auto or wsgi.")
    var interface = "auto"
    @Option(in: 1...256, help: "Threads for the application.")
    var threads = 4
    @Option(in: 0...3600, help: "Seconds that running requests may take after SIGTERM.")
    var grace = 30

    @Option(
        in: 1...Int(Int32.max),
        help: ArgumentHelp("Ends with this process, which started it.", visibility: .hidden)
    )
    var parent: Int?

    static func main() { Program.run(Serve.self) }

    func validate() throws {
        guard (certificate == nil) == (privateKey == nil) else {
            throw ValidationError("--certificate and --private-key go together.")
        }
        guard ["auto", "wsgi"].contains(interface) else {
            throw ValidationError("--interface is auto or wsgi; others are not served yet.")
        }
    }

    func run() throws {
        if let parent, clinux_end_with_parent(Int32(parent)) != 0 { throw ExitCode.failure }
        let server = DevelopmentServer(
            application: application,
            folder: appDir,
            sitePackages: sitePackages,
            certificate: certificate,
            privateKey: privateKey,
            host: host,
            port: port,
            threads: threads,
            grace: grace
        )
        Program.end(with: {
            await server.live(
                logger: Logger(label: "mse-serve", factory: { _ in MessageLog() })
            )
        })
    }
}
