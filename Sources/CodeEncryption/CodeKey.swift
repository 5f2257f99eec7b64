internal import CSodium
internal import Files
internal import Glibc

/// A 32-byte key that is in one place, can't be copied or printed, and is wiped when its owner goes.
public struct CodeKey: ~Copyable, Sendable {
    public static let byteCount = Int(crypto_secretbox_KEYBYTES)
    private let memory: GuardedMemory
    private var storage: UnsafeMutableRawBufferPointer { memory.bytes }

    /// A new random key.
    public init() {
        memory = GuardedMemory(byteCount: Self.byteCount)
        randombytes_buf(storage.baseAddress!, Self.byteCount)
    }

    /// - Throws: `CodeError.keySize` unless there are exactly 32 bytes.
    public init(copying bytes: borrowing RawSpan) throws(CodeError) {
        guard bytes.byteCount == Self.byteCount else { throw .keySize(found: bytes.byteCount) }
        memory = GuardedMemory(byteCount: Self.byteCount)
        bytes.withUnsafeBytes { storage.copyMemory(from: $0) }
    }

    /// Reads a key file: 32 raw bytes, straight into guarded memory.
    public init(file path: String) throws(CodeError) {
        memory = GuardedMemory(byteCount: Self.byteCount)
        do throws(FileError) {
            let file = try OpenFile(path, O_RDONLY)
            let size = try file.status().st_size
            guard try file.read(into: storage) == Self.byteCount, size == 0 || size == Self.byteCount else {
                throw FileError(path, "a key of \(Self.byteCount) bytes expected, found \(size)")
            }
        } catch {
            throw .file(error.path, error.problem)
        }
    }

    /// Writes the key file: 32 raw bytes, mode 0600 from its creation, whole or not at all; an existing file is never
    /// overwritten.
    public borrowing func write(to path: String) throws(CodeError) {
        do throws(FileError) {
            try Files.writeNew(UnsafeRawBufferPointer(storage), to: path, mode: 0o600)
        } catch {
            throw .file(error.path, error.problem)
        }
    }

    /// The key's bytes, for one call.
    public borrowing func withBytes<Result, Failure: Error>(_ body: (UnsafeRawBufferPointer) throws(Failure) -> Result)
        throws(Failure)
        -> Result
    {
        try body(UnsafeRawBufferPointer(storage))
    }

    borrowing func withPointer<Result, Failure: Error>(_ body: (UnsafePointer<UInt8>) throws(Failure) -> Result)
        throws(Failure) -> Result
    {
        try body(UnsafePointer(storage.baseAddress!.assumingMemoryBound(to: UInt8.self)))
    }

    /// Another owner of the same memory, which is wiped when the last one goes.
    public borrowing func copy() -> CodeKey { CodeKey(memory) }

    private init(_ memory: GuardedMemory) { self.memory = memory }

    /// Another key for another purpose: HKDF-SHA256 (RFC 5869) without a salt, one block. libsodium has HKDF itself
    /// only from 1.0.19 on.
    borrowing func derived(info: [UInt8]) -> CodeKey {
        let key = CodeKey(GuardedMemory(byteCount: Self.byteCount))
        let noSalt = [UInt8](repeating: 0, count: Self.byteCount)
        let extracted = CodeKey(GuardedMemory(byteCount: Self.byteCount))
        withPointer { _ = crypto_auth_hmacsha256(extracted.output, $0, UInt64(Self.byteCount), noSalt) }
        let block = info + [1]
        extracted.withPointer { _ = crypto_auth_hmacsha256(key.output, block, UInt64(block.count), $0) }
        return key
    }

    private var output: UnsafeMutablePointer<UInt8> { storage.baseAddress!.assumingMemoryBound(to: UInt8.self) }
}

/// Locked memory between guard pages, wiped when it is freed. Making it costs system calls, so owners share it.
final class GuardedMemory: @unchecked Sendable {  // written once, before anybody else can see it
    let bytes: UnsafeMutableRawBufferPointer

    /// Out of memory is fatal, as for any Swift value.
    init(byteCount: Int) {
        guard sodium_init() >= 0, let memory = sodium_malloc(byteCount) else {
            fatalError("no locked memory for a key")
        }
        bytes = UnsafeMutableRawBufferPointer(start: memory, count: byteCount)
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
