internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import RATLS
internal import StrictX509

/// A TLS handshake that waits for what is said of the peer's certificate.
struct JudgedHandshake: Sendable {
    /// Who was accepted.
    struct Peer<Value: Sendable>: Sendable {
        let certificate: AttestedCertificate
        /// What the judge said of it.
        let value: Value
        /// What both agreed to speak; nil where the peer knows no ALPN.
        let applicationProtocol: String?
    }

    /// What the peer shows in the handshake, which waits for the answer.
    private struct Presented: Sendable {
        /// DER; empty when it shows none. The leaf alone is judged; what else the peer sends means nothing.
        let leaf: [UInt8]
        let answer: EventLoopPromise<NIOSSLVerificationResult>

        init(_ certificates: [NIOSSLCertificate], _ answer: EventLoopPromise<NIOSSLVerificationResult>) {
            leaf = (try? certificates.first?.toDERBytes()) ?? []
            self.answer = answer
        }
    }

    private let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
    // Made before the channel: a peer may end it, and its handlers with it, before anybody could ask them.
    private let done: EventLoopPromise<String?>
    private let presented: EventLoopPromise<Presented>

    init() {
        done = eventLoop.makePromise()
        let presented = eventLoop.makePromise(of: Presented.self)
        self.presented = presented
        // Nobody waits for the certificate of a handshake that is over.
        done.futureResult.whenComplete { _ in presented.fail(TransportError.refused) }
    }

    /// Connects. The handshake goes on by itself until a certificate is there.
    func begin(host: String, port: Int, speaking speech: AttestedConnection.Speech, seconds: Int) async throws
        -> any Channel
    {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = [speech.rawValue]
        // The judge compares names, with everything else; the library's own comparison would come after it.
        configuration.certificateVerification = .noHostnameVerification
        let context = try NIOSSLContext(configuration: configuration)
        let name = SubjectAlternativeName(host).flatMap { if case .dns = $0 { host } else { nil } }
        return try await ClientBootstrap(group: eventLoop)
            .connectTimeout(.seconds(Int64(min(10, seconds))))
            .channelInitializer { [done, presented] channel in
                channel.eventLoop.makeCompletedFuture {
                    let tls = try NIOSSLClientHandler(context: context, serverHostname: name) {
                        presented.succeed(Presented($0, $1))
                    }
                    try channel.pipeline.syncOperations.addHandler(tls)
                    try channel.pipeline.syncOperations.addHandler(HandshakeHandler(done: done), name: "handshake")
                }
            }
            .connect(host: host, port: port)
            .get()
    }

    /// Tells that there will be none.
    func fail(_ error: any Error) { done.fail(error) }

    private typealias Judgement<Accepted, Refused> = Result<
        PeerDecision<(certificate: AttestedCertificate, value: Accepted), Refused>, TransportError
    >

    /// Lets the peer be judged. The judge is cancelled where the handshake fails before he has spoken.
    /// - Throws: `TransportError` where the peer could not be judged; any other error broke the handshake.
    func end<Accepted, Refused>(
        by judge: @escaping @Sendable (AttestedCertificate) async throws -> PeerDecision<Accepted, Refused>
    ) async throws -> PeerDecision<Peer<Accepted>, Refused> {
        let (negotiated, judgement) = await withTaskGroup(
            of: Judgement<Accepted, Refused>?.self,
            returning: (Result<String?, any Error>, Judgement<Accepted, Refused>?).self
        ) { group in
            group.addTask { await Self.judge(presented.futureResult, by: judge) }
            let negotiated = await self.negotiated
            if case .failure = negotiated { group.cancelAll() }
            return (negotiated, await group.next() ?? nil)
        }
        switch try judgement?.get() {
        case .refused(let value): return .refused(value)
        case .accepted(let accepted):
            return .accepted(
                Peer(
                    certificate: accepted.certificate,
                    value: accepted.value,
                    applicationProtocol: try negotiated.get()
                )
            )
        case nil:
            _ = try negotiated.get()
            throw TransportError.judging("the peer was not judged")
        }
    }

    private var negotiated: Result<String?, any Error> {
        get async {
            do {
                return .success(try await done.futureResult.get())
            } catch {
                return .failure(error)
            }
        }
    }

    /// - Returns: nil where the handshake was over before anything was said.
    private static func judge<Accepted, Refused>(
        _ presented: EventLoopFuture<Presented>,
        by judge: @Sendable (AttestedCertificate) async throws -> PeerDecision<Accepted, Refused>
    ) async -> Judgement<Accepted, Refused>? {
        guard let presented = try? await presented.get() else { return nil }
        let judgement: Judgement<Accepted, Refused>
        do {
            let certificate = try AttestedCertificate(der: presented.leaf)
            judgement =
                switch try await judge(certificate) {
                case .accepted(let value): .success(.accepted((certificate, value)))
                case .refused(let value): .success(.refused(value))
                }
        } catch let error as AttestedCertificateError {
            judgement = .failure(.certificate(error))
        } catch {
            judgement = .failure(.judging("\(error)"))
        }
        guard !Task.isCancelled else {
            presented.answer.succeed(.failed)
            return nil
        }
        if case .success(.accepted) = judgement {
            presented.answer.succeed(.certificateVerified)
        } else {
            presented.answer.succeed(.failed)
        }
        return judgement
    }
}
