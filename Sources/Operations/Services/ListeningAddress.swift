internal import Glibc
internal import Notation

/// Where an instance is to listen.
struct ListeningAddress {
    var host: String
    var port: Int

    /// Tries it for a moment, as the agent will.
    /// - Throws: `OperationError` when it can't be had.
    func check() throws(OperationError) {
        let code = try attempt { descriptor, address, length in
            var reuse: Int32 = 1
            setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<Int32>.size))
            return bind(descriptor, address, length) == 0 && listen(descriptor, 1) == 0
        }
        switch code {
        case 0: return
        case EADDRINUSE: throw OperationError("--port", "port \(port) is taken; take another one")
        case EACCES: throw OperationError("--port", "port \(port) is not for this user; take one from 1024 on")
        case EADDRNOTAVAIL: throw OperationError("--host", "\(NotationError.printable(host)) is no address of this machine")
        default: throw OperationError("--host", "can't listen on \(NotationError.printable(host)): \(String(cString: strerror(code)))")
        }
    }

    /// Whether somebody accepts connections there.
    var answers: Bool { (try? attempt { connect($0, $1, $2) == 0 }) == 0 }

    /// - Returns: 0, or the system's number for what failed with the host's first address.
    private func attempt(_ body: (Int32, UnsafeMutablePointer<sockaddr>, socklen_t) -> Bool) throws(OperationError) -> Int32 {
        var hints = addrinfo()
        hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, "\(port)", &hints, &found) == 0, let found else {
            throw OperationError("--host", "\(NotationError.printable(host)) is no address of this machine")
        }
        defer { freeaddrinfo(found) }
        let descriptor = socket(found.pointee.ai_family, found.pointee.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return errno }
        defer { close(descriptor) }
        return body(descriptor, found.pointee.ai_addr, found.pointee.ai_addrlen) ? 0 : errno
    }
}
