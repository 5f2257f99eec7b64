internal import AppServer
internal import ApplicationServing
internal import Logging
internal import NIOSSL
internal import RATLS

/// The agent's one socket: the configuration server is reached there, then nobody, then the application.
struct AgentEndpoint: Sendable {
    /// Which TLS the application gets.
    enum ApplicationTLS: Sendable {
        /// The enclave's own.
        case attested
        /// None: a proxy ends TLS.
        case clear
        /// The owner's certificate.
        case owner(NIOSSLContext)
    }

    let server: AppServer
    private let phase = ServicePhase(StartingResponder())
    private let tls: NIOSSLContext
    private let limits: ServerLimits

    /// - Parameters:
    ///   - waiting: who answers until there is a configuration; nil where there is one.
    ///   - limits: for the application's connections.
    init(_ certificate: ServingCertificate, waiting: ConfigurationServer?, limits: ServerLimits) throws {
        self.limits = limits
        tls = try certificate.tls()
        // What AppServer would say is a stranger's, all of it.
        let silence = Logger(label: "", factory: { _ in SwiftLogNoOpLogHandler() })
        if let waiting {
            server = AppServer(
                responder: waiting,
                tls: try certificate.tls(protocols: [ConfigurationProtocol.name, "http/1.1"]),
                limits: ConfigurationServer.limits,
                logger: silence
            )
        } else {
            server = AppServer(responder: phase, tls: tls, limits: limits, logger: silence)
        }
    }

    /// Whoever connects from now on is told to come back: the application is being loaded.
    func leaveConfiguration() { server.change(to: phase, tls: tls, limits: limits) }

    /// The application is reached from now on, in its own way.
    func serve(_ application: any Responder, over tls: ApplicationTLS) {
        phase.change(to: application)
        switch tls {
        case .attested: break
        case .clear: server.replaceTLS(nil)
        case .owner(let context): server.replaceTLS(context)
        }
    }
}
