internal import Glibc

/// A file's content as its file system keeps it, block by block: one of zeros needs no room.
struct FileBlocks: Sequence, IteratorProtocol {
    struct Block {
        let range: Range<Int>
        /// Nothing but zeros.
        let isHole: Bool
    }

    private static let byteCount = 4096
    private static let zeros = [UInt8](repeating: 0, count: byteCount)

    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    /// - Parameter bytes: from a place in the file that a block begins at.
    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    mutating func next() -> Block? {
        guard position < bytes.count else { return nil }
        let range = position..<Swift.min(position + Self.byteCount, bytes.count)
        position = range.upperBound
        return Block(range: range, isHole: memcmp(bytes.baseAddress! + range.lowerBound, Self.zeros, range.count) == 0)
    }
}
