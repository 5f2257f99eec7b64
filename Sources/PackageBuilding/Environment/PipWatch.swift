internal import Files
internal import Glibc
internal import KernelEvents
internal import Notation
internal import PackageFormat
internal import Synchronization
internal import Threads

/// Reads along in pip's records while it works: says what it is waiting for, and ends it when an index can't be
/// reached.
final class PipWatch: Sendable {
    private struct State {
        var isOver = false
        /// The address that pip asked last.
        var asked: String?
        /// Since when an index owes the page that was asked for; nil while it owes none.
        var owesSince: ContinuousClock.Instant?
        var unreachable: String?
        var place = 0

        /// When it owed the page for too long.
        var limit: ContinuousClock.Instant? { unreachable == nil ? owesSince.map { $0 + PipWatch.pageLimit } : nil }
    }

    private let records: String
    private let purpose: String
    private let credentials: Credentials
    private let state = Mutex(State())
    private let events = KernelEvents()
    private static let firstNote = Duration.seconds(2), nextNotes = Duration.seconds(10)
    /// However patient pip's settings are.
    private static let pageLimit = Duration.seconds(25)
    private static let gatheringTime = Duration.milliseconds(100)

    init(records: String, purpose: String, credentials: Credentials) {
        self.records = records
        self.purpose = purpose
        self.credentials = credentials
    }

    /// The index that could not be reached, and why.
    var unreachable: String? { state.withLock { $0.unreachable } }

    func `while`<Value>(_ body: () throws(PackageError) -> Value) throws(PackageError) -> Value {
        BlockingThread.start { [self] in watch() }
        defer {
            read()
            state.withLock { $0.isOver = true }
            events.wake()
        }
        return try body()
    }

    private func watch() {
        var note = ContinuousClock.now + Self.firstNote
        // The file comes with pip's first record.
        events.watch(path: Files.split(records).folder)
        while !state.withLock({ $0.isOver }) {
            events.watch(path: records)
            read()
            state.withLock { state in
                if state.unreachable == nil, let limit = state.limit, limit < .now, let asked = state.asked {
                    state.unreachable = "the index \(asked.printable()) does not answer"
                }
            }
            if unreachable != nil { endPip() }
            if ContinuousClock.now >= note {
                note = .now + Self.nextNotes
                say()
            }
            events.wait(for: min(note, state.withLock { $0.limit } ?? note) - .now)
            // What is written at once is read at once, however many records it is.
            Backoff.sleep(Self.gatheringTime)
        }
    }

    private func say() {
        let asked = state.withLock { $0.asked }.map { " (\($0.printable()))" } ?? ""
        let line = Array("mse: waiting to \(purpose)\(asked)\n".utf8)
        // Work doesn't end because nobody reads what is said about it.
        _ = line.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    /// What came since the last time.
    private func read() {
        guard let bytes = try? Files.read(records, limit: 2 * PipRecord.byteLimit) else { return }
        state.withLock { state in
            guard bytes.count > state.place, let end = bytes.lastIndex(of: 0x0A), end >= state.place else { return }
            let news = bytes[state.place...end]
            state.place = end + 1
            for line in news.split(separator: 0x0A) {
                guard let record = PipRecord(line) else { continue }
                switch Step(record) {
                case .asks(let address, let isPage):
                    state.asked = credentials.origin(address)
                    state.owesSince = isPage ? .now : nil
                case .fails(let address, let reason):
                    guard state.unreachable == nil else { continue }
                    state.unreachable = "the index \(credentials.origin(address).printable()) \(reason)"
                case .isAnswered: state.owesSince = nil
                case nil: break
                }
            }
        }
    }

    /// What a record tells of pip's way.
    enum Step: Hashable {
        case asks(String, isPage: Bool)
        case isAnswered
        /// An index is passed over.
        case fails(String, reason: String)

        /// By pip's own template: nothing that a page or a server says makes another step of it.
        init?(_ record: PipRecord) {
            guard let first = record.arguments.first else { return nil }
            switch record.template {
            case "Fetching project page and analyzing links: %s", "Getting page %s": self = .asks(first, isPage: true)
            case "Downloading %s": self = .asks(String(first.prefix { $0 != " " }), isPage: false)
            case "Could not fetch URL %s: %s - skipping":
                guard record.arguments.count == 2, let reason = Self.reason(record.arguments[1]) else { return nil }
                self = .fails(first, reason: reason)
            case let template where template.hasPrefix("Skipping page %s because the %s request got Content-Type"):
                self = .fails(first, reason: "answers with something else than an index's page")
            case "Found link %s, version: %s", "Skipping link: %s: %s", "Fetched page %s as %s",
                "%s://%s:%s \"%s %s %s\" %s %s":
                self = .isAnswered
            default: return nil
            }
        }

        /// Nil where the index says that it doesn't have the package. Whatever else keeps it from saying what it has is
        /// a reason to end: another index may have the name for somebody else's package.
        private static func reason(_ text: String) -> String? {
            if text.hasPrefix("timed out") { return "does not answer" }
            if text.hasPrefix("There was a problem confirming the ssl certificate") {
                return "has a TLS certificate that isn't trusted"
            }
            let words = text.split(separator: " ", maxSplits: 3)
            if words.count > 2, let status = Int(words[0]), words[2] == "Error:" {
                return switch status {
                case 404, 410: nil
                case 401, 403, 407: "answers with status \(status): it wants another user or password"
                default: "answers with status \(status)"
                }
            }
            if text.contains("Caused by ResponseError(") { return "answers with errors of its own again and again" }
            if text.contains("Caused by ProxyError(") {
                return "can't be reached: the proxy that the environment or pip's settings name doesn't lead there"
            }
            let meanings = [
                ("timed out", "does not answer"), ("Connection refused", "can't be reached: nobody listens there"),
                ("Name or service not known", "can't be reached: there is no such host"),
                ("Temporary failure in name resolution", "can't be reached: its name can't be looked up"),
                ("Network is unreachable", "can't be reached: there is no way to it from here"),
                ("No route to host", "can't be reached: there is no way to it from here"),
            ]
            return meanings.first { text.contains($0.0) }?.1 ?? "can't be reached: the connection failed"
        }
    }

    private func endPip() {
        // It has the records' path among its arguments, and is this process's child.
        guard let children = try? Files.names(in: "/proc/self/task") else { return }
        for thread in children {
            guard let list = try? Files.read("/proc/self/task/\(thread)/children", limit: 1 << 16) else { continue }
            for id in String(decoding: list, as: UTF8.self).split(separator: " ").compactMap({ Int32($0) }) {
                let words =
                    (try? Files.read("/proc/\(id)/cmdline", limit: 1 << 20)).map { String(decoding: $0, as: UTF8.self) }
                    ?? ""
                if words.contains(records) { kill(id, SIGTERM) }
            }
        }
    }
}
