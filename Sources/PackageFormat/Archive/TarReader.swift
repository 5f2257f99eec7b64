public import CodeEncryption
public import Files
internal import Glibc
internal import Notation

/// Reads a tar member by member, in order and only once, from a part of an open file.
///
/// Regular files alone are taken, and folders passed over; links, devices, names that leave the tree and members of one
/// name are refused with their path. Where whole trees are asked for, folders and symbolic links are members, too.
public struct TarReader: ~Copyable {
    public static let memberLimit = 200_000
    private static let blockByteCount = TarHeader.blockByteCount
    package static let paxLimit = 1 << 20

    /// Fills the buffer as far as it can from a place; what comes as a stream is read in its order alone.
    private let source: (UnsafeMutableRawBufferPointer, Int) throws(FileError) -> Int
    /// Whether what is passed over has to be read.
    private let readsAll: Bool
    private let path: String
    private var position: Int
    private let end: Int
    /// Of the current member, not yet read.
    private var left = 0
    private var padding = 0
    private var names: Set<ExactText> = []
    private let contents: Contents
    /// Sees every byte as it is read.
    private let observe: ((UnsafeRawBufferPointer) -> Void)?

    /// What an archive may hold.
    package enum Contents: Hashable, Sendable {
        case files
        /// Files with second names, folders and symbolic links; the first member may be the tree's own folder, `.`.
        case trees
    }

    /// An open file that a closure can hold.
    private final class HeldFile {
        let file: OpenFile
        init(_ file: consuming OpenFile) { self.file = file }
    }

    public struct Member: Hashable, Sendable {
        /// A folder's without the `/` at its end.
        public let name: String
        public let byteCount: Int
        /// Where the content begins in the file.
        public let offset: Int
        package let attributes: TarAttributes
        /// Of a file with holes, whose content begins with a map of what is no hole.
        package var wholeByteCount: Int?
    }

    /// - Parameter range: the part of the file that is the archive; nil for all of it.
    public init(_ path: String, range: Range<Int>? = nil, observe: ((UnsafeRawBufferPointer) -> Void)? = nil)
        throws(FileError)
    {
        let file = try OpenFile(path, O_RDONLY)
        let count = Int(try file.status().st_size)
        let held = HeldFile(file)
        source = { (buffer, offset) throws(FileError) in try held.file.read(into: buffer, at: offset) }
        readsAll = observe != nil
        self.path = path
        contents = .files
        position = range?.lowerBound ?? 0
        end = min(range?.upperBound ?? count, count)
        self.observe = observe
    }

    /// Reads what comes only once, all of it and in its order.
    /// - Parameters:
    ///   - path: for messages.
    ///   - byteCount: how many there are.
    ///   - read: fills the buffer as far as it can.
    package init(
        _ path: String,
        byteCount: Int,
        takes contents: Contents,
        read: @escaping (UnsafeMutableRawBufferPointer) throws(FileError) -> Int
    ) {
        source = { (buffer, _) throws(FileError) in try read(buffer) }
        readsAll = true
        self.path = path
        self.contents = contents
        position = 0
        end = byteCount
        observe = nil
    }

    /// The next member; nil at the end of the archive.
    public mutating func next() throws(CodeError) -> Member? {
        try skip(left + padding)
        left = 0
        padding = 0
        var longName: String?
        var longSize: Int?
        var longTarget: String?
        var time: FileTime?
        var wholeSize: Int?
        while let header = try block() {
            guard header.contains(where: { $0 != 0 }) else {
                try finish()
                return nil
            }
            try checkSum(header)
            let size = if let longSize { longSize } else { try number(header[124..<136]) }
            guard size <= end - position else { throw problem("a member is larger than what is left of the archive") }
            switch header[156] {
            case UInt8(ascii: "x"):
                let records = try pax(try content(size))
                longName = records["path"] ?? longName
                if let text = records["size"] {
                    guard let value = Int(text), value >= 0 else { throw problem("a PAX size that is no number") }
                    longSize = value
                }
                if let text = records["linkpath"] {
                    guard contents == .trees else { throw problem("a link") }
                    longTarget = text
                }
                if let text = records["mtime"], contents == .trees {
                    guard let value = FileTime(decimal: text) else { throw problem("a PAX time that is no number") }
                    time = value
                }
                if let text = records["GNU.sparse.realsize"], contents == .trees {
                    guard let value = Int(text), value >= 0, records["GNU.sparse.major"] == "1",
                        records["GNU.sparse.minor"] == "0"
                    else { throw problem("holes in another form than that of GNU tar, 1.0") }
                    wholeSize = value
                }
            case UInt8(ascii: "g"): _ = try pax(try content(size))
            case UInt8(ascii: "L"):
                let bytes = try content(size)
                longName = try name(bytes.prefix { $0 != 0 })
            case UInt8(ascii: "5"):
                let folder = if let longName { longName } else { try memberName(header) }
                let name = folder.utf8.last == UInt8(ascii: "/") ? String(Substring(folder.utf8.dropLast())) : folder
                // The tree's own folder.
                if contents == .files || name != "." || !names.isEmpty {
                    try check(name, isMember: contents == .trees)
                }
                if contents == .trees {
                    guard size == 0 else { throw problem("a folder with a content") }
                    return Member(
                        name: name,
                        byteCount: 0,
                        offset: position,
                        attributes: try attributes(.folder, header, at: time)
                    )
                }
                longName = nil
                longSize = nil
                try skip(size + Self.padding(size))
            case UInt8(ascii: "1") where contents == .trees, UInt8(ascii: "2") where contents == .trees:
                let name = if let longName { longName } else { try memberName(header) }
                try check(name)
                let target =
                    if let longTarget { longTarget } else { try self.name(header[157..<257].prefix { $0 != 0 }) }
                guard size == 0, (1...TarAttributes.targetLimit).contains(target.utf8.count), !target.utf8.contains(0)
                else { throw .refused(path: name, "a link without a place that it leads to") }
                let kind: TarAttributes.Kind =
                    header[156] == UInt8(ascii: "1") ? .secondName(of: target) : .link(to: target)
                return Member(
                    name: name,
                    byteCount: 0,
                    offset: position,
                    attributes: try attributes(kind, header, at: time)
                )
            case UInt8(ascii: "0"), 0:
                let name = if let longName { longName } else { try memberName(header) }
                try check(name)
                left = size
                padding = Self.padding(size)
                return Member(
                    name: name,
                    byteCount: size,
                    offset: position,
                    attributes: try attributes(.file, header, at: time),
                    wholeByteCount: wholeSize
                )
            default:
                let name = if let longName { longName } else { try memberName(header) }
                throw .refused(path: name, "a link, device or other special member of an archive")
            }
        }
        throw problem("the archive ends without its last blocks")
    }

    /// Reads from the current member until the buffer is full or the member ends.
    public mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(FileError) -> Int {
        let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(buffer.count, left)])
        let count = try fill(part)
        left -= count
        return count
    }

    /// All of the current member.
    public mutating func content(limit: Int) throws(CodeError) -> [UInt8] {
        guard left <= limit else { throw problem("a member of \(left) bytes; at most \(limit) are read") }
        let bytes = try bytes(left)
        left = 0
        return bytes
    }

    /// Each name once, and not too many; folders that are passed over may be named as often as one likes.
    private mutating func check(_ name: String, isMember: Bool = true) throws(CodeError) {
        try CodeTree.check(name)
        guard isMember else { return }
        guard names.insert(ExactText(name)).inserted else {
            throw .refused(path: name, "stands twice in the archive")
        }
        guard names.count <= Self.memberLimit else { throw problem("more than \(Self.memberLimit) members") }
    }

    private func attributes(_ kind: TarAttributes.Kind, _ header: [UInt8], at time: FileTime?) throws(CodeError)
        -> TarAttributes
    {
        // What nobody asked for needn't be anything.
        guard contents == .trees else { return TarAttributes(kind: kind) }
        let seconds = if let time { time } else { FileTime(seconds: try number(header[136..<148])) }
        return TarAttributes(
            kind: kind,
            mode: UInt32(truncatingIfNeeded: try number(header[100..<108]) & 0o777),
            modifiedAt: seconds
        )
    }

    // MARK: Blocks

    private func problem(_ text: String) -> CodeError { .refused(path: path, text) }

    private mutating func fill(_ buffer: UnsafeMutableRawBufferPointer) throws(FileError) -> Int {
        let wanted = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(buffer.count, end - position)])
        let filled = try source(wanted, position)
        position += filled
        observe?(UnsafeRawBufferPointer(rebasing: buffer[..<filled]))
        return filled
    }

    private mutating func fillWhole(_ buffer: UnsafeMutableRawBufferPointer) throws(CodeError) {
        let count: Int
        do throws(FileError) {
            count = try fill(buffer)
        } catch {
            throw .file(error)
        }
        guard count == buffer.count else { throw problem("the archive ends in a member") }
    }

    private mutating func bytes(_ count: Int) throws(CodeError) -> [UInt8] {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max(count, 1), alignment: 16)
        defer { buffer.deallocate() }
        try fillWhole(UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]))
        return Array(buffer[..<count])
    }

    private mutating func block() throws(CodeError) -> [UInt8]? {
        guard end - position >= Self.blockByteCount else { return nil }
        return try bytes(Self.blockByteCount)
    }

    /// The content of a header that belongs to the next member.
    private mutating func content(_ size: Int) throws(CodeError) -> [UInt8] {
        guard size <= Self.paxLimit else { throw problem("an extended header of more than \(Self.paxLimit) bytes") }
        let content = try bytes(size)
        try skip(Self.padding(size))
        return content
    }

    /// Passes over bytes; they are read only where they have to be.
    private mutating func skip(_ count: Int) throws(CodeError) {
        guard count <= end - position else { throw problem("the archive ends in a member") }
        guard readsAll else { return position += count }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: min(max(count, 1), 1 << 18), alignment: 16)
        defer { buffer.deallocate() }
        var rest = count
        while rest > 0 {
            let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(rest, buffer.count)])
            try fillWhole(part)
            rest -= part.count
        }
    }

    /// What stands behind the last member must be zero, and is shown to whoever looks on.
    private mutating func finish() throws(CodeError) {
        while position < end {
            let rest = try bytes(min(end - position, 1 << 16))
            guard rest.allSatisfy({ $0 == 0 }) else { throw problem("something stands behind the end of the archive") }
        }
    }

    private static func padding(_ count: Int) -> Int { (blockByteCount - count % blockByteCount) % blockByteCount }

    private func checkSum(_ header: [UInt8]) throws(CodeError) {
        var blank = header
        for index in 148..<156 { blank[index] = 0x20 }
        guard try number(header[148..<156]) == blank.reduce(0, { $0 + Int($1) }) else {
            throw problem("a header with a wrong checksum; is this a tar archive?")
        }
    }

    /// Octal digits, or the GNU form for large numbers.
    private func number(_ field: ArraySlice<UInt8>) throws(CodeError) -> Int {
        if field.first == 0x80 {
            guard field.dropFirst().prefix(3).allSatisfy({ $0 == 0 }) else {
                throw problem("a number beyond all bounds in a header")
            }
            return field.suffix(8).reduce(0) { ($0 & 0x007F_FFFF_FFFF_FFFF) << 8 | Int($1) }
        }
        let digits = field.drop { $0 == 0x20 }.prefix { $0 != 0x20 && $0 != 0 }
        guard digits.allSatisfy({ (0x30...0x37).contains($0) }), digits.count <= 12 else {
            throw problem("a number in a header that isn't octal")
        }
        return digits.reduce(0) { $0 << 3 | Int($1 - 0x30) }
    }

    private func name(_ bytes: some Sequence<UInt8>) throws(CodeError) -> String {
        let bytes = Array(bytes)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .refused(path: String(decoding: bytes, as: UTF8.self), "a name that isn't UTF-8")
        }
        return text
    }

    private func memberName(_ header: [UInt8]) throws(CodeError) -> String {
        let base = try name(header[..<100].prefix { $0 != 0 })
        let isPOSIX = header[257..<263].elementsEqual("ustar\u{0}".utf8)
        let prefix = isPOSIX ? try name(header[345..<500].prefix { $0 != 0 }) : ""
        return prefix.isEmpty ? base : prefix + "/" + base
    }

    private func pax(_ bytes: [UInt8]) throws(CodeError) -> [ExactText: String] {
        var records: [ExactText: String] = [:]
        var rest = bytes[...]
        while !rest.isEmpty {
            guard let space = rest.prefix(21).firstIndex(of: 0x20),
                let count = Int(String(decoding: rest[..<space], as: UTF8.self)),
                count > 4,
                count <= rest.count, rest.startIndex + count - 1 > space, rest[rest.startIndex + count - 1] == 0x0A
            else { throw problem("a malformed PAX record") }
            let record = rest[(space + 1)..<(rest.startIndex + count - 1)]
            guard let equals = record.firstIndex(of: UInt8(ascii: "=")) else { throw problem("a malformed PAX record") }
            records[ExactText(try name(record[..<equals]))] = try name(record[(equals + 1)...])
            rest = rest.dropFirst(count)
        }
        return records
    }
}
