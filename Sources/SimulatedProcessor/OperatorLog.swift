internal import Dispatch
internal import Enclave
public import Files
internal import Glibc
internal import Notation
internal import StrictX509
internal import Synchronization
internal import Threads
public import WallClock

/// The operator's log of one instance: the agent's events and its launcher's, a line each, bounded in length, rate and
/// size whatever comes.
///
/// What comes from the agent's process is let through when it is an event, with a time of the launcher's; a service
/// shares that process, and so no line of another form is written, only counted.
///
/// The newest lines are in the file itself, older ones in `.1`, `.2` and so on beside it.
public final class OperatorLog: Sendable {
    public struct Limits: Sendable {
        /// Of one file, about.
        public var fileByteCount = 2 << 20
        /// Besides the one that is written.
        public var olderFiles = 3
        /// A longer line is no event.
        public var lineByteCount = 4096
        /// Bytes at once, and bytes a second after that; what comes faster is counted.
        public var burstByteCount = 1 << 20
        public var bytesPerSecond = 64 << 10

        public init() {}
    }

    private struct State: ~Copyable {
        var file: OpenFile
        var byteCount: Int
        /// A line was written in part: the next one begins behind its end.
        var isTorn = false
        var left: Int
        var lastMillisecond: Int
        var dropped = 0
        var foreign = 0
        /// Ends of pipes that nobody reads yet.
        var inlets: [Int32] = []
    }

    private let path: String
    private let limits: Limits
    private let takesApplicationLines: Bool
    private let clock: WallClock
    private let state: Mutex<State>
    private let readers = DispatchGroup()

    /// Goes on behind what is there.
    /// - Parameters:
    ///   - takesApplicationLines: the measured setting that lets the operator read what the application says.
    ///   - clock: by which lines are dated.
    public init(
        _ path: String,
        takesApplicationLines: Bool = false,
        limits: Limits = Limits(),
        clock: WallClock
    ) throws(FileError) {
        self.clock = clock
        self.takesApplicationLines = takesApplicationLines
        self.path = path
        self.limits = limits
        let file = try Self.open(path)
        let byteCount = try file.byteCount()
        state = Mutex(
            State(file: file, byteCount: byteCount, left: limits.burstByteCount, lastMillisecond: Self.milliseconds())
        )
    }

    /// The files of a log, oldest first.
    public static func files(_ path: String) -> [String] {
        let older = (1...99).prefix { Files.exists("\(path).\($0)") }.map { "\(path).\($0)" }
        return older.reversed() + (Files.exists(path) ? [path] : [])
    }

    public func write(_ event: LauncherEvent) { state.withLock { append(event.line, &$0) } }

    /// Makes the end of a pipe that another process writes its lines to, until it ends. The caller closes it, and then
    /// calls `listen`.
    public func inlet() throws(FileError) -> Int32 {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw FileError(path, doing: "make a pipe for") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        state.withLock { $0.inlets.append(ends[0]) }
        return ends[1]
    }

    /// Takes what comes through the inlets, on threads of its own.
    public func listen() {
        let inlets = state.withLock { state in
            defer { state.inlets = [] }
            return state.inlets
        }
        for reader in inlets {
            readers.enter()
            let isStarted = BlockingThread.start { [self] in
                read(reader)
                close(reader)
                readers.leave()
            }
            guard !isStarted else { continue }
            close(reader)
            readers.leave()
        }
    }

    /// Waits until whoever writes to it has ended and all is written, or for some seconds.
    public func finish(seconds: Int = 5) {
        _ = readers.wait(timeout: .now() + .seconds(seconds))
        state.withLock { tellMissing(&$0) }
    }

    // MARK: Lines

    private func read(_ descriptor: Int32) {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        var line: [UInt8] = []
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            for byte in buffer[..<count] {
                if byte == UInt8(ascii: "\n") {
                    take(line)
                    line.removeAll(keepingCapacity: true)
                } else if line.count <= limits.lineByteCount {
                    line.append(byte)
                }
            }
        }
        if !line.isEmpty { take(line) }
    }

    /// A line of the agent's: its time, and an event.
    private func take(_ line: [UInt8]) {
        let event = line.count > limits.lineByteCount ? nil : event(line.drop { $0 != 0x20 }.dropFirst())
        state.withLock { state in
            if let event { append(event, &state) } else { state.foreign += 1 }
        }
    }

    private func event(_ bytes: ArraySlice<UInt8>) -> String? {
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        return AgentEvent(line: text)?.line ?? (takesApplicationLines ? ApplicationLine(line: text)?.line : nil)
    }

    private func append(_ event: String, _ state: inout State) {
        let now = Self.milliseconds()
        state.left = min(
            limits.burstByteCount,
            state.left + min(now - state.lastMillisecond, 1 << 20) * limits.bytesPerSecond / 1000
        )
        state.lastMillisecond = now
        let bytes = line(event)
        guard state.left >= bytes.count else {
            state.dropped += 1
            return
        }
        state.left -= bytes.count
        tellMissing(&state)
        put(bytes, &state)
    }

    private func tellMissing(_ state: inout State) {
        let (dropped, foreign) = (state.dropped, state.foreign)
        (state.dropped, state.foreign) = (0, 0)
        if foreign > 0 { put(line(LauncherEvent.foreign(lines: foreign).line), &state) }
        if dropped > 0 { put(line(LauncherEvent.dropped(lines: dropped).line), &state) }
    }

    private func line(_ event: String) -> [UInt8] {
        Array("\(clock.now) \(event)\n".utf8)
    }

    // MARK: Files

    private func put(_ bytes: [UInt8], _ state: inout State) {
        let whole = state.isTorn ? [UInt8(ascii: "\n")] + bytes : bytes
        do throws(FileError) {
            if state.byteCount > 0, state.byteCount + whole.count > limits.fileByteCount { try turn(&state) }
            // From here on a failure may have left a part of it.
            state.isTorn = true
            try state.file.write(whole)
            state.isTorn = false
            state.byteCount += whole.count
        } catch {
            // The operator's disk is full: he is told how much he missed when there is room again.
            state.dropped += 1
        }
    }

    private func turn(_ state: inout State) throws(FileError) {
        // Where an earlier attempt got no new file, the old ones have moved already.
        if Files.exists(path) {
            for index in stride(from: limits.olderFiles - 1, through: 0, by: -1) {
                let name = index == 0 ? path : "\(path).\(index)"
                guard rename(name, "\(path).\(index + 1)") == 0 || errno == ENOENT else {
                    throw FileError(name, doing: "rotate")
                }
            }
        }
        state.file = try Self.open(path, O_TRUNC)
        state.byteCount = 0
        state.isTorn = false
    }

    private static func open(_ path: String, _ flags: Int32 = 0) throws(FileError) -> OpenFile {
        try OpenFile(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | flags, mode: 0o600)
    }

    private static let start = ContinuousClock.now

    private static func milliseconds() -> Int { Int((ContinuousClock.now - start) / .milliseconds(1)) }
}

/// What a launcher tells the operator of an agent's life, which the agent can't tell itself.
public enum LauncherEvent: Sendable {
    case started(process: Int32)
    case ended(exitCode: Int32)
    /// By the kernel or somebody's `kill`, or of itself at a trap.
    case killed(signal: Int32)
    /// Lines that came too fast to be written, or when there was no room.
    case dropped(lines: Int)
    /// Lines from the agent's process that are no events, whoever wrote them.
    case foreign(lines: Int)

    var line: String {
        switch self {
        case .started(let process): "launcher.started process=\(process)"
        case .ended(let exitCode): "launcher.ended exitCode=\(exitCode)"
        case .killed(let signal): "launcher.killed signal=\(signal)"
        case .dropped(let lines): "launcher.dropped lines=\(lines)"
        case .foreign(let lines): "launcher.foreign lines=\(lines)"
        }
    }
}
