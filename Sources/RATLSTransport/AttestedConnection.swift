public import Attestation
internal import ConnectionProblems
internal import Glibc
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL
public import Notation
public import RATLS
public import Secrets
internal import StrictX509
internal import Synchronization

/// One TLS connection whose peer is judged inside the handshake: nothing is sent before, and nothing to anybody else.
public final class AttestedConnection: Sendable {
    private let channel: any Channel
    private let host: String
    /// The certificate that was judged.
    public let certificate: AttestedCertificate

    private init(channel: any Channel, host: String, certificate: AttestedCertificate) {
        self.channel = channel
        self.host = host
        self.certificate = certificate
    }

    /// What whoever judges says of the peer's certificate.
    public typealias Judge = @Sendable (AttestedCertificate) async throws -> Bool

    public static let handshakeSeconds = 60

    /// What is spoken inside.
    public enum Speech: String, Sendable {
        case http = "http/1.1"
        /// Key and secrets for an agent that waits; a peer that doesn't agree to it gets nothing.
        case configuration = "mse-configuration/1"
    }

    /// Connects, and lets the certificate be judged before the handshake ends.
    /// - Parameter seconds: how long the peer may take for the handshake, and at most ten of them to accept the
    ///   connection.
    /// - Throws: `TransportError`: when nobody answers, the certificate can't be read, the judge says no, or the peer
    ///   speaks something else.
    public static func open(
        host: String,
        port: Int,
        speaking speech: Speech = .http,
        seconds: Int = handshakeSeconds,
        judge: @escaping Judge
    ) async throws(TransportError) -> AttestedConnection {
        let outcome = Judged()
        let timeLimit = TimeLimit(seconds: seconds)
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        // Made before the channel: a peer may end it, and its handlers with it, before anybody could ask them.
        let handshake = eventLoop.makePromise(of: String?.self)
        let presented = eventLoop.makePromise(of: Presented.self)
        // Nobody waits for the certificate of a handshake that is over.
        handshake.futureResult.whenComplete { _ in presented.fail(TransportError.refused) }
        var isConnected = false
        do {
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.minimumTLSVersion = .tlsv12
            configuration.applicationProtocols = [speech.rawValue]
            // The judge compares names, with everything else; the library's own comparison would come after it.
            configuration.certificateVerification = .noHostnameVerification
            let context = try NIOSSLContext(configuration: configuration)
            let name = SubjectAlternativeName(host).flatMap { if case .dns = $0 { host } else { nil } }
            let channel = try await ClientBootstrap(group: eventLoop)
                .connectTimeout(.seconds(Int64(min(10, seconds))))
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let tls = try NIOSSLClientHandler(context: context, serverHostname: name) {
                            presented.succeed(Presented($0, $1))
                        }
                        try channel.pipeline.syncOperations.addHandler(tls)
                        let handler = HandshakeHandler(done: handshake)
                        try channel.pipeline.syncOperations.addHandler(handler, name: "handshake")
                    }
                }
                .connect(host: host, port: port)
                .get()
            isConnected = true
            let limit = timeLimit.begin(on: channel)
            defer { limit.cancel() }
            async let judging: Void = Self.judge(presented.futureResult, by: judge, outcome)
            let negotiated = try await handshake.futureResult.get()
            await judging
            guard case .success(let certificate)? = outcome.value.withLock({ $0 }) else { throw TransportError.refused }
            // A server that knows no ALPN goes on without; here that is no agreement.
            guard speech == .http || negotiated == speech.rawValue else {
                channel.close(promise: nil)
                throw TransportError.otherProtocol(expected: speech.rawValue)
            }
            return AttestedConnection(channel: channel, host: host, certificate: certificate)
        } catch {
            handshake.fail(error)
            if case .failure(let reason)? = outcome.value.withLock({ $0 }) { throw reason }
            let address = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
            if timeLimit.hasPassed { throw .silent(address, seconds: seconds) }
            if ConnectionProblem.isRefusal(error) { throw .notListening(address, ConnectionProblem.text(error)) }
            if let error = error as? TransportError { throw error }
            let text = ConnectionProblem.text(error)
            throw isConnected ? .broken(address, text) : .unreachable(address, text)
        }
    }

    private final class Judged: Sendable {
        let value = Mutex<Result<AttestedCertificate, TransportError>?>(nil)
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

    /// Ends with the handshake, which cancels it where it fails first.
    private static func judge(
        _ presented: EventLoopFuture<Presented>,
        by judge: @escaping Judge,
        _ outcome: Judged
    ) async {
        guard let presented = try? await presented.get() else { return }
        let result: Result<AttestedCertificate, TransportError>
        do {
            let certificate = try AttestedCertificate(der: presented.leaf)
            result = try await judge(certificate) ? .success(certificate) : .failure(.refused)
        } catch let error as AttestedCertificateError {
            result = .failure(.certificate(error))
        } catch {
            result = .failure(.judging("\(error)"))
        }
        guard !Task.isCancelled else { return presented.answer.succeed(.failed) }
        outcome.value.withLock { $0 = result }
        if case .success = result {
            presented.answer.succeed(.certificateVerified)
        } else {
            presented.answer.succeed(.failed)
        }
    }

    // MARK: Requests

    public struct Response: Sendable {
        public var status: Int
        public var headers: [(name: String, value: String)]
        public var body: [UInt8]

        public func header(_ name: String) -> String? {
            headers.first { Self.isSameName($0.name, name) }?.value
        }

        /// Names of headers are ASCII; no other letter is one of its own in another case.
        private static func isSameName(_ left: String, _ right: String) -> Bool {
            func folded(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }
            return left.utf8.lazy.map(folded).elementsEqual(right.utf8.lazy.map(folded))
        }
    }

    /// What of an answer's body is taken at most, in bytes.
    public static let bodyLimit = 4 << 20

    /// One request without a body over this connection; it is the last one.
    /// - Parameter bodyLimit: of the answer, in bytes; 0 asks for its head alone.
    public func request(_ method: String, _ path: String, seconds: Int = 60, bodyLimit: Int = bodyLimit)
        async throws(TransportError) -> Response
    {
        try await exchange(method, path, body: nil, seconds: seconds, bodyLimit: bodyLimit)
    }

    /// Sends what only an accepted peer may have; it is the last request. Of the body nothing is kept once it is sent.
    /// - Parameter acceptance: of this connection's certificate.
    /// - Throws: `TransportError.refused` when it is another's: then nothing was sent.
    public func post(_ path: String, body: consuming SecretBytes, to acceptance: Acceptance, seconds: Int)
        async throws(TransportError) -> Response
    {
        guard acceptance.verdict.evidence.certificate?.certificate.der == certificate.certificate.der else {
            close()
            throw .refused
        }
        return try await exchange("POST", path, body: consume body, seconds: seconds, bodyLimit: Self.bodyLimit)
    }

    private func exchange(_ method: String, _ path: String, body: consuming SecretBytes?, seconds: Int, bodyLimit: Int)
        async throws(TransportError)
        -> Response
    {
        let timeLimit = TimeLimit(seconds: seconds)
        let promise = channel.eventLoop.makePromise(of: Response.self)
        do {
            try await channel.eventLoop.submit { [channel] in
                try channel.pipeline.syncOperations.addHTTPClientHandlers()
                try channel.pipeline.syncOperations.addHandler(ResponseHandler(promise: promise, bodyLimit: bodyLimit))
            }.get()
            let limit = timeLimit.begin(on: channel)
            defer { limit.cancel() }
            var head = HTTPRequestHead(version: .http1_1, method: HTTPMethod(rawValue: method), uri: path)
            head.headers = [
                "Host": host.contains(":") ? "[\(host)]" : host, "Connection": "close", "User-Agent": "mse",
            ]
            Self.write(head, consume body, to: channel)
            let response = try await promise.futureResult.get()
            channel.close(promise: nil)
            return response
        } catch {
            // Where the connection ended before, no handler has it.
            promise.fail(error)
            channel.close(promise: nil)
            if timeLimit.hasPassed { throw .silent(host, seconds: seconds) }
            throw error as? TransportError ?? .unreachable(host, ConnectionProblem.text(error))
        }
    }

    /// Ends the body's life with the call: what waits for the answer holds none of it.
    private static func write(_ head: HTTPRequestHead, _ body: consuming SecretBytes?, to channel: any Channel) {
        var head = head
        switch consume body {
        case .some(let body):
            head.headers.add(contentsOf: ["Content-Type": "application/json", "Content-Length": "\(body.count)"])
            channel.write(HTTPClientRequestPart.head(head), promise: nil)
            let buffer = body.withBytes { ByteBuffer(bytes: $0) }
            let sent = channel.eventLoop.makePromise(of: Void.self)
            // Encrypted, or given up: either way nobody reads it any more.
            sent.futureResult.whenComplete { _ in overwrite(buffer) }
            channel.write(HTTPClientRequestPart.body(.byteBuffer(buffer)), promise: sent)
        case .none: channel.write(HTTPClientRequestPart.head(head), promise: nil)
        }
        channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
    }

    /// Whoever shares the buffer's memory has read it.
    private static func overwrite(_ buffer: ByteBuffer) {
        buffer.withUnsafeReadableBytes { bytes in
            guard let start = bytes.baseAddress else { return }
            explicit_bzero(UnsafeMutableRawPointer(mutating: start), bytes.count)
        }
    }

    public func close() { channel.close(promise: nil) }
}

/// Why there is no connection.
public enum TransportError: Error, CodedError, CustomStringConvertible {
    case unreachable(String, String)
    /// Somebody is there, but the connection ended before the handshake did.
    case broken(String, String)
    /// Somebody is there, but says nothing for so long.
    case silent(String, seconds: Int)
    /// The host is there, and says that nobody listens.
    case notListening(String, String)
    case certificate(AttestedCertificateError)
    /// The judge said no; whoever asked it knows why.
    case refused
    /// The peer doesn't agree to the protocol; nothing was sent.
    case otherProtocol(expected: String)
    /// It could not be judged; so the answer is no.
    case judging(String)
    case protocolError(String)

    public var description: String {
        switch self {
        case .unreachable(let target, let problem), .broken(let target, let problem),
            .notListening(let target, let problem):
            "\(target): can't be reached: \(problem)"
        case .silent(let target, let seconds): "\(target): did not answer within \(seconds) seconds"
        case .certificate(let error): "\(error)"
        case .refused: "the peer was refused"
        case .otherProtocol(let expected): "the peer doesn't speak '\(expected)'; nothing was sent"
        case .judging(let problem): problem
        case .protocolError(let problem): problem
        }
    }

    /// Stable; programs may depend on it.
    public var code: String {
        switch self {
        case .unreachable, .broken, .silent: "network.unreachable"
        case .notListening: "network.notListening"
        case .certificate(let error): error.code
        case .refused: "refused"
        case .otherProtocol, .protocolError: "network.protocol"
        case .judging: "judging"
        }
    }
}
