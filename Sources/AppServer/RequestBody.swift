internal import Glibc
internal import NIOCore

/// A request's body on its way from the event loop to whoever reads it, on another thread.
public final class RequestBody: Sendable {
    /// Above this much unread, the connection isn't read from.
    static let highWater = 1 << 20

    /// Smaller parts join the one before them: a byte that came alone must not cost a hundred.
    private static let smallPart = 4096
    private static let joinedPart = 65536

    fileprivate struct State: Sendable {
        var parts = CircularBuffer<ByteBuffer>()
        var unread = 0
        var stage = Stage.open
        var onDrained: (@Sendable () -> Void)?
    }

    fileprivate enum Stage: Sendable {
        case open, complete
        /// The client is gone or took too long.
        case broken
        /// The answer was given: who still reads is told so, and what still comes is dropped.
        case over
    }

    private let state = Monitor(State())

    init() {}

    /// - Returns: whether more may come right away.
    func append(_ part: ByteBuffer) -> Bool {
        state.change { state in
            guard state.stage != .over else { return true }
            if part.readableBytes < Self.smallPart, let last = state.parts.indices.last,
                state.parts[last].writerIndex < Self.joinedPart
            {
                state.parts[last].writeImmutableBuffer(part)
            } else {
                state.parts.append(part)
            }
            state.unread += part.readableBytes
            return state.unread < Self.highWater
        }
    }

    func complete() {
        state.change { if $0.stage == .open { $0.stage = .complete } }
    }

    /// The client is gone or took too long.
    func abort() {
        state.change { if $0.stage == .open { $0.stage = .broken } }
    }

    /// The answer was given. Threads that wait for more are woken, and nothing is read any more.
    public func finish() {
        state.change { state in
            state.stage = .over
            state.parts.removeAll()
            state.unread = 0
            state.onDrained = nil
        }
    }

    public var unreadByteCount: Int { state.withLock { $0.unread } }

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
        var drained: (@Sendable () -> Void)?
        let part =
            if waits {
                state.wait { state in
                    let part = state.part(into: buffer, line: line, &drained)
                    if case .notYet = part { return Part?.none }
                    return part
                }
            } else {
                state.withLock { $0.part(into: buffer, line: line, &drained) }
            }
        drained?()
        return part
    }

    /// Moves what is there into the buffer, for bodies that hold secrets: the memory in which it came is overwritten.
    /// - Returns: how many bytes were moved.
    public func move(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        state.withLock { state in
            var filled = 0
            for part in state.parts {
                part.withUnsafeReadableBytes { bytes in
                    let moved = UnsafeRawBufferPointer(rebasing: bytes.prefix(buffer.count - filled))
                    UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]).copyMemory(from: moved)
                    filled += moved.count
                    // Whoever shares it, as the connection's handlers do, has read it.
                    guard let start = bytes.baseAddress else { return }
                    explicit_bzero(UnsafeMutableRawPointer(mutating: start), bytes.count)
                }
            }
            state.parts.removeAll()
            state.unread = 0
            return filled
        }
    }

    public var isComplete: Bool { state.withLock { $0.stage == .complete } }
}

extension RequestBody.State {
    /// - Parameter drained: becomes what is to be called when little is left.
    fileprivate mutating func part(
        into buffer: UnsafeMutableRawBufferPointer,
        line: Bool,
        _ drained: inout (@Sendable () -> Void)?
    ) -> RequestBody.Part {
        guard unread > 0, stage != .over else {
            return switch stage {
            case .open: buffer.isEmpty ? .bytes(0) : .notYet
            case .complete: .end
            case .broken: .broken
            case .over: .over
            }
        }
        let filled = take(into: buffer, line: line)
        if unread < RequestBody.highWater / 2 {
            drained = onDrained
            onDrained = nil
        }
        return .bytes(filled)
    }

    /// - Returns: how many bytes were copied.
    private mutating func take(into buffer: UnsafeMutableRawBufferPointer, line: Bool) -> Int {
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
