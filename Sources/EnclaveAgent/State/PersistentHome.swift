internal import CodeEncryption
internal import Enclave
internal import Files
internal import Glibc
internal import Notation
internal import PackageFormat

/// HOME over restarts: an archive of it, sealed into the instance's folder when it changed. It lies nowhere but there:
/// both ways it goes through one piece of memory.
final class PersistentHome {
    private let folder: String
    private let sealed: SealedHome
    private var last = Sealed()

    /// What of HOME is sealed.
    private struct Sealed {
        var versions: [ExactText: Version] = [:]
        /// SHA-256 of the archive.
        var digest: [UInt8]?
    }

    /// What tells that an entry didn't change.
    private struct Version {
        let file: FileVersion
        /// Of the content, where that may change while the file's version stays.
        let digest: [UInt8]?
    }

    /// How a change is looked for.
    enum Comparison {
        /// By what the file system says of files, and by the content of those that may change without.
        case versions
        /// By the content of all.
        case contents
    }

    /// - Parameter folder: HOME.
    init(folder: String, sealed: SealedHome) {
        self.folder = folder
        self.sealed = sealed
    }

    // MARK: Restoring

    /// Puts back what was sealed.
    /// - Returns: false when nothing was sealed under this epoch.
    /// - Throws: when what was sealed can't be believed or put back; HOME is then as it was.
    func restore() throws -> Bool {
        let restored = folder + ".restored"
        try Files.remove(restored)
        let hash = RunningHash()
        do {
            guard try extract(to: restored, hash) else { return false }
            try Files.remove(folder)
            guard rename(restored, folder) == 0 else { throw FileError(folder, doing: "restore") }
        } catch {
            try? Files.remove(restored)  // the reason is told; what can't be removed is in private memory
            throw error
        }
        let start = FileTime.now
        let contents = try HomeContents(folder)
        last = Sealed(versions: try look(at: contents, since: start).versions, digest: hash.finish())
        return true
    }

    private func extract(to target: String, _ hash: RunningHash) throws -> Bool {
        do {
            return try sealed.open { stream in
                var reader = HomeArchiveReader("HOME's archive", byteCount: stream.byteCount, to: target) {
                    (buffer) throws(FileError) in
                    let count = try stream.read(into: buffer)
                    hash.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                    return count
                }
                try reader.extract()
            }
        } catch CodeError.refused {
            throw SealedStateError.malformed(.home(epoch: sealed.epoch.hex))
        } catch let error as FileError where error.number == ENOSPC && Files.isInside(error.path, target) {
            throw FileError(folder, "private memory has no room for what was sealed of it", number: ENOSPC)
        }
    }

    // MARK: Saving

    /// Seals what can be kept of it when something changed since the last time.
    /// - Returns: what was looked at, and what of it isn't kept.
    /// - Throws: what kept it from being sealed; the last one that was is whole.
    func save(comparing comparison: Comparison) throws -> HomeContents {
        let start = FileTime.now
        var contents = try HomeContents(folder)
        let (versions, isChanged) = try look(at: contents, since: start)
        if !isChanged {
            // Nothing was there, and nothing is.
            let isNew = contents.entries.isEmpty && last.digest == nil
            if isNew || comparison == .versions { return contents }
            var compared = contents
            if try archive(&compared, to: { _ in }) == last.digest { return compared }
        }
        var digest: [UInt8] = []
        try sealed.seal { stream in
            digest = try archive(&contents) { try stream.write($0) }
        }
        last = Sealed(versions: versions, digest: digest)
        return contents
    }

    /// A second for so many bytes, besides those for the names: so long a service keeps others waiting that holds them.
    private static let byteCountPerSecond = 16 << 20

    /// - Returns: the archive's SHA-256.
    private func archive(
        _ contents: inout HomeContents,
        to write: @escaping (UnsafeRawBufferPointer) throws -> Void
    ) throws -> [UInt8] {
        let taken = contents.takenByteCount
        let (room, isTooMuch) = taken.addingReportingOverflow(try FileRoom.free(at: folder))
        let hash = RunningHash()
        var writer = HomeArchiveWriter(room: isTooMuch ? .max : room, within: limit(taken)) { piece in
            hash.update(piece)
            try write(piece)
        }
        try writer.write(&contents)
        return hash.finish()
    }

    private func limit(_ byteCount: Int) -> TimeLimit {
        TimeLimit(seconds: HomeContents.secondLimit + byteCount / Self.byteCountPerSecond)
    }

    // MARK: What changed

    /// - Parameter start: a time before the contents were looked at.
    private func look(at contents: HomeContents, since start: FileTime) throws
        -> (versions: [ExactText: Version], isChanged: Bool)
    {
        let mapped = MappedFiles.current
        let limit = limit(contents.takenByteCount)
        var versions: [ExactText: Version] = [:]
        var isChanged = contents.entries.count != last.versions.count
        for entry in contents.entries {
            let path = ExactText(entry.path), before = last.versions[path]
            let isMapped = entry.kind == .file && mapped.contains(entry.version)
            // What changed just now may change again without another time.
            let isWatched = isMapped || entry.kind == .file && entry.version.changedAt >= start
            let wasWatched = before?.digest != nil
            let digest = isWatched || wasWatched ? try Self.digest(of: entry.source, within: limit) : nil
            if before?.file != entry.version || (wasWatched ? before?.digest != digest : isMapped) { isChanged = true }
            versions[path] = Version(file: entry.version, digest: isWatched ? digest : nil)
        }
        if !isChanged { last.versions = versions }
        return (versions, isChanged)
    }

    /// SHA-256; of nothing where it can't be read: that is told when the archive is written.
    private static func digest(of source: String, within limit: TimeLimit) throws -> [UInt8] {
        let hash = RunningHash()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 64)
        defer { buffer.deallocate() }
        do {
            let file = try OpenFile(regular: source)
            let extents = try FileExtents(of: file, byteCount: try file.byteCount())
            extents.map.withUnsafeBytes { hash.update($0) }
            for range in extents.ranges {
                var position = range.lowerBound
                while position < range.upperBound {
                    try limit.check(source)
                    let part = UnsafeMutableRawBufferPointer(
                        rebasing: buffer[..<min(buffer.count, range.upperBound - position)]
                    )
                    let count = try file.read(into: part, at: position)
                    guard count > 0 else { break }
                    hash.update(UnsafeRawBufferPointer(rebasing: part[..<count]))
                    position += count
                }
            }
        } catch is FileError {
            return []
        }
        return hash.finish()
    }
}
