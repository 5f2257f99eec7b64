internal import CSodium
public import Notation

/// A 32-byte key that is in one place, can't be copied or printed, and is wiped when its owner goes.
public struct SecretKey: ~Copyable, Sendable {
    /// Of a key.
    public static let byteCount = Int(crypto_secretbox_KEYBYTES)
    private let memory: GuardedMemory
    private var storage: UnsafeMutableRawBufferPointer { memory.bytes }

    /// A new random key.
    public init() {
        memory = GuardedMemory(byteCount: Self.byteCount)
        randombytes_buf(storage.baseAddress!, Self.byteCount)
    }

    /// - Throws: `SecretError.keySize` unless there are exactly 32 bytes.
    public init(copying bytes: borrowing RawSpan) throws(SecretError) {
        guard bytes.byteCount == Self.byteCount else { throw .keySize(found: bytes.byteCount) }
        memory = GuardedMemory(byteCount: Self.byteCount)
        bytes.withUnsafeBytes { storage.copyMemory(from: $0) }
    }

    /// Nil for anything but 64 digits.
    /// - Parameter digits: hexadecimal, of either case.
    public init?(hex digits: borrowing Span<UInt8>) {
        guard digits.count == 2 * Self.byteCount else { return nil }
        let memory = GuardedMemory(byteCount: Self.byteCount)
        for index in 0..<Self.byteCount {
            guard let high = Hex.value(of: digits[2 * index]), let low = Hex.value(of: digits[2 * index + 1]) else {
                return nil
            }
            memory.bytes[index] = high << 4 | low
        }
        self.init(memory)
    }

    /// Whoever fills it writes all 32 bytes, or says that he didn't.
    package init?<Failure: Error>(
        filling fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Bool
    ) throws(Failure) {
        let memory = GuardedMemory(byteCount: Self.byteCount)
        guard try fill(memory.bytes) else { return nil }
        self.init(memory)
    }

    /// The key's bytes, for one call.
    public borrowing func withBytes<Result: ~Copyable, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    )
        throws(Failure)
        -> Result
    {
        try body(UnsafeRawBufferPointer(storage))
    }

    package borrowing func withPointer<Result: ~Copyable, Failure: Error>(
        _ body: (UnsafePointer<UInt8>) throws(Failure) -> Result
    )
        throws(Failure) -> Result
    {
        try body(UnsafePointer(storage.baseAddress!.assumingMemoryBound(to: UInt8.self)))
    }

    /// Another owner of the same memory, which is wiped when the last one goes.
    public borrowing func copy() -> SecretKey { SecretKey(memory) }

    private init(_ memory: GuardedMemory) { self.memory = memory }

    /// Another key for another purpose: HKDF-SHA256 (RFC 5869) without a salt, one block. libsodium has HKDF itself
    /// only from 1.0.19 on.
    package borrowing func derived(info: [UInt8]) -> SecretKey {
        let key = SecretKey(GuardedMemory(byteCount: Self.byteCount))
        let noSalt = [UInt8](repeating: 0, count: Self.byteCount)
        let extracted = SecretKey(GuardedMemory(byteCount: Self.byteCount))
        withPointer { _ = crypto_auth_hmacsha256(extracted.output, $0, UInt64(Self.byteCount), noSalt) }
        let block = info + [1]
        extracted.withPointer { _ = crypto_auth_hmacsha256(key.output, block, UInt64(block.count), $0) }
        return key
    }

    private var output: UnsafeMutablePointer<UInt8> { storage.baseAddress!.assumingMemoryBound(to: UInt8.self) }
}

/// Why something is no secret of the kind that was expected.
public enum SecretError: Error, CodedError, Hashable, Sendable, CustomStringConvertible {
    case keySize(found: Int)
    /// A key of weak order, to which no box can be sealed.
    case unusableKey

    public var description: String {
        switch self {
        case .keySize(let found): "a key of \(SecretKey.byteCount) bytes expected, found \(found)"
        case .unusableKey: "a key that no box can be sealed to"
        }
    }

    /// Stable; programs may depend on it.
    public var code: String {
        switch self {
        case .keySize: "secret.keySize"
        case .unusableKey: "secret.unusableKey"
        }
    }
}
