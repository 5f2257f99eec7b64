import Glibc

/// One file in memory for readers of files; this process's own.
enum Scratch {
    static let path = "/dev/shm/mse-fuzz-\(getpid())"

    static func write(_ bytes: [UInt8]) -> String {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        defer { close(descriptor) }
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            // A finding that isn't one: the run must end, and not count as passed.
            guard count > 0 else { fatalError("no room in /dev/shm") }
            sent += count
        }
        return path
    }
}
