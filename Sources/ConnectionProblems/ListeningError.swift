internal import Glibc
internal import NIOCore
internal import NIOPosix
public import Notation

/// Why an address can't be listened on, in our words, whatever the network library calls it.
public struct ListeningError: Error, CodedError, Hashable, CustomStringConvertible {
    public let host: String
    public let port: Int
    private let problem: String

    /// - Parameter error: what binding ended with.
    public init(host: String, port: Int, _ error: any Error) {
        self.host = host
        self.port = port
        problem =
            switch error {
            case let error as IOError: Self.words(error.errnoCode, port)
            case is SocketAddressError, is NIOConnectionError: "that is no address of this machine"
            default: "the system refused"
            }
    }

    /// - Parameter code: the system's number.
    public static func words(_ code: CInt, _ port: Int) -> String {
        switch code {
        case EADDRINUSE: "port \(port) is taken"
        case EACCES: "port \(port) is not for this user; take one from 1024 on"
        case EADDRNOTAVAIL: "that is no address of this machine"
        case EAFNOSUPPORT: "this machine has no addresses of that family"
        default: String(cString: strerror(code))
        }
    }

    public var description: String { "can't listen on \(host.contains(":") ? "[\(host)]" : host):\(port): \(problem)" }

    /// Stable; programs may depend on it.
    public var code: String { "network.port" }
}
