internal import Notation

/// Text that grows in guarded memory: what it outgrows is wiped.
struct SecretText: ~Copyable {
    private(set) var memory: GuardedMemory
    private(set) var count = 0

    /// - Parameter capacity: in bytes; it grows where that doesn't do.
    init(capacity: Int) { memory = GuardedMemory(byteCount: max(capacity, 64)) }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        reserve(bytes.count)
        UnsafeMutableRawBufferPointer(rebasing: memory.bytes[count...]).copyMemory(from: bytes)
        count += bytes.count
    }

    mutating func append(_ byte: UInt8) {
        reserve(1)
        memory.bytes[count] = byte
        count += 1
    }

    /// What is no secret.
    mutating func append(_ text: String) { for byte in text.utf8 { append(byte) } }

    /// A character of a JSON string.
    mutating func append(_ scalar: Unicode.Scalar, escapes: JSONEscapes) {
        if let escape = escapes.text(for: scalar) { return append(escape) }
        for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter { append(byte) }
    }

    consuming func finish() -> SecretBytes { SecretBytes(memory, count: count) }

    private mutating func reserve(_ more: Int) {
        guard count + more > memory.bytes.count else { return }
        let larger = GuardedMemory(byteCount: max(2 * memory.bytes.count, count + more))
        larger.bytes.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory.bytes[..<count]))
        memory = larger
    }
}
