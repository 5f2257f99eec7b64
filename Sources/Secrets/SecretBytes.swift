/// Bytes of any number that are in one place, can't be copied or printed, and are wiped when their owner goes.
public struct SecretBytes: ~Copyable, Sendable {
    let memory: GuardedMemory
    /// Of the bytes.
    public let count: Int

    /// Those that `fill` wrote: it is given memory for `capacity` bytes, and says how many it used.
    public init<Failure: Error>(
        capacity: Int,
        fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
    ) throws(Failure) {
        memory = GuardedMemory(byteCount: capacity)
        count = try fill(memory.bytes)
        precondition((0...capacity).contains(count))
    }

    /// A copy; whoever has the original wipes it.
    public init(copying bytes: borrowing RawSpan) {
        memory = GuardedMemory(byteCount: bytes.byteCount)
        count = bytes.byteCount
        bytes.withUnsafeBytes { memory.bytes.copyMemory(from: $0) }
    }

    init(_ memory: GuardedMemory, count: Int) {
        self.memory = memory
        self.count = count
    }

    /// Without the byte order mark that an editor may have set before it.
    public consuming func withoutMark() -> SecretBytes {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        guard withBytes({ $0.starts(with: mark) }) else { return self }
        return withBytes { SecretBytes(copying: UnsafeRawBufferPointer(rebasing: $0[mark.count...]).bytes) }
    }

    /// Another owner of the same memory, which is wiped when the last one goes.
    public borrowing func copy() -> SecretBytes { SecretBytes(memory, count: count) }

    /// The bytes, for one call.
    public borrowing func withBytes<Result: ~Copyable, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(rebasing: memory.bytes[..<count]))
    }
}
