/// What a page of an enclave may be used for.
package struct Permissions: OptionSet, Hashable, Sendable, CustomStringConvertible {
    package let rawValue: UInt64

    package init(rawValue: UInt64) { self.rawValue = rawValue }

    package static let read = Permissions(rawValue: 1)
    package static let write = Permissions(rawValue: 2)
    package static let execute = Permissions(rawValue: 4)

    /// ELF has the bits in the other order.
    init(ofSegment flags: UInt32) {
        self.init(rawValue: UInt64(flags >> 2 & 1 | flags & 2 | (flags & 1) << 2))
    }

    /// Such as `R-X`.
    package var description: String {
        (contains(.read) ? "R" : "-") + (contains(.write) ? "W" : "-") + (contains(.execute) ? "X" : "-")
    }
}
