import AppServer
import ApplicationServing
import ArgumentParser
import CommandInterface
import Files
import Logging
import PythonHost
import Threads

/// The server that packages get in their enclaves, without enclave or encryption.
struct DevelopmentServer: Sendable {
    var application: String
    var folder: String
    var sitePackages: [String]
    /// PEM files; nil serves in clear.
    var certificate: String?
    var privateKey: String?
    var host: String
    var port: Int
    var threads: Int
    /// Seconds.
    var grace: Int

    /// Serves until SIGTERM or SIGINT; what it can't do is told.
    /// - Returns: the process's exit code.
    func live(logger: Logger) async -> Int32 {
        do {
            try await run(logger: logger)
            return 0
        } catch {
            return Output.failure(ServingFailure(error, application)).rawValue
        }
    }

    private func run(logger: Logger) async throws {
        var tls: ServingCertificate?
        if let certificate, let privateKey {
            tls = try ServingCertificate(chainFile: certificate, keyFile: privateKey)
        }
        let application = try ApplicationHost(
            PythonLocation.linked(),
            packages: sitePackages.map { (folder) throws(FileError) in try Files.resolved(folder) },
            variables: [:],
            folder: "/nonexistent",
            report: LoggedFailures(logger: logger)
        )
        let server = AppServer(
            responder: try await application.load(
                self.application,
                from: Files.resolved(folder),
                threads: threads
            ),
            tls: try tls?.tls(),
            logger: logger
        )
        let port = try await server.start(host: host, port: port)
        logger.notice("listening", metadata: ["host": "\(host)", "port": "\(port)"])
        // Taken now: the application may have taken these signals while it was loaded.
        guard await ProcessSignal.termination.next() else { throw FileError("SIGTERM", "can't be waited for") }
        await application.end(server, grace: .seconds(grace))
    }
}

/// On the developer's own machine everything is his to read.
private struct LoggedFailures: ApplicationReport {
    let logger: Logger
    func failed(_ text: String) { logger.error("\(text)") }
    func refused(_ text: String) { logger.warning("\(text)") }
}
