internal import Crypto

/// SHA-256 over what passes by.
final class RunningHash {
    private var hash = SHA256()
    func update(_ bytes: UnsafeRawBufferPointer) { hash.update(bufferPointer: bytes) }
    func finish() -> [UInt8] { Array(hash.finalize()) }
}
