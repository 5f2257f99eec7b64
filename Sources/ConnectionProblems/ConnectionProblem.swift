internal import Glibc
internal import NIOCore
internal import NIOPosix
internal import NIOSSL

/// What went wrong with a connection, in our words, whatever the network library calls it.
public enum ConnectionProblem {
    public static func text(_ error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError: attempts(error)
        case let error as ChannelError: channel(error)
        case let error as IOError: system(error.errnoCode)
        case let error as NIOSSLError: tls(error)
        case is NIOSSLExtraError: "the server's certificate isn't trusted"
        case is NIOSSLCloseTimedOutError: "the connection was not closed in time"
        default: "the connection failed"
        }
    }

    /// Whether the host answered that nobody listens at that port; at all of its addresses, where it has several.
    public static func isRefusal(_ error: any Error) -> Bool {
        switch error {
        case let error as NIOConnectionError:
            !error.connectionErrors.isEmpty && error.connectionErrors.allSatisfy { isRefusal($0.error) }
        case let error as IOError: error.errnoCode == ECONNREFUSED
        default: false
        }
    }

    private static func attempts(_ error: NIOConnectionError) -> String {
        // The first attempt's reason; without one no address was found.
        guard let first = error.connectionErrors.first else { return "no such host: \(error.host)" }
        return text(first.error)
    }

    private static func channel(_ error: ChannelError) -> String {
        switch error {
        case .connectTimeout(let limit): "nobody answered within \(limit.nanoseconds / 1_000_000_000) seconds"
        case .eof, .ioOnClosedChannel, .alreadyClosed, .inputClosed, .outputClosed:
            "the connection was closed before the answer"
        case .unknownLocalAddress, .badInterfaceAddressFamily: "no address of this machine reaches it"
        default: "the connection failed"
        }
    }

    private static func system(_ code: CInt) -> String {
        switch code {
        case ECONNREFUSED: "nobody listens there (connection refused)"
        case ECONNRESET, EPIPE: "the other side reset the connection"
        case ETIMEDOUT: "nobody answered in time"
        case EHOSTUNREACH, ENETUNREACH, EHOSTDOWN: "there is no way to that host from here"
        case EADDRNOTAVAIL: "that address is none to connect to"
        case EMFILE, ENFILE: "too many files are open on this machine"
        case EACCES, EPERM: "this machine forbids the connection"
        default: String(cString: strerror(code))
        }
    }

    private static func tls(_ error: NIOSSLError) -> String {
        guard case .handshakeFailed(let cause) = error else { return "the connection was broken off" }
        // The library tells reasons as text alone.
        let reason = "\(cause)"
        let meanings: [(mark: String, text: String)] = [
            ("WRONG_VERSION_NUMBER", "no TLS is spoken there"), ("HTTP_REQUEST", "plain HTTP is spoken there, not TLS"),
            ("UNSUPPORTED_PROTOCOL", "no version of TLS is common to both sides"),
            ("CERTIFICATE_VERIFY_FAILED", "the server's certificate isn't trusted"),
            ("NO_APPLICATION_PROTOCOL", "the server speaks another protocol inside TLS"),
            ("HANDSHAKE_FAILURE", "the server refused the TLS handshake"),
        ]
        return meanings.first { reason.contains($0.mark) }?.text ?? "the TLS handshake failed"
    }
}
