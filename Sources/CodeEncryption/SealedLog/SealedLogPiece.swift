internal import Files
internal import Secrets

/// One file of a sealed log, as far as it can be read without its key.
struct SealedLogPiece {
    /// Frames are bounded by what two bytes can say; pieces by this.
    static let byteLimit = 64 << 20

    let path: String
    let byteCount: Int
    let head: SealedLogHead
    let header: [UInt8]
    /// The sealed messages that are there whole, in their order.
    let messages: [[UInt8]]
    /// Bytes behind the last whole message.
    let rest: Int
    /// Where the last whole message ends, a length stands that no writer writes: that is no cut.
    let isMalformed: Bool

    /// - Parameter byteLimit: less than what a piece may have, where others have taken of it already.
    init(_ path: String, byteLimit: Int = Self.byteLimit) throws(SealedLogError) {
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try OpenFile(regular: path).contents(limit: min(byteLimit, Self.byteLimit))
        } catch {
            throw .file(error)
        }
        let (head, header, start) = try SealedLogHead.read(bytes, path: path)
        self.path = path
        byteCount = bytes.count
        self.head = head
        self.header = header
        var messages: [[UInt8]] = []
        var position = start
        var isMalformed = false
        while position + 2 <= bytes.count {
            let blocks = Int(bytes[position]) << 8 | Int(bytes[position + 1])
            guard (1...SealedLogEntry.blockLimit).contains(blocks) else {
                // Zeros are what a file system may leave where the power failed.
                isMalformed = bytes[position...].contains { $0 != 0 }
                break
            }
            let count = blocks * SealedLogEntry.blockByteCount + SecretStream.overhead
            guard position + 2 + count <= bytes.count else { break }
            messages.append(Array(bytes[(position + 2)..<(position + 2 + count)]))
            position += 2 + count
        }
        self.messages = messages
        self.isMalformed = isMalformed
        rest = bytes.count - position
    }

    var lastAuthenticator: [UInt8]? { messages.last.map { Array($0.suffix(SecretStream.authenticatorByteCount)) } }

    // MARK: In a folder

    private static let ending = ".log"

    /// Names sort in the order of writing.
    static func name(time: UInt64, number: UInt64) -> String {
        func padded(_ value: UInt64, _ width: Int) -> String {
            let digits = String(value)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        return padded(time, 16) + "-" + padded(number, 8) + ending
    }

    static func names(in folder: String) throws(FileError) -> [String] {
        guard Files.isFolder(folder) else { return [] }
        // What isn't UTF-8 somebody else has laid there.
        return try Files.rawNames(in: folder).compactMap { String(validating: $0, as: UTF8.self) }
            .filter { $0.hasSuffix(ending) && !$0.hasPrefix(".") }
    }

    /// Those that are pieces, in the order of their names; what else lies there is passed over.
    static func all(in folder: String) throws(FileError) -> [SealedLogPiece] {
        try names(in: folder).compactMap { try? SealedLogPiece(folder + "/" + $0) }
    }
}
