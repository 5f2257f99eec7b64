import ArgumentParser
import CommandInterface
import Operations

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve an application without enclave or encryption, for development.",
        discussion:
            """
            Example: mse serve app:app --app-dir hello/mse_src --site-packages .venv/lib/python3.11/site-packages \
            --port 5000
            """
    )

    @Argument(help: "module:variable or module:factory.", transform: { try Arguments.application($0) })
    var application: String
    @Option(help: "The folder of the code.")
    var appDir = "."
    @Option(help: "A folder of installed packages.")
    var sitePackages: [String] = []
    @Option(help: "The certificate chain, PEM.")
    var certificate: String?
    @Option(help: "The certificate's key, PEM.")
    var privateKey: String?
    @Option(help: "The address to listen on.", transform: { try Arguments.host($0) })
    var host = "127.0.0.1"
    @Option(in: 0...65535, help: "The port; 0 for any.")
    var port = 5000
    @Option(help: "auto or wsgi.", transform: { try Arguments.interface($0) })
    var interface = "auto"
    @Option(in: 1...256, help: "Threads for the application.")
    var threads = 4
    @Option(in: 0...3600, help: "Seconds that running requests may take after SIGTERM.")
    var grace = 30

    func validate() throws {
        guard (certificate == nil) == (privateKey == nil) else {
            throw ValidationError("--certificate and --private-key stand only together.")
        }
    }

    func run() async throws {
        Output.warn(private: privateKey)
        try await Output.attempt {
            var server = DevelopmentServerProgram(
                application: application,
                folder: appDir,
                sitePackages: sitePackages,
                host: host,
                port: port
            )
            server.options.certificate = certificate
            server.options.privateKey = privateKey
            server.options.interface = interface
            server.options.threads = threads
            server.options.grace = grace
            try server.replaceThisProcess()
        }
    }
}
