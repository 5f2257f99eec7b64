internal import CSodium

/// Locked memory between guard pages, wiped when it is freed. Making it costs system calls, so owners share it.
final class GuardedMemory: @unchecked Sendable {  // written once, before anybody else can see it
    let bytes: UnsafeMutableRawBufferPointer

    /// Out of memory is fatal, as for any Swift value.
    init(byteCount: Int) {
        guard sodium_init() >= 0, let memory = sodium_malloc(byteCount) else {
            fatalError("no locked memory for a secret")
        }
        bytes = UnsafeMutableRawBufferPointer(start: memory, count: byteCount)
        // It locked them, and told nobody whether it could; once more costs nothing.
        if sodium_mlock(memory, byteCount) != 0 { LockedMemory.noteRefusal() }
    }

    deinit { sodium_free(bytes.baseAddress) }
}

extension [UInt8] {
    /// Overwrites bytes that held a secret, and drops them.
    public mutating func wipe() {
        withUnsafeMutableBytes { if let start = $0.baseAddress { sodium_memzero(start, $0.count) } }
        removeAll()
    }
}
