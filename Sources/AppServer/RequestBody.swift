internal import Glibc
public import NIOCore
internal import Synchronization

/// A request's body on its way from the event loop to whoever reads it, on another thread.
public final class RequestBody: Sendable {
    /// Above this much unread, the connection isn't read from.
    static let highWater = 1 << 20

    /// Smaller parts join the one before them: a byte that came alone must not cost a hundred.
    private static let smallPart = 4096
    private static let joinedPart = 65536

    fileprivate struct State {
        var parts = CircularBuffer<ByteBuffer>()
        var unread = 0
        var stage = Stage.open
        var onDrained: (@Sendable () -> Void)?
    }

    fileprivate enum Stage {
        case open, complete
        /// The client is gone or took too long.
        case broken
        /// The answer was given: who still reads is told so, and what still comes is dropped.
        case over
    }

    private let state = Mutex(State())
    private let changed = ThreadSignal()

    init() {}

    /// - Returns: whether more may come right away.
    func append(_ part: ByteBuffer) -> Bool {
        let goesOn = state.withLock { state in
            guard state.stage != .over else { return true }
            if part.readableBytes < Self.smallPart, let last = state.parts.indices.last, state.parts[last].writerIndex < Self.joinedPart {
                state.parts[last].writeImmutableBuffer(part)
            } else {
                state.parts.append(part)
            }
            state.unread += part.readableBytes
            return state.unread < Self.highWater
        }
        changed.raise()
        return goesOn
    }

    func complete() {
        state.withLock { if $0.stage == .open { $0.stage = .complete } }
        changed.raise()
    }

    /// The client is gone or took too long.
    func abort() {
        state.withLock { if $0.stage == .open { $0.stage = .broken } }
        changed.raise()
    }

    /// The answer was given. Threads that wait for more are woken, and nothing is read any more.
    public func finish() {
        state.withLock { state in
            state.stage = .over
            state.parts.removeAll()
            state.unread = 0
            state.onDrained = nil
        }
        changed.raise()
    }

    var unreadByteCount: Int { state.withLock { $0.unread } }

    /// Called once when less than half of the high-water mark is unread.
    func whenDrained(_ body: @escaping @Sendable () -> Void) {
        state.withLock { $0.onDrained = body }
    }

    public enum Part { case bytes(Int), end, broken, over, notYet }

    /// Copies what is there into the buffer.
    /// - Parameters:
    ///   - line: nothing after a line's end, which is the byte 0x0A.
    ///   - waits: blocks until there is something; never to be used on an event loop.
    public func read(into buffer: UnsafeMutableRawBufferPointer, line: Bool = false, waits: Bool) -> Part {
        while true {
            let seen = changed.count
            var drained: (@Sendable () -> Void)?
            let part: Part = state.withLock { state in
                guard state.unread > 0, state.stage != .over else {
                    return switch state.stage {
                    case .open: buffer.isEmpty ? .bytes(0) : .notYet
                    case .complete: .end
                    case .broken: .broken
                    case .over: .over
                    }
                }
                let filled = state.take(into: buffer, line: line)
                if state.unread < Self.highWater / 2 {
                    drained = state.onDrained
                    state.onDrained = nil
                }
                return .bytes(filled)
            }
            drained?()
            guard case .notYet = part, waits else { return part }
            changed.wait(after: seen)
        }
    }

    /// All that has come so far; for bodies that were waited for.
    public func takeAll() -> ByteBuffer {
        state.withLock { state in
            var all = state.parts.first ?? ByteBuffer()
            for var part in state.parts.dropFirst() { all.writeBuffer(&part) }
            state.parts.removeAll()
            state.unread = 0
            return all
        }
    }

    public var isComplete: Bool { state.withLock { $0.stage == .complete } }
}

extension RequestBody.State {
    /// - Returns: how many bytes were copied.
    fileprivate mutating func take(into buffer: UnsafeMutableRawBufferPointer, line: Bool) -> Int {
        var filled = 0
        var isAtLineEnd = false
        while filled < buffer.count, !isAtLineEnd, let first = parts.indices.first {
            let room = buffer.count - filled
            filled += parts[first].readWithUnsafeReadableBytes { bytes in
                var count = min(room, bytes.count)
                if line, let start = bytes.baseAddress, let end = memchr(start, 0x0A, count) {
                    count = UnsafeRawPointer(end) - start + 1
                    isAtLineEnd = true
                }
                UnsafeMutableRawBufferPointer(rebasing: buffer[filled..<(filled + count)])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
                return count
            }
            if parts[first].readableBytes == 0 { parts.removeFirst() }
        }
        unread -= filled
        return filled
    }
}

/// Lets threads wait until something changed; a change between looking and waiting is not lost.
public final class ThreadSignal: @unchecked Sendable {  // the mutex guards the count
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var changes: UInt64 = 0
    private var waiters = 0

    public init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    public var count: UInt64 {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return changes
    }

    public func raise() {
        pthread_mutex_lock(mutex)
        changes += 1
        let wakes = waiters > 0
        pthread_mutex_unlock(mutex)
        if wakes { pthread_cond_broadcast(condition) }
    }

    public func wait(after seen: UInt64) {
        pthread_mutex_lock(mutex)
        waiters += 1
        while changes == seen { pthread_cond_wait(condition, mutex) }
        waiters -= 1
        pthread_mutex_unlock(mutex)
    }
}
