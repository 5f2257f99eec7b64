public import Notation
public import RATLS

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
