internal import Files
internal import Glibc

/// The parts of a file that hold something, in their order; what lies between them and behind them is a hole, which
/// reads as zeros and takes up no room.
struct FileExtents: Hashable, Sendable {
    /// Of the file, holes included.
    let byteCount: Int
    let ranges: [Range<Int>]

    /// Shorter holes are read as what they are, zeros.
    static let leastHole = 16 << 10
    static let limit = 1 << 18
    /// Of lseek(2) on Linux, which glibc's module doesn't show.
    private static let seekData: Int32 = 3, seekHole: Int32 = 4

    init(byteCount: Int, ranges: [Range<Int>]) {
        self.byteCount = byteCount
        self.ranges = ranges
    }

    /// As the file system tells; all of the file where it doesn't.
    /// - Throws: also when there are more of them than `limit`.
    init(of file: borrowing OpenFile, byteCount: Int) throws(FileError) {
        self.byteCount = byteCount
        var ranges: [Range<Int>] = []
        var position = 0
        while position < byteCount {
            let start = Int(lseek(file.descriptor, off_t(position), Self.seekData))
            if start < 0 {
                if errno == ENXIO { break }
                guard errno == EINVAL, ranges.isEmpty else { throw FileError(file.path, doing: "read") }
                ranges = [0..<byteCount]
                break
            }
            let next = lseek(file.descriptor, off_t(start), Self.seekHole)
            // Cut meanwhile: nothing is behind it.
            let end = min(next < 0 ? byteCount : Int(next), byteCount)
            guard start < end else { break }
            if let last = ranges.last, start - last.upperBound < Self.leastHole {
                ranges[ranges.count - 1] = last.lowerBound..<end
            } else {
                ranges.append((start < Self.leastHole ? 0 : start)..<end)
            }
            guard ranges.count <= Self.limit else {
                throw FileError(file.path, "holds more than \(Self.limit) parts between holes")
            }
            position = end
        }
        if let last = ranges.last, byteCount - last.upperBound < Self.leastHole {
            ranges[ranges.count - 1] = last.lowerBound..<byteCount
        }
        self.ranges = ranges
    }

    var hasHoles: Bool { ranges != [0..<byteCount] }
    var dataByteCount: Int { ranges.reduce(0) { $0 + $1.count } }

    // MARK: In an archive

    /// What stands before the parts in an archive (GNU tar's sparse format 1.0): how many there are, then where each
    /// begins and how long it is, a line each; zeros up to a whole block. One of length 0 at the file's end tells its
    /// size.
    var map: [UInt8] {
        var text = "\(ranges.count + 1)\n"
        for range in ranges { text += "\(range.lowerBound)\n\(range.count)\n" }
        text += "\(byteCount)\n0\n"
        let padding = (Self.blockByteCount - text.utf8.count % Self.blockByteCount) % Self.blockByteCount
        return Array(text.utf8) + [UInt8](repeating: 0, count: padding)
    }

    /// Of a map's.
    static let blockByteCount = 512

    /// Reads a map, block by block.
    /// - Parameter block: the next one; nil when there is none.
    /// - Returns: the parts, and how many bytes the map has; nil for anything but what is written.
    static func read(byteCount: Int, block: () throws -> [UInt8]?) rethrows
        -> (extents: FileExtents, mapByteCount: Int)?
    {
        var bytes: [UInt8] = []
        var blocks = 0, position = 0
        func number() throws -> Int? {
            var value = 0, digits = 0
            while true {
                if position == bytes.count {
                    guard let next = try block() else { return nil }
                    bytes = next
                    blocks += 1
                    position = 0
                }
                let byte = bytes[position]
                position += 1
                if byte == UInt8(ascii: "\n") { return digits > 0 ? value : nil }
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte), digits < 18 else { return nil }
                value = value * 10 + Int(byte - UInt8(ascii: "0"))
                digits += 1
            }
        }
        guard let count = try number(), (1...limit + 1).contains(count) else { return nil }
        var ranges: [Range<Int>] = []
        var end = 0
        for index in 0..<count {
            guard let start = try number(), let length = try number(), start >= end, start <= byteCount,
                length <= byteCount - start, (length == 0) == (index == count - 1)
            else { return nil }
            end = start + length
            if length > 0 { ranges.append(start..<end) } else if start != byteCount { return nil }
        }
        guard bytes[position...].allSatisfy({ $0 == 0 }) else { return nil }
        return (FileExtents(byteCount: byteCount, ranges: ranges), blocks * blockByteCount)
    }
}
