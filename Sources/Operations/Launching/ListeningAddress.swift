internal import Files
internal import Glibc
internal import Notation

/// Where an instance is to listen.
struct ListeningAddress {
    var host: String
    var port: Int

    /// Tries it for a moment, as the agent will.
    /// - Throws: `OperationError` when it can't be had.
    func check() throws(OperationError) {
        switch try code() {
        case 0: return
        case EADDRINUSE: throw OperationError("--port", "port \(port) is taken; take another one", code: .networkPort)
        case EACCES:
            throw OperationError(
                "--port",
                "port \(port) is not for the agent, which has no privileges; take one from \(Self.firstFreePort) on",
                code: .networkPort
            )
        case EADDRNOTAVAIL:
            throw OperationError(
                "--host",
                "\(host.printable()) is no address of this machine",
                code: .networkHost
            )
        case let code:
            throw OperationError(
                "--host",
                "can't listen on \(host.printable()): \(String(cString: strerror(code)))",
                code: .networkHost
            )
        }
    }

    /// The same for an instance that is there, whose launch record names the address: nothing of it can be changed.
    func check(for service: String) throws(OperationError) {
        let problem: String, mend: String
        switch try code() {
        case 0: return
        case EADDRINUSE:
            (problem, mend) = (
                "port \(port), which its launch record names, is taken by another program", "end that one"
            )
        case EACCES:
            (problem, mend) = (
                "port \(port), which its launch record names, is not for this user", "start it as its own user"
            )
        case EADDRNOTAVAIL:
            (problem, mend) = (
                "\(host.printable()), which its launch record names, is no address of this machine any more",
                "give the machine that address"
            )
        case let code:
            (problem, mend) = (
                "can't listen on \(host.printable()): \(String(cString: strerror(code)))", "mend that"
            )
        }
        throw OperationError(
            service,
            "\(problem); \(mend) and try again, or spawn another instance",
            code: .networkPort
        )
    }

    private func code() throws(OperationError) -> Int32 {
        // Whoever spawns it, the agent has no privileges.
        guard port == 0 || port >= Self.firstFreePort else { return EACCES }
        return try attempt { descriptor, address, length in
            guard !Self.isForMany(address) else {
                errno = EADDRNOTAVAIL
                return false
            }
            var reuse: Int32 = 1
            setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<Int32>.size))
            return bind(descriptor, address, length) == 0 && listen(descriptor, 1) == 0
        }
    }

    /// Ports below it are for privileged programs (ip(7)).
    private static var firstFreePort: Int {
        let text = (try? Files.read("/proc/sys/net/ipv4/ip_unprivileged_port_start", limit: 64)) ?? []
        return Int(String(decoding: text, as: UTF8.self).filter(\.isNumber)) ?? 1024
    }

    /// Multicast and broadcast: they can be bound to, and nobody can connect to them.
    private static func isForMany(_ address: UnsafeMutablePointer<sockaddr>) -> Bool {
        switch Int32(address.pointee.sa_family) {
        case AF_INET:
            address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                UInt32(bigEndian: $0.pointee.sin_addr.s_addr) >> 28 >= 0xE
            }
        case AF_INET6:
            address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
                withUnsafeBytes(of: $0.pointee.sin6_addr) { $0[0] == 0xFF }
            }
        default: false
        }
    }

    /// The address to connect to for one that means "all".
    static func reachable(_ host: String) -> String {
        switch host {
        case "0.0.0.0", "": "127.0.0.1"
        case "::", "[::]": "::1"
        default: host
        }
    }

    /// Whether somebody accepts connections there.
    var answers: Bool { (try? attempt { connect($0, $1, $2) == 0 }) == 0 }

    /// - Returns: 0, or the system's number for what failed with the host's first address.
    private func attempt(_ body: (Int32, UnsafeMutablePointer<sockaddr>, socklen_t) -> Bool) throws(OperationError)
        -> Int32
    {
        var hints = addrinfo()
        hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, "\(port)", &hints, &found) == 0, let found else {
            throw OperationError(
                "--host",
                "\(host.printable()) is no address of this machine",
                code: .networkHost
            )
        }
        defer { freeaddrinfo(found) }
        let descriptor = socket(found.pointee.ai_family, found.pointee.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return errno }
        defer { close(descriptor) }
        return body(descriptor, found.pointee.ai_addr, found.pointee.ai_addrlen) ? 0 : errno
    }
}
