public import Attestation
internal import ConnectionProblems
internal import Glibc
internal import NIOCore
internal import NIOHTTP1
public import RATLS
public import Secrets
internal import StrictX509

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

    public static let handshakeSeconds = 60

    /// What is spoken inside.
    public enum Speech: String, Sendable {
        case http = "http/1.1"
        /// Key and secrets for an agent that waits; a peer that doesn't agree to it gets nothing.
        case configuration = "mse-configuration/1"
    }

    /// Connects, and lets the certificate be judged before the handshake ends.
    /// - Parameters:
    ///   - seconds: how long the peer may take for the handshake, and at most ten of them to accept the connection.
    ///   - judge: may throw where it can't tell, and so doesn't accept.
    /// - Returns: what the judge says; where that is yes, with the connection.
    /// - Throws: `TransportError`: when nobody answers, the certificate can't be read, it could not be judged, or the
    ///   peer speaks something else.
    public static func open<Accepted, Refused>(
        host: String,
        port: Int,
        speaking speech: Speech = .http,
        seconds: Int = handshakeSeconds,
        judge: @escaping @Sendable (AttestedCertificate) async throws -> PeerDecision<Accepted, Refused>
    ) async throws(TransportError) -> PeerDecision<(connection: AttestedConnection, value: Accepted), Refused> {
        let handshake = JudgedHandshake()
        let timeLimit = TimeLimit(seconds: seconds)
        var isConnected = false
        do {
            let channel = try await handshake.begin(host: host, port: port, speaking: speech, seconds: seconds)
            isConnected = true
            let limit = timeLimit.begin(on: channel)
            defer { limit.cancel() }
            switch try await handshake.end(by: judge) {
            case .refused(let value): return .refused(value)
            case .accepted(let peer):
                // A server that knows no ALPN goes on without; here that is no agreement.
                guard speech == .http || peer.applicationProtocol == speech.rawValue else {
                    channel.close(promise: nil)
                    throw TransportError.otherProtocol(expected: speech.rawValue)
                }
                let connection = AttestedConnection(channel: channel, host: host, certificate: peer.certificate)
                return .accepted((connection, peer.value))
            }
        } catch {
            handshake.fail(error)
            if let error = error as? TransportError { throw error }
            let address = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
            if timeLimit.hasPassed { throw .silent(address, seconds: seconds) }
            let text = ConnectionProblem.text(error)
            if ConnectionProblem.isRefusal(error) { throw .notListening(address, text) }
            throw isConnected ? .broken(address, text) : .unreachable(address, text)
        }
    }

    /// Connects to a peer of which nothing but a yes is asked.
    /// - Throws: `TransportError`, as the other; `refused` where the judge says no.
    public static func open(
        host: String,
        port: Int,
        speaking speech: Speech = .http,
        seconds: Int = handshakeSeconds,
        judge: @escaping @Sendable (AttestedCertificate) async throws -> Bool
    ) async throws(TransportError) -> AttestedConnection {
        let decision = try await open(host: host, port: port, speaking: speech, seconds: seconds) {
            try await judge($0) ? PeerDecision<Void, Void>.accepted(()) : .refused(())
        }
        switch decision {
        case .accepted(let accepted): return accepted.connection
        case .refused: throw .refused
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
