/// A part of an enclave: where it lies, what may be done with it, what is in it.
package struct MemoryArea: Hashable, Sendable {
    package enum Name: String, Sendable {
        case manifest, ssa, tcs, tls, stack
        case signalStack = "sig_stack"
        case code, data, free
    }

    enum Content: Hashable, Sendable {
        case zero
        case manifest
        case threadControl
        case threadLocal
        case segment(ELFImage.Segment)
        /// Added, and not measured.
        case unmeasured
    }

    package let name: Name
    /// From the enclave's first byte.
    package let address: UInt64
    /// Bytes; a multiple of a page.
    package let size: UInt64
    package let permissions: Permissions
    let content: Content

    /// Whether its pages are control structures of threads, which no program may touch.
    package var isThreadControl: Bool { content == .threadControl }
    package var isMeasured: Bool { content != .unmeasured }
    /// Bytes that are hashed for it: 64 for each page, and for a measured one sixteen times 64 and the 256 that they
    /// announce.
    package var hashedByteCount: UInt64 { size / Page.size * (isMeasured ? 64 + 16 * (64 + 256) : 64) }
    package var end: UInt64 { address + size }

    /// SECINFO's flags: the kind of page above the permissions.
    var flags: UInt64 { isThreadControl ? 0x100 : 0x200 | permissions.rawValue }
}
