internal import CodeEncryption
internal import Glibc
internal import Synchronization
internal import Threads

/// Standard output and error of the whole process, whoever writes to them: they lead into the application's log and
/// nowhere else.
public struct CapturedOutput: Sendable {
    private let streams: [CapturedStream]

    /// Takes descriptors 1 and 2 for the rest of the process's life: whatever of it still runs at the end, writes
    /// there. To be called before anybody else can write to them.
    /// - Returns: what was standard error before, for the agent's own events; nil when there are no descriptors left.
    public static func begin(into log: ApplicationLog) -> (output: CapturedOutput, events: Int32)? {
        let events = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 200)
        guard events >= 0 else { return nil }
        fflush(nil)
        var streams: [CapturedStream] = []
        for (descriptor, source) in [(STDOUT_FILENO, SealedLogEntry.Source.output), (STDERR_FILENO, .errors)] {
            var ends: [Int32] = [-1, -1]
            guard pipe(&ends) == 0, fcntl(ends[0], F_SETFD, FD_CLOEXEC) == 0,
                fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0, dup2(ends[1], descriptor) >= 0
            else {
                return nil
            }
            close(ends[1])
            let stream = CapturedStream(ends[0], as: source, into: log)
            guard BlockingThread.start({ stream.follow() }) else { return nil }
            streams.append(stream)
        }
        return (CapturedOutput(streams: streams), events)
    }

    /// Takes what was written until now.
    public func drain() {
        fflush(nil)
        for stream in streams { stream.drain() }
    }
}

/// One of both, cut into lines.
final class CapturedStream: Sendable {
    /// A line without an end is taken after this many milliseconds, or at this many bytes.
    private static let patience: Int32 = 500
    private static let lineLimit = SealedLogEntry.textLimit
    /// What is taken at the end, in bytes, from somebody who goes on writing: more than a pipe holds.
    private static let drainLimit = 4 << 20

    private let descriptor: Int32
    private let source: SealedLogEntry.Source
    private let log: ApplicationLog
    /// What was read and has no end yet.
    private let line = Mutex<[UInt8]>([])

    /// - Parameter descriptor: a pipe's end that doesn't block.
    init(_ descriptor: Int32, as source: SealedLogEntry.Source, into log: ApplicationLog) {
        (self.descriptor, self.source, self.log) = (descriptor, source, log)
    }

    /// Takes what comes, until nobody can write any more.
    func follow() {
        var isOpen = true
        while isOpen {
            var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            if poll(&waiting, 1, line.withLock(\.isEmpty) ? -1 : Self.patience) == 0 {
                line.withLock { end(&$0) }
            } else if case .ended = take() {
                isOpen = false
            }
        }
        line.withLock { end(&$0) }
    }

    /// Takes what is there, with a line that has no end.
    func drain() {
        var byteCount = 0
        while byteCount < Self.drainLimit, case .taken(let count) = take() { byteCount += count }
        line.withLock { end(&$0) }
    }

    private enum Reading { case taken(Int), nothing, ended }

    private func take() -> Reading {
        line.withLock { line in
            var buffer = [UInt8](repeating: 0, count: 64 << 10)
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { return count < 0 && [EINTR, EAGAIN].contains(errno) ? .nothing : .ended }
            for byte in buffer[..<count] {
                let isEnd = byte == UInt8(ascii: "\n")
                if !isEnd { line.append(byte) }
                if isEnd || line.count >= Self.lineLimit { put(&line) }
            }
            return .taken(count)
        }
    }

    private func put(_ line: inout [UInt8]) {
        log.append(source, line)
        line.removeAll(keepingCapacity: true)
    }

    private func end(_ line: inout [UInt8]) {
        if !line.isEmpty { put(&line) }
    }
}
