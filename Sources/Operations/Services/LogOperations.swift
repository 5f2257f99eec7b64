internal import CodeEncryption
internal import Files
internal import Glibc
internal import KernelEvents
public import Notation
internal import RATLS
internal import StrictX509

/// Shows what an instance said: to the operator the agent's events, to whoever has the key what the application said as
/// well.
///
/// Called again and again it goes on where it was.
public struct LogOperations: Sendable {
    /// An instance's name, or a sealed log's folder or piece.
    private let target: String
    private let key: String?
    /// Nil from the beginning.
    private let since: Timestamp?
    private let surroundings: Surroundings
    /// Of a file of events.
    private static let fileLimit = 64 << 20

    /// The last entry that was shown.
    private var shown: SealedLogReader.Place?
    /// Which file of events was read last, which stays the same when it is rotated, and up to where.
    private var place: (file: FileIdentity, byteCount: Int)?
    private var notes: Set<String> = []
    /// Nil until somebody follows.
    private var events: KernelEvents?
    private var faults: Set<String> = []

    public init(target: String, key: String?, since: Timestamp?, in surroundings: Surroundings = Surroundings()) {
        self.target = target
        self.key = key
        self.since = since
        self.surroundings = surroundings
    }

    public struct News: Sendable {
        /// Lines, without their ends.
        public var lines: [String] = []
        /// What a reader must know of the log.
        public var notes: [String] = []
        /// What of it isn't believed: the answer is no, whatever else is shown.
        public var faults: [String] = []
        /// Nothing more will come.
        public var isEnded = false
    }

    /// What came since the last call.
    /// - Throws: `AlteredLog` when nothing of a sealed log opens.
    public mutating func next() throws -> News {
        let service = service
        if let events { watch(service, by: events) }
        guard let key else {
            guard let service else {
                try surroundings.state.check()
                throw OperationError(
                    target.printable(),
                    "is no service here ('mse list'); a sealed log is opened with --key",
                    code: .notFound
                )
            }
            return try events(of: service)
        }
        SecretsInMemory.expect()
        let path = service?.applicationLog ?? target
        // The service itself may lay a link there, to what its operator may read and it may not.
        if service != nil, try FileKind(path) == .link {
            throw AlteredLog(description: "\(path.printable(limit: nil)): is a symbolic link, which no agent makes")
        }
        guard Files.exists(path) else {
            guard service != nil else {
                throw OperationError(target, "is neither a service here nor a sealed log", code: .notFound)
            }
            return News(
                notes: [Self.noPiece],
                isEnded: !isAlive(service)
            )
        }
        var contents: SealedLogReader.Contents
        do {
            contents = try SealedLogReader(root: NamedFile.key(key).secretKey()).read(path)
        } catch let error as SealedLogError {
            switch error {
            case .altered, .otherKey, .tooMany: throw AlteredLog(description: "\(error)")
            // Nobody but the agent lays files there.
            case .notALog where service != nil, .file where service != nil: throw AlteredLog(description: "\(error)")
            case .notALog, .file: throw error
            }
        }
        if let service, let id = contents.ids.first(where: { $0 != (try? service.launch().id) }) {
            throw AlteredLog(
                description:
                    "\(path.printable(limit: nil)): holds the log of another instance, \(id.printable())"
            )
        }
        var news = News(isEnded: !isAlive(service))
        if let piece = contents.openPiece, news.isEnded {
            contents.notes.append(
                "piece \(piece) has no end: its agent runs elsewhere or was killed, or the log's tail was cut"
            )
        }
        if contents.entries.isEmpty, contents.faults.isEmpty {
            // The first piece is begun with the service.
            contents.notes.append(
                contents.ids.isEmpty ? Self.noPiece : "the application's log is empty: nothing was said yet"
            )
        }
        // Rotation takes entries away at the front. Where it took the last one that was shown, all that is left is new.
        let start = shown.flatMap { contents.places.lastIndex(of: $0) }.map { $0 + 1 } ?? 0
        if shown != nil, start == 0, !contents.entries.isEmpty {
            news.notes.append("more was said than is kept: what came between may have been taken away unseen")
        }
        for entry in contents.entries[start...] where since.map({ Self.time(entry) >= $0 }) ?? true {
            news.lines.append(Self.line(entry))
        }
        shown = contents.places.last ?? shown
        news.notes += contents.notes.filter { notes.insert($0).inserted }
        news.faults = contents.faults.map { "\($0)" }.filter { faults.insert($0).inserted }
        return news
    }

    private static let noPiece = """
        there is no piece of the application's log: the service waits for its owner, [log] keeps nothing, \
        or it was removed
        """

    /// Waits until there may be something new; the first time it only begins to watch.
    /// - Throws: `CancellationError` when nobody waits for it any more.
    public mutating func waitForNews() async throws {
        guard let events else {
            events = KernelEvents()
            return
        }
        try await events.next(within: Self.longestWait)
        // What is written at once is read at once, however many lines it is.
        try await Task.sleep(for: Self.gatheringTime)
    }

    private static let longestWait = Duration.seconds(600), gatheringTime = Duration.milliseconds(100)

    private func watch(_ service: ServiceState?, by events: KernelEvents) {
        guard let service else { return events.watch(path: target) }
        events.watch(path: service.applicationLog)
        try? surroundings.places.place(of: service).engine.watch(service, by: events)
    }

    private var service: ServiceState? {
        LaunchRecord.isName(target) ? try? ServiceState.existing(target, in: surroundings.state) : nil
    }

    private func isAlive(_ service: ServiceState?) -> Bool {
        service.map { (try? ServiceProcess($0, in: surroundings))?.isAlive ?? false } ?? false
    }

    /// The log's files from the oldest on, and behind what was shown.
    private mutating func events(of service: ServiceState) throws -> News {
        var news = News(isEnded: !isAlive(service))
        var files: [(identity: FileIdentity, bytes: [UInt8])] = []
        for path in try surroundings.places.place(of: service).engine.logFiles(of: service) {
            // Rotation may have taken it away since.
            guard let file = try? OpenFile(path, O_RDONLY), let identity = FileIdentity(descriptor: file.descriptor)
            else { continue }
            var bytes = [UInt8](repeating: 0, count: min(try file.byteCount(), Self.fileLimit))
            let count = try bytes.withUnsafeMutableBytes { (buffer) throws(FileError) in try file.read(into: buffer) }
            files.append((identity, Array(bytes[..<count])))
        }
        let first = files.firstIndex { $0.identity == place?.file } ?? 0
        for (index, file) in files.enumerated().dropFirst(first) {
            let start = file.identity == place?.file ? min(place?.byteCount ?? 0, file.bytes.count) : 0
            let rest = file.bytes[start...]
            // A line that is being written waits for its end.
            let isWhole = news.isEnded || index + 1 < files.count
            let end = isWhole ? rest.endIndex : rest.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? start
            place = (file.identity, end)
            for line in rest[..<end].split(separator: UInt8(ascii: "\n")) {
                let text = String(decoding: line, as: UTF8.self)
                if let since, let time = Timestamp(String(text.prefix(20))), time < since { continue }
                news.lines.append(text)
            }
        }
        return news
    }

    private static func time(_ entry: SealedLogEntry) -> Timestamp {
        Timestamp(seconds: Int64(clamping: entry.time / 1000))
    }

    /// Time, incident and source before the first line, a bar before the others: no text can pass for another entry.
    private static func line(_ entry: SealedLogEntry) -> String {
        let milliseconds = String(1000 + entry.time % 1000).dropFirst()
        let time = time(entry).description.dropLast() + "." + milliseconds + "Z"
        let source: String =
            switch entry.source {
            case .output: "out"
            case .errors: "err"
            case .failure: "failed" + (entry.incident.map { " incident=" + Hex.text($0) } ?? "")
            case .gap: "gap"
            case .begin, .end: "log"
            }
        var text = String(decoding: entry.text, as: UTF8.self)
        if entry.source == .gap { text += " bytes could not be kept" }
        return time + " " + source + "  "
            // By scalars: to Swift, CR and LF together are one character.
            + text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }.joined(
                separator: "\n    | "
            )
    }
}

/// A log that isn't believed: the answer is no.
public struct AlteredLog: Error, CustomStringConvertible {
    public let description: String
}

extension AlteredLog: CodedError { package var code: String { "log.altered" } }
