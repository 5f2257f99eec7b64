internal import Files
internal import Glibc
internal import Synchronization

/// Ports for servers of tests: free now, and nobody else's as long as this process lives.
public enum FreePort {
    /// Below the range of which the kernel gives ports to connections (32768 from on), so that none of them comes in
    /// between.
    private static let range = 10_000..<32_000
    /// What says to other runs of the tests on this machine which ports are taken: locked files, which are let go with
    /// the process.
    private static let folder = "/tmp/mse-test-ports"
    private static let locks = Mutex<[FileLock]>([])

    /// A port that nobody else who asks here gets, and that the kernel gave for a moment.
    public static func reserve() -> Int {
        mkdir(folder, 0o777)
        chmod(folder, 0o1777)
        while true {
            let port = Int.random(in: range)
            guard let lock = try? FileLock.tryToHold("\(folder)/\(getuid())-\(port)"), isFree(port) else { continue }
            locks.withLock { $0.append(lock) }
            return port
        }
    }

    private static func isFree(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        } == 0
    }
}
