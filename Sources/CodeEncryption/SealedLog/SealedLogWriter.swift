package import Files
internal import Glibc
package import Secrets

/// Writes a sealed log in pieces of bounded size and number. Belongs to one thread at a time.
package final class SealedLogWriter {
    /// A piece's bytes, about; and how many pieces are kept.
    package struct Limits: Sendable {
        package var pieceByteCount = 2 << 20
        package var pieces = 16

        package init() {}
    }

    private let folder: String
    private let key: SecretKey
    private let id: String
    private let epoch: Epoch
    private let limits: Limits
    private var number: UInt64
    /// The last authenticator of the piece before.
    private var previous: [UInt8]?
    private var piece: Piece?

    private final class Piece {
        let file: OpenFile
        var stream: SecretStream.Writer
        /// Bound to the first message.
        var head: [UInt8]
        var byteCount: Int
        var last: [UInt8] = []

        init(file: consuming OpenFile, stream: consuming SecretStream.Writer, head: [UInt8], byteCount: Int) {
            self.file = file
            self.stream = stream
            self.head = head
            self.byteCount = byteCount
        }
    }

    /// Goes on behind the pieces of this epoch that are there.
    /// - Parameters:
    ///   - root: code key or start token.
    ///   - epoch: of the configuration under which it is written.
    package init(folder: String, root: borrowing SecretKey, id: String, epoch: Epoch, limits: Limits = Limits())
        throws
    {
        self.folder = folder
        self.id = id
        self.epoch = epoch
        self.limits = limits
        key = SealedLogHead.key(root, id: id, epoch: epoch)
        try Files.makeFolder(folder, mode: 0o700)
        // What the operator did to the last piece is for the reader to find: here only the chain is continued.
        // By their numbers: names follow the clock, which is the operator's.
        let last = try SealedLogPiece.all(in: folder).filter {
            $0.head.epoch == epoch && $0.head.number < SealedLogHead.lastNumber
        }
        .max { $0.head.number < $1.head.number }
        number = last?.head.number ?? 0
        previous = last?.lastAuthenticator
    }

    /// Begins the first piece before anything is said, so that a log without any is one that was removed.
    package func begin(at time: UInt64) throws(FileError) { try turn(time) }

    /// Goes on with a log that was begun: where nothing of it is there, a reader finds the first piece missing.
    package func resume() { number = max(number, 1) }

    /// - Throws: when it can't be written; then nothing of it counts as written.
    package func append(_ entry: SealedLogEntry) throws(FileError) {
        dropLostPiece()
        if piece == nil || (piece?.byteCount ?? 0) >= limits.pieceByteCount { try turn(entry.time) }
        try write(entry, as: .message)
    }

    /// Ends the last piece in order: a reader then knows that nothing is missing behind it.
    package func close(at time: UInt64) throws(FileError) { try close(at: time, .stopped) }

    /// A piece that was taken away isn't written to any more: the number of the next one tells that it is missing.
    private func dropLostPiece() {
        guard let piece, FileIdentity(path: piece.file.path) != FileIdentity(descriptor: piece.file.descriptor) else {
            return
        }
        previous = piece.last
        self.piece = nil
    }

    private func close(at time: UInt64, _ end: SealedLogEnd) throws(FileError) {
        guard piece != nil else { return }
        try write(SealedLogEntry(time: time, source: .end, text: Array(end.rawValue.utf8)), as: .final)
        previous = piece?.last
        piece = nil
    }

    private func turn(_ time: UInt64) throws(FileError) {
        try close(at: time, .goesOn)
        let kept = try SealedLogPiece.names(in: folder)
        for name in kept.dropLast(max(0, limits.pieces - 1)) { try Files.remove(folder + "/" + name) }
        number += 1
        let head = SealedLogHead(id: id, epoch: epoch, number: number, previous: previous)
        let stream = SecretStream.Writer(key: key)
        let path = folder + "/" + SealedLogPiece.name(time: time, number: number)
        let file = try OpenFile(path, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
        let bytes = head.encoded + stream.header
        try file.write(bytes)
        piece = Piece(file: file, stream: stream, head: head.encoded, byteCount: bytes.count)
        let oldest = number > UInt64(limits.pieces) ? number - UInt64(limits.pieces) + 1 : 1
        try write(SealedLogEntry(time: time, source: .begin, text: Array(String(oldest).utf8)), as: .message)
    }

    private func write(_ entry: SealedLogEntry, as tag: SecretStream.Tag) throws(FileError) {
        guard let piece else { return }
        let message = entry.encoded
        let blocks = message.count / SealedLogEntry.blockByteCount
        let sealed = piece.stream.seal(message, with: piece.head, as: tag)
        piece.head = []
        let frame = [UInt8(blocks >> 8), UInt8(blocks & 0xFF)] + sealed
        do throws(FileError) {
            try piece.file.write(frame)
        } catch {
            // A stream with a hole in it can't be gone on with: the next entry begins another piece.
            previous = piece.last.isEmpty ? nil : piece.last
            self.piece = nil
            throw error
        }
        piece.byteCount += frame.count
        piece.last = Array(sealed.suffix(SecretStream.authenticatorByteCount))
    }
}
