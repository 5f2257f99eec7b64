internal import CodeEncryption
internal import Files
internal import Glibc
internal import Notation
internal import PackageFormat

/// Puts HOME's archive back into a new folder (docs/formats/sealed-state.md).
///
/// What is read may be anything: the operator's, until all of it was proven once more. So nothing that it makes leads
/// out of the folder, and whoever reads it removes the folder where it isn't proven.
struct HomeArchiveReader: ~Copyable {
    private var reader: TarReader
    private let path: String
    private let target: String
    /// Only what was made here as a folder leads anywhere: no link does.
    private var folders: Set<ExactText> = [ExactText("")]
    private var files: Set<ExactText> = []
    /// Modes and times that are set when nothing more is put into them, the inner ones first.
    private var finished: [(path: String, attributes: TarAttributes)] = []
    /// Archives of earlier versions hold nothing but files, and nothing true of their modes and times.
    private var form = Form.unknown
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)

    private enum Form { case unknown, files, tree }

    /// - Parameters:
    ///   - path: for messages.
    ///   - target: isn't there.
    init(
        _ path: String,
        byteCount: Int,
        to target: String,
        read: @escaping (UnsafeMutableRawBufferPointer) throws(FileError) -> Int
    ) {
        self.path = path
        self.target = target
        reader = TarReader(path, byteCount: byteCount, takes: .trees, read: read)
    }

    deinit { buffer.deallocate() }

    /// - Throws: `CodeError.refused` for an archive that no version writes, `CodeError.file` and `FileError`; the
    ///   folder is to be removed then.
    mutating func extract() throws {
        guard mkdir(target, 0o700) == 0 else { throw FileError(target, doing: "make the folder") }
        while let member = try reader.next() {
            if form == .unknown { form = member.name == "." ? .tree : .files }
            if member.name != "." { try make(member) }
        }
        for (path, attributes) in finished.reversed() { try Self.set(attributes, path) }
    }

    private mutating func make(_ member: TarReader.Member) throws {
        let place = target + "/" + member.name
        try makeFolders(above: member.name)
        switch member.attributes.kind {
        case .folder:
            try make(folder: member.name)
            finished.append((place, member.attributes))
        case .file:
            try copy(member, to: OpenFile(place, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600))
            files.insert(ExactText(member.name))
            if form == .tree { try Self.set(member.attributes, place) }
        case .secondName(let first):
            guard files.contains(ExactText(first)) else {
                throw CodeError.refused(path: path, "holds a second name before the first, or of what is no file")
            }
            guard link(target + "/" + first, place) == 0 else { throw FileError(place, doing: "make the name") }
        case .link(let text):
            guard symlink(text, place) == 0 else { throw FileError(place, doing: "make the link") }
            try member.attributes.modifiedAt.set(place)
        }
    }

    private mutating func makeFolders(above name: String) throws {
        for folder in Files.foldersAbove(name) where !folders.contains(ExactText(folder)) {
            guard form == .files else {
                throw CodeError.refused(path: path, "holds '\(name.printable(limit: nil))' before its folder")
            }
            try make(folder: folder)
        }
    }

    private mutating func make(folder: String) throws {
        let place = target + "/" + folder
        guard mkdir(place, 0o700) == 0 else { throw FileError(place, doing: "make the folder") }
        folders.insert(ExactText(folder))
    }

    private mutating func copy(_ member: TarReader.Member, to file: borrowing OpenFile) throws {
        let extents = try extents(of: member)
        for range in extents.ranges { try copy(range, to: file) }
        guard ftruncate(file.descriptor, off_t(extents.byteCount)) == 0 else {
            throw FileError(file.path, doing: "write")
        }
    }

    private mutating func extents(of member: TarReader.Member) throws -> FileExtents {
        guard let byteCount = member.wholeByteCount else {
            return FileExtents(byteCount: member.byteCount, ranges: [0..<member.byteCount])
        }
        let block = UnsafeMutableRawBufferPointer(rebasing: buffer[..<FileExtents.blockByteCount])
        let map = try FileExtents.read(byteCount: byteCount) {
            try reader.read(into: block) == block.count ? Array(block) : nil
        }
        guard let map, map.mapByteCount + map.extents.dataByteCount == member.byteCount else {
            throw CodeError.refused(path: path, "holds '\(member.name.printable(limit: nil))' with holes that can't be")
        }
        return map.extents
    }

    /// Blocks of zeros are left as holes, so that a file takes up no more room than it did.
    private mutating func copy(_ range: Range<Int>, to file: borrowing OpenFile) throws {
        lseek(file.descriptor, off_t(range.lowerBound), SEEK_SET)
        var left = range.count
        while left > 0 {
            let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(left, buffer.count)])
            let count = try reader.read(into: part)
            guard count > 0 else { return }  // told where the next member is read
            left -= count
            let piece = UnsafeRawBufferPointer(rebasing: part[..<count])
            for block in FileBlocks(piece) {
                if block.isHole {
                    lseek(file.descriptor, off_t(block.range.count), SEEK_CUR)
                } else {
                    try file.write(UnsafeRawBufferPointer(rebasing: piece[block.range]))
                }
            }
        }
    }

    private static func set(_ attributes: TarAttributes, _ path: String) throws {
        guard chmod(path, attributes.mode) == 0 else { throw FileError(path, doing: "set the mode of") }
        try attributes.modifiedAt.set(path)
    }
}
