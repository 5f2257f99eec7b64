internal import Glibc
public import NIOCore
internal import Synchronization

/// A request's body on its way from the event loop to whoever reads it, on another thread.
public final class RequestBody: Sendable {
    /// Above this much unread, the connection isn't read from.
    static let highWater = 1 << 20

    private struct State {
        var parts: [ByteBuffer] = []
        var unread = 0
        var isComplete = false
        var isBroken = false
        var onDrained: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())
    private let changed = ThreadSignal()

    init() {}

    /// - Returns: whether more may come right away.
    func append(_ part: ByteBuffer) -> Bool {
        let goesOn = state.withLock { state in
            state.parts.append(part)
            state.unread += part.readableBytes
            return state.unread < Self.highWater
        }
        changed.raise()
        return goesOn
    }

    func complete() {
        state.withLock { $0.isComplete = true }
        changed.raise()
    }

    /// The client is gone or took too long.
    func abort() {
        state.withLock { $0.isBroken = !$0.isComplete }
        changed.raise()
    }

    var unreadByteCount: Int { state.withLock { $0.unread } }

    /// Called once when less than half of the high-water mark is unread.
    func whenDrained(_ body: @escaping @Sendable () -> Void) {
        state.withLock { $0.onDrained = body }
    }

    public enum Part { case bytes(Int), end, broken, notYet }

    /// Copies what is there into the buffer.
    /// - Parameter waits: blocks until there is something; never to be used on an event loop.
    public func read(into buffer: UnsafeMutableRawBufferPointer, waits: Bool) -> Part {
        while true {
            let seen = changed.count
            var drained: (@Sendable () -> Void)?
            let part: Part = state.withLock { state in
                if state.unread > 0 {
                    var filled = 0
                    while filled < buffer.count, !state.parts.isEmpty {
                        let count = min(buffer.count - filled, state.parts[0].readableBytes)
                        state.parts[0].readWithUnsafeReadableBytes { bytes in
                            UnsafeMutableRawBufferPointer(rebasing: buffer[filled..<(filled + count)]).copyMemory(
                                from: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
                            return count
                        }
                        filled += count
                        if state.parts[0].readableBytes == 0 { state.parts.removeFirst() }
                    }
                    state.unread -= filled
                    if state.unread < Self.highWater / 2 {
                        drained = state.onDrained
                        state.onDrained = nil
                    }
                    return .bytes(filled)
                }
                if state.isComplete { return .end }
                return state.isBroken ? .broken : .notYet
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
            state.parts = []
            state.unread = 0
            return all
        }
    }

    public var isComplete: Bool { state.withLock { $0.isComplete } }
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
