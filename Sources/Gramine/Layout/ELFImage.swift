/// The loader that is measured into the enclave, `libpal.so`: a 64-bit ELF file, of which what is loaded counts.
package struct ELFImage: Sendable {
    /// One PT_LOAD.
    package struct Segment: Hashable, Sendable {
        let offset: UInt64
        let address: UInt64
        let fileSize: UInt64
        let memorySize: UInt64
        let permissions: Permissions

        /// Of its pages, before the image has a place.
        var start: UInt64 { Page.down(address) }
        var end: UInt64 { Page.up(address + memorySize) }

        /// The bytes of the file that are measured.
        package var fileRange: Range<Int> {
            let last = min(Page.down(offset) + (end - start), offset + fileSize)
            return Int(offset)..<Int(max(offset, last))
        }
    }

    let bytes: [UInt8]
    let entry: UInt64
    package let segments: [Segment]
    /// The first page, and behind the last.
    let start: UInt64
    let end: UInt64

    /// Addresses and offsets beyond are none that a processor of today has.
    private static let addressLimit: UInt64 = 1 << 47
    /// Of the pages that are hashed; real ones have under one MiB.
    private static let loadedLimit: UInt64 = 1 << 30
    /// Of the file.
    package static let byteLimit = 1 << 30

    /// - Throws: `.image` with the offset of what isn't as it should be.
    package init(reading bytes: [UInt8]) throws(GramineError) {
        guard bytes.count >= 64, bytes.count <= Self.byteLimit else {
            throw GramineError(.image, "a file of \(bytes.count) bytes is no ELF file, whose header alone has 64")
        }
        guard bytes.starts(with: [0x7F, 0x45, 0x4C, 0x46]) else {
            throw GramineError(.image, "no ELF file: it begins with other bytes than 0x7f 'ELF'")
        }
        guard bytes[4] == 2, bytes[5] == 1 else {
            throw GramineError(.image, "offset 4: not a 64-bit little-endian ELF file, as x86-64 has them")
        }
        func number<Value: FixedWidthInteger>(_ offset: Int, _: Value.Type = Value.self) -> Value {
            bytes.withUnsafeBytes { Value(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Value.self)) }
        }
        let table: UInt64 = number(32)
        let entrySize = Int(number(54, UInt16.self))
        let count = Int(number(56, UInt16.self))
        guard entrySize >= 56, table <= UInt64(bytes.count), count * entrySize <= bytes.count - Int(table) else {
            throw GramineError(
                .image,
                "offset 32: \(count) headers of \(entrySize) bytes at \(table) don't lie in \(bytes.count) bytes"
            )
        }
        var segments: [Segment] = []
        var loaded: UInt64 = 0
        for index in 0..<count {
            let header = Int(table) + index * entrySize
            guard number(header, UInt32.self) == 1 else { continue }
            let sizes = [8, 16, 32, 40].map { number(header + $0, UInt64.self) }
            guard sizes.allSatisfy({ $0 < Self.addressLimit }) else {
                throw GramineError(.image, "offset \(header): a segment beyond every address of x86-64")
            }
            let segment = Segment(
                offset: sizes[0],
                address: sizes[1],
                fileSize: sizes[2],
                memorySize: sizes[3],
                permissions: Permissions(ofSegment: number(header + 4))
            )
            let pages = segment.end - segment.start
            guard segment.fileRange.isEmpty || segment.fileRange.upperBound <= bytes.count else {
                throw GramineError(
                    .image,
                    "offset \(header): a segment ends at \(segment.fileRange.upperBound), the file at \(bytes.count)"
                )
            }
            loaded += pages
            guard loaded <= Self.loadedLimit else {
                throw GramineError(.image, "offset \(header): the segments take more than \(Self.loadedLimit) bytes")
            }
            segments.append(segment)
        }
        guard let start = segments.map(\.start).min(), let end = segments.map(\.end).max() else {
            throw GramineError(.image, "the ELF file has no segment that is loaded (PT_LOAD)")
        }
        self.bytes = bytes
        entry = number(24)
        self.segments = segments
        self.start = start
        self.end = end
    }

    /// Puts a page's content into a buffer of 4096 zeros. Bytes of the file beside the segment's are zero.
    func copyPage(_ index: UInt64, of segment: Segment, into page: UnsafeMutableRawBufferPointer) {
        let start = Page.down(segment.offset) + index * Page.size
        let first = max(start, segment.offset)
        let end = min(start + Page.size, segment.offset + segment.fileSize)
        guard first < end else { return }
        bytes.withUnsafeBytes { file in
            let part = UnsafeRawBufferPointer(rebasing: file[Int(first)..<Int(end)])
            UnsafeMutableRawBufferPointer(rebasing: page[Int(first - start)...]).copyMemory(from: part)
        }
    }
}
