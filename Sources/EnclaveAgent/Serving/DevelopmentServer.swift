internal import AppServer
internal import CLinux
internal import Files
public import Logging
internal import PythonHost
internal import Threads

/// The same server without enclave or encryption, for development and benchmarks.
public struct DevelopmentServer: Sendable {
    public var application: String
    public var folder: String
    public var sitePackages: [String]
    /// PEM files; nil serves in clear.
    public var certificate: String?
    public var privateKey: String?
    public var host: String
    public var port: Int
    public var threads: Int
    /// Seconds.
    public var grace: Int

    public init(
        application: String,
        folder: String,
        sitePackages: [String],
        certificate: String?,
        privateKey: String?,
        host: String,
        port: Int,
        threads: Int,
        grace: Int
    ) {
        self.application = application
        self.folder = folder
        self.sitePackages = sitePackages
        self.certificate = certificate
        self.privateKey = privateKey
        self.host = host
        self.port = port
        self.threads = threads
        self.grace = grace
    }

    /// Serves until SIGTERM or SIGINT; what it can't do is logged.
    /// - Returns: the process's exit code.
    public func live(logger: Logger) async -> Int32 {
        do {
            try await run(logger: logger)
            return 0
        } catch {
            logger.critical("\(error)\((error as? PythonError).map { "\n" + $0.traceback } ?? "")")
            return 1
        }
    }

    private func run(logger: Logger) async throws {
        var tls: [[UInt8]] = []
        if let certificate, let privateKey {
            tls = [try Files.read(certificate, limit: 1 << 20), try Files.read(privateKey, limit: 1 << 20)]
        }
        let configuration = Interpreter.Configuration(
            location: try PythonLocation.linked(),
            searchPaths: try sitePackages.map { try Files.resolved($0) },
            variables: [:],
            folder: "/nonexistent"
        )
        let report = LoggedFailures(logger: logger)
        let interpreter = try Interpreter(configuration, report: report)
        let application = try await WSGIApplication.load(application, from: try Files.resolved(folder), on: interpreter)
        let server = AppServer(
            responder: WSGIResponder(application, threads: threads, report: report),
            tls: try tls.isEmpty ? nil : AppServer.tls(certificateChain: tls[0], privateKey: tls[1]),
            logger: logger
        )
        let port = try await server.start(host: host, port: port)
        logger.notice("listening", metadata: ["host": "\(host)", "port": "\(port)"])
        let outcome = AgentOutcome()
        guard ProcessSignal.termination.watch({ outcome.finish(0) }) else {
            throw AgentError("signals can't be counted")
        }
        _ = await outcome.wait()
        await server.shutdown(grace: .seconds(grace))
        await interpreter.runExitFunctions(within: .seconds(max(1, grace)))
    }
}

/// On the developer's own machine everything is his to read.
private struct LoggedFailures: ApplicationReport {
    let logger: Logger
    func failed(_ text: String) { logger.error("\(text)") }
}
