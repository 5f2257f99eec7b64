internal import Files
internal import Glibc
internal import PackageFormat

/// Writes what can be kept of HOME as one archive, while the service goes on writing to HOME: each file is as it was
/// while it was read.
struct HomeArchiveWriter: ~Copyable {
    private let limit: TimeLimit
    /// Bytes that private memory has for HOME.
    private let room: Int
    private let write: (UnsafeRawBufferPointer) throws -> Void
    /// The first name of each file that has several.
    private var firstNames: [UInt64: String] = [:]
    private var byteCount = 0
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)

    /// What can't be read any more.
    private struct Unreadable: Error {
        let problem: String
    }

    /// - Parameters:
    ///   - room: bytes; more than these are not written, since they could not be put back.
    ///   - write: takes the archive piece by piece.
    init(room: Int, within limit: TimeLimit, write: @escaping (UnsafeRawBufferPointer) throws -> Void) {
        self.room = room
        self.limit = limit
        self.write = write
    }

    deinit { buffer.deallocate() }

    /// All of it.
    /// - Parameter contents: is told what can't be read any more.
    /// - Throws: `HomeProblem`, and what writing throws.
    mutating func write(_ contents: inout HomeContents) throws {
        try write(TarHeader.bytes(".", byteCount: 0, TarAttributes(kind: .folder, mode: 0o700)))
        for entry in contents.entries {
            try limit.check(entry.source)
            guard entry.kind == .file else {
                try writeHeader(entry.path, entry.kind, of: entry.version)
                continue
            }
            do {
                try writeFile(entry)
            } catch let error as Unreadable {
                contents.leave(entry.path, error.problem)
            }
        }
        try write(TarHeader.end)
    }

    private mutating func writeFile(_ entry: HomeContents.Entry) throws {
        let input = try Self.reading { () throws(FileError) in try OpenFile(regular: entry.source) }
        let version = try Self.reading { () throws(FileError) in try FileVersion(input) }
        if let first = firstNames[version.number] {
            return try writeHeader(entry.path, .secondName(of: first), of: version)
        }
        // What fits into the buffer is as long as it was read, a longer file as it was when that began.
        let beginning = try read(input, at: 0, max(0, version.byteCount))
        if beginning.count < buffer.count {
            try writeHeader(entry.path, .file, of: version, byteCount: beginning.count)
            firstNames[version.number] = entry.path
            try writeContent(UnsafeRawBufferPointer(beginning))
            return try write(TarHeader.padding(beginning.count))
        }
        let extents = try Self.reading { () throws(FileError) in
            try FileExtents(of: input, byteCount: version.byteCount)
        }
        try writeLongFile(input, extents, of: entry, in: version)
    }

    private mutating func writeLongFile(
        _ input: borrowing OpenFile,
        _ extents: FileExtents,
        of entry: HomeContents.Entry,
        in version: FileVersion
    ) throws {
        let map = extents.hasHoles ? extents.map : []
        let byteCount = map.count + extents.dataByteCount
        try writeHeader(
            entry.path,
            .file,
            of: version,
            byteCount: byteCount,
            wholeByteCount: extents.hasHoles ? extents.byteCount : nil
        )
        firstNames[version.number] = entry.path
        try write(map)
        var problem: Unreadable?
        for range in extents.ranges {
            var position = range.lowerBound
            while position < range.upperBound {
                try limit.check(entry.source)
                let piece = readOn(input, at: position, range.upperBound - position, problem: &problem)
                try writeContent(UnsafeRawBufferPointer(piece))
                position += piece.count
            }
        }
        try write(TarHeader.padding(byteCount))
        if let problem { throw Unreadable(problem: problem.problem + "; what is kept of it ends with zeros") }
    }

    /// Never nothing: what a file doesn't have any more is zeros, since its header is written already.
    private func readOn(_ input: borrowing OpenFile, at position: Int, _ count: Int, problem: inout Unreadable?)
        -> UnsafeMutableRawBufferPointer
    {
        if problem == nil {
            do {
                let piece = try read(input, at: position, count)
                if !piece.isEmpty { return piece }
                problem = Unreadable(problem: "was cut while it was read")
            } catch {
                problem = error
            }
        }
        let zeros = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(count, buffer.count)])
        zeros.initializeMemory(as: UInt8.self, repeating: 0)
        return zeros
    }

    private func read(_ input: borrowing OpenFile, at position: Int, _ count: Int) throws(Unreadable)
        -> UnsafeMutableRawBufferPointer
    {
        let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(count, buffer.count)])
        do throws(FileError) {
            return UnsafeMutableRawBufferPointer(rebasing: piece[..<(try input.read(into: piece, at: position))])
        } catch {
            throw Unreadable(problem: error.problem)
        }
    }

    private static func reading<Value: ~Copyable>(_ body: () throws(FileError) -> Value) throws(Unreadable) -> Value {
        do throws(FileError) {
            return try body()
        } catch {
            throw Unreadable(problem: error.problem)
        }
    }

    private mutating func writeContent(_ piece: UnsafeRawBufferPointer) throws {
        for block in FileBlocks(piece) where !block.isHole { byteCount += block.range.count }
        guard byteCount <= room else { throw HomeProblem.tooLarge(byteCount: room) }
        try write(piece)
    }

    private func writeHeader(
        _ path: String,
        _ kind: TarAttributes.Kind,
        of version: FileVersion,
        byteCount: Int = 0,
        wholeByteCount: Int? = nil
    ) throws {
        let attributes = TarAttributes(kind: kind, mode: version.mode, modifiedAt: version.modifiedAt)
        try write(TarHeader.bytes(path, byteCount: byteCount, attributes, wholeByteCount: wholeByteCount))
    }

    private func write(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try write($0) } }
}
