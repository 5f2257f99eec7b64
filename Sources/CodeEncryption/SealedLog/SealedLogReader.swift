internal import Files
public import Secrets

/// Opens a sealed log, says what of it is missing and what was altered, and shows the rest.
public struct SealedLogReader: ~Copyable {
    /// What a log holds, and what is wrong with it.
    public struct Contents: Sendable {
        /// In the order of writing, without those that only mark a piece's begin or end.
        public var entries: [SealedLogEntry] = []
        /// Which piece each entry stands in, and the how manyeth of it that is: what stays the same when older pieces
        /// are taken away.
        public var places: [Place] = []
        /// Instance ids, in the order of first appearance.
        public var ids: [String] = []
        /// What a reader must know: pieces that are missing, ends that were cut.
        public var notes: [String] = []
        /// The newest piece, when it has no end: its agent runs, or was killed, or the log's tail was cut.
        public var openPiece: UInt64?
        /// What isn't believed. No entry of it is among those above but for those before the fault.
        public var faults: [SealedLogError] = []
    }

    /// Where an entry stands.
    public struct Place: Hashable, Sendable {
        /// Of the piece.
        public let epoch: Epoch
        /// Of the piece, from 1 on.
        public let piece: UInt64
        /// In the piece, from 0 on.
        public let index: Int
    }

    /// Files of a folder that are read: many times what an agent keeps, and few enough for anybody's memory.
    static let pieceLimit = 256
    /// Of all pieces together.
    static let byteLimit = 256 << 20
    private let root: SecretKey

    /// - Parameter root: code key or start token.
    public init(root: borrowing SecretKey) { self.root = root.copy() }

    /// - Parameter path: a log's folder, or one piece.
    /// - Throws: `SealedLogError` when nothing of it opens.
    public func read(_ path: String) throws(SealedLogError) -> Contents {
        var contents = Contents()
        var opened: [Opened] = []
        let files = try Self.files(path)
        // The newest by name; an agent never keeps as many.
        if files.count > Self.pieceLimit { contents.faults.append(.tooMany(path)) }
        var byteCount = 0
        for file in files.suffix(Self.pieceLimit) {
            do throws(SealedLogError) {
                let piece = try SealedLogPiece(file, byteLimit: Self.byteLimit - byteCount)
                byteCount += piece.byteCount
                opened.append(try open(piece))
            } catch {
                // Rotation takes the oldest away while we look.
                if (try? FileKind(file)) != .absent { contents.faults.append(error) }
            }
        }
        let proven = Proven(opened)
        opened = opened.filter { one in
            if !proven.allows(one) { contents.faults.append(.altered(one.piece.path, entry: 0)) }
            return proven.allows(one)
        }
        if opened.isEmpty,
            let fault = contents.faults.first(where: { if case .otherKey = $0 { true } else { false } })
                ?? contents.faults.first
        {
            throw fault
        }
        // By the times that were sealed, not by names that anybody can change.
        let order = opened.indices.sorted {
            (opened[$0].began, opened[$0].piece.head.number) < (opened[$1].began, opened[$1].piece.head.number)
        }
        var epochs: [Epoch] = []
        var byEpoch: [Epoch: [Opened]] = [:]
        for index in order {
            let epoch = opened[index].piece.head.epoch
            if byEpoch[epoch] == nil { epochs.append(epoch) }
            byEpoch[epoch, default: []].append(opened[index])
        }
        for epoch in epochs {
            let isLast = epoch == epochs.last
            chain(
                (byEpoch[epoch] ?? []).sorted { $0.piece.head.number < $1.piece.head.number },
                isLastEpoch: isLast,
                &contents
            )
        }
        return contents
    }

    /// A piece without an entry proves nothing of its head, which anybody can lay there. An agent that was killed, or
    /// whose disk was full, leaves one too: where a number is due, or as the first of all.
    private struct Proven {
        private var numbers: [Epoch: Set<UInt64>] = [:]

        init(_ all: [Opened]) {
            for one in all where !one.piece.messages.isEmpty {
                numbers[one.piece.head.epoch, default: []].insert(one.piece.head.number)
            }
        }

        func allows(_ one: Opened) -> Bool {
            guard one.piece.messages.isEmpty else { return true }
            let number = one.piece.head.number
            guard !numbers.isEmpty else { return number == 1 }
            guard let known = numbers[one.piece.head.epoch] else { return false }
            return known.contains(number - 1) && !known.contains(number)
        }
    }

    private static func files(_ path: String) throws(SealedLogError) -> [String] {
        guard Files.isFolder(path) else { return [path] }
        do throws(FileError) {
            return try SealedLogPiece.names(in: path).map { path + "/" + $0 }
        } catch {
            throw .file(error)
        }
    }

    private struct Opened {
        var piece: SealedLogPiece
        var began: UInt64
        /// The oldest that was kept when it was begun.
        var oldest: UInt64
        var entries: [SealedLogEntry]
        var end: SealedLogEnd?
        var isClosed: Bool { end != nil }
        /// Where it isn't believed any more.
        var fault: SealedLogError?
    }

    private func open(_ piece: SealedLogPiece) throws(SealedLogError) -> Opened {
        let key = SealedLogHead.key(root, id: piece.head.id, epoch: piece.head.epoch)
        var stream = SecretStream.Reader(key: key, header: piece.header)
        var opened = Opened(piece: piece, began: 0, oldest: 1, entries: [], end: nil)
        for (index, message) in piece.messages.enumerated() {
            guard let (bytes, tag) = stream.open(message, with: index == 0 ? piece.head.encoded : []),
                let entry = SealedLogEntry(bytes),
                !opened.isClosed, (index == 0) == (entry.source == .begin), (tag == .final) == (entry.source == .end)
            else {
                // Without its first entry nothing is known of it.
                if index == 0 { throw .otherKey(piece.path) }
                opened.fault = .altered(piece.path, entry: index)
                return opened
            }
            switch entry.source {
            case .begin:
                opened.began = entry.time
                opened.oldest = UInt64(String(decoding: entry.text, as: UTF8.self)) ?? 1
            case .end: opened.end = SealedLogEnd(rawValue: String(decoding: entry.text, as: UTF8.self)) ?? .stopped
            default: opened.entries.append(entry)
            }
        }
        if piece.isMalformed || opened.isClosed && piece.rest > 0 {
            opened.fault = .altered(piece.path, entry: piece.messages.count)
        }
        return opened
    }

    private func chain(_ pieces: [Opened], isLastEpoch: Bool, _ contents: inout Contents) {
        guard let first = pieces.first, let last = pieces.last else { return }
        if !contents.ids.contains(first.piece.head.id) { contents.ids.append(first.piece.head.id) }
        // What was rotated away before the last piece began is no loss that anybody caused.
        if first.piece.head.number > last.oldest { note(last.oldest...(first.piece.head.number - 1), &contents) }
        for (index, opened) in pieces.enumerated() {
            contents.entries += opened.entries
            contents.places += opened.entries.indices.map {
                Place(epoch: opened.piece.head.epoch, piece: opened.piece.head.number, index: $0)
            }
            if let fault = opened.fault { contents.faults.append(fault) }
            let number = opened.piece.head.number
            guard index + 1 < pieces.count else {
                if opened.end == .goesOn {
                    note((number + 1)...(number + 1), &contents)
                } else if !opened.isClosed, opened.fault == nil {
                    if isLastEpoch {
                        contents.openPiece = number
                    } else {
                        contents.notes.append(Self.endless(number))
                    }
                }
                break
            }
            let next = pieces[index + 1].piece.head
            if next.number == number {
                contents.faults.append(.altered(pieces[index + 1].piece.path, entry: 0))
            } else if next.number > number + 1 {
                note((number + 1)...(next.number - 1), &contents)
            } else if next.previous != opened.piece.lastAuthenticator, opened.fault == nil {
                if opened.isClosed { contents.faults.append(.altered(pieces[index + 1].piece.path, entry: 0)) }
                contents.notes.append("the end of piece \(number) is missing: it was cut, or could not be written")
            } else if !opened.isClosed, opened.fault == nil {
                // Whoever began the next one had nothing but the disk to go by.
                contents.notes.append(Self.endless(number))
            }
        }
    }

    private static func endless(_ number: UInt64) -> String {
        "piece \(number) has no end: the agent was killed, or the tail was cut"
    }

    private func note(_ numbers: ClosedRange<UInt64>, _ contents: inout Contents) {
        contents.notes.append(
            numbers.lowerBound == numbers.upperBound
                ? "piece \(numbers.lowerBound) is missing"
                : "pieces \(numbers.lowerBound) to \(numbers.upperBound) are missing"
        )
    }
}
