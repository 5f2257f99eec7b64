internal import Files
internal import Glibc
public import Secrets
internal import Synchronization

/// An enclave on a simulated processor: everything is asked of the launcher over one inherited socket.
public final class SimulatedEnclave: EnclavePlatform {
    /// The descriptor at which the launcher leaves the socket.
    public static let descriptor: Int32 = 3

    private let socket: Mutex<Int32>

    /// - Throws: `EnclaveError` where there is no launcher at the other end.
    public init(descriptor: Int32 = SimulatedEnclave.descriptor) throws(EnclaveError) {
        // Whatever else somebody has left there is no launcher's.
        var domain: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(descriptor, SOL_SOCKET, SO_DOMAIN, &domain, &length) == 0, domain == AF_UNIX else {
            throw .notAnEnclave("the launcher of the simulated processor leaves a socket at descriptor \(descriptor)")
        }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        socket = Mutex(descriptor)
    }

    public var isSimulated: Bool { true }

    public func quote(reportData: [UInt8]) throws(EnclaveError) -> [UInt8] { try ask(.quote, reportData) }

    public func sealingKey() throws(EnclaveError) -> SecretKey {
        var key = try ask(.sealingSecret, [])
        defer { key.wipe() }
        return try SecretKey(sealing: key.span.bytes)
    }

    public func measuredContent() throws(EnclaveError) -> MeasuredContent { .record(try ask(.record, [])) }

    /// The launcher sees the end of the conversation, and takes no other.
    public func close() {
        socket.withLock { socket in
            if socket >= 0 { _ = Glibc.close(socket) }
            socket = -1
        }
    }

    private func ask(_ request: SimulatedRequest, _ argument: [UInt8]) throws(EnclaveError) -> [UInt8] {
        var answer = try socket.withLock { (socket) throws(EnclaveError) -> [UInt8] in
            guard socket >= 0 else {
                throw .refused("the processor does nothing more for an enclave that runs its application")
            }
            guard SimulatedFrame.write([request.rawValue] + argument, to: socket),
                let answer = SimulatedFrame.read(from: socket)
            else {
                throw .refused("the launcher of the simulated processor is gone")
            }
            return answer
        }
        // It may be a key.
        defer { answer.wipe() }
        guard answer.first == 0 else { throw .refused(String(decoding: answer.dropFirst(), as: UTF8.self)) }
        return Array(answer.dropFirst())
    }
}

/// What an agent may ask of the launcher.
public enum SimulatedRequest: UInt8, Sendable {
    /// 64 bytes of REPORTDATA follow; the launcher adds the measurement.
    case quote = 1
    case sealingSecret = 2
    case record = 3
}

/// Messages between agent and launcher: their length as four bytes, little-endian, then their bytes. An answer begins
/// with 0, or with 1 and a text.
public enum SimulatedFrame {
    private static let limit = 64 << 20

    public static func write(_ bytes: [UInt8], to socket: Int32) -> Bool {
        let count = UInt32(bytes.count)
        let message = (0..<4).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) } + bytes
        var sent = 0
        while sent < message.count {
            let part = message.withUnsafeBytes {
                send(socket, $0.baseAddress! + sent, $0.count - sent, Int32(MSG_NOSIGNAL))
            }
            if part < 0, errno == EINTR { continue }
            guard part > 0 else { return false }
            sent += part
        }
        return true
    }

    /// Nil at the end of the conversation.
    public static func read(from socket: Int32) -> [UInt8]? {
        guard let head = read(4, from: socket) else { return nil }
        let count = head.reversed().reduce(0) { $0 << 8 | Int($1) }
        guard count <= limit else { return nil }
        return read(count, from: socket)
    }

    private static func read(_ count: Int, from socket: Int32) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let part = bytes.withUnsafeMutableBytes { Glibc.read(socket, $0.baseAddress! + filled, count - filled) }
            if part < 0, errno == EINTR { continue }
            guard part > 0 else { return nil }
            filled += part
        }
        return bytes
    }
}
