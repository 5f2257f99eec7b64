internal import Glibc
public import Notation

/// Why something could not be printed.
public struct OutputError: Error, CodedError, Hashable, CustomStringConvertible {
    /// The system's number, as in `errno`.
    public var number: Int32

    /// Nobody reads.
    public var isClosed: Bool { number == EPIPE }

    /// What a shell reports of a program that SIGPIPE ended, or "could not be done".
    public var exitCode: Int32 { isClosed ? 128 + SIGPIPE : 1 }

    public var description: String { "standard output: can't write: \(String(cString: strerror(number)))" }

    /// Stable; programs may depend on it.
    public var code: String { "output" }
}

/// The three descriptors that every program is given, or isn't.
enum StandardStreams {
    /// Makes writing to a pipe that nobody reads an error instead of the program's end, and keeps the numbers 0, 1 and
    /// 2 from files that are opened later: what was to be printed would be written into them.
    static func prepare() {
        // A handler, since what is ignored would be ignored by the programs that are started from here too.
        signal(SIGPIPE) { _ in }
        if fcntl(STDIN_FILENO, F_GETFD) == -1 { _ = open("/dev/null", O_RDONLY) }
        for descriptor in [STDOUT_FILENO, STDERR_FILENO] where fcntl(descriptor, F_GETFD) == -1 {
            openWithoutReader(descriptor)
        }
    }

    /// What was closed becomes a pipe that nobody reads: for this program and those that it starts it is the same.
    private static func openWithoutReader(_ descriptor: Int32) {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { return }
        close(ends[0])
        guard ends[1] != descriptor else { return }
        dup2(ends[1], descriptor)
        close(ends[1])
    }

    /// Waits, for ever where it is no pipe or socket.
    /// - Returns: false where that can't be told.
    static func waitUntilUnread(_ descriptor: Int32) -> Bool {
        var request = pollfd(fd: descriptor, events: 0, revents: 0)
        while poll(&request, 1, -1) < 0 {
            guard errno == EINTR || errno == EAGAIN else { return false }
        }
        return Int32(request.revents) & (POLLERR | POLLHUP) != 0
    }

    /// Writes all of it, however slowly it is read.
    static func write(_ bytes: [UInt8], to descriptor: Int32) throws(OutputError) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress! + written, $0.count - written) }
            if count > 0 {
                written += count
            } else if count < 0, errno == EAGAIN {
                // Somebody who shares it has made it not wait.
                var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&request, 1, -1)
            } else if count == 0 || errno != EINTR {
                throw OutputError(number: count == 0 ? EIO : errno)
            }
        }
    }
}
