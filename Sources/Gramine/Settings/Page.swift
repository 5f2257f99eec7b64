/// The unit in which an enclave is made: 4096 bytes.
enum Page {
    static let size: UInt64 = 4096

    static func down(_ address: UInt64) -> UInt64 { address & ~(size - 1) }
    /// The address has to leave room for it.
    static func up(_ address: UInt64) -> UInt64 { (address + size - 1) & ~(size - 1) }
}
