internal import CodeEncryption
internal import Glibc
internal import Threads

/// Standard output and error of the whole process, whoever writes to them: they lead into the application's log and
/// nowhere else.
public struct CapturedOutput: Sendable {
    /// A line without an end is taken after this many milliseconds, or at this many bytes.
    private static let patience: Int32 = 500
    private static let lineLimit = SealedLogEntry.textLimit

    private let pipes: [Int32]

    /// Takes descriptors 1 and 2 for the rest of the process's life. To be called before anybody else can write to
    /// them.
    /// - Returns: what was standard error before, for the agent's own events; nil when there are no descriptors left.
    public static func begin(into log: ApplicationLog) -> (output: CapturedOutput, events: Int32)? {
        let events = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 200)
        guard events >= 0 else { return nil }
        fflush(nil)
        var pipes: [Int32] = []
        for (descriptor, source) in [(STDOUT_FILENO, SealedLogEntry.Source.output), (STDERR_FILENO, .errors)] {
            var ends: [Int32] = [-1, -1]
            guard pipe(&ends) == 0, fcntl(ends[0], F_SETFD, FD_CLOEXEC) == 0, dup2(ends[1], descriptor) >= 0 else {
                return nil
            }
            close(ends[1])
            let reader = ends[0]
            pipes.append(reader)
            BlockingThread.start { read(reader, as: source, into: log) }
        }
        return (CapturedOutput(pipes: pipes), events)
    }

    /// Waits a moment until what was written is taken.
    public func drain() {
        fflush(nil)
        for _ in 0..<100 {
            let isEmpty = pipes.allSatisfy {
                var count: Int32 = 0
                return ioctl($0, UInt(FIONREAD), &count) != 0 || count == 0
            }
            if isEmpty { break }
            usleep(10_000)
        }
        // A line without an end is taken when nothing follows it.
        usleep(UInt32(Self.patience + 100) * 1000)
    }

    private static func read(_ descriptor: Int32, as source: SealedLogEntry.Source, into log: ApplicationLog) {
        var line: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            if !line.isEmpty {
                var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                if poll(&waiting, 1, patience) == 0 {
                    log.append(source, line)
                    line = []
                }
            }
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            for byte in buffer[..<count] {
                if byte == UInt8(ascii: "\n") {
                    log.append(source, line)
                    line.removeAll(keepingCapacity: true)
                } else {
                    line.append(byte)
                    guard line.count >= lineLimit else { continue }
                    log.append(source, line)
                    line.removeAll(keepingCapacity: true)
                }
            }
        }
        if !line.isEmpty { log.append(source, line) }
    }
}
