internal import Files
internal import Glibc
internal import Notation
internal import PackageFormat
internal import Synchronization
internal import Threads

/// Reads along in pip's own log while it works: says what it is waiting for, and ends it when an index can't be
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
    }

    private let log: String
    private let purpose: String
    private let credentials: Credentials
    private let state = Mutex(State())
    private static let firstNote = Duration.seconds(2), nextNotes = Duration.seconds(10)
    /// However patient pip's settings are.
    private static let pageLimit = Duration.seconds(25)
    private static let logLimit = 64 << 20

    init(log: String, purpose: String, credentials: Credentials) {
        self.log = log
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
        }
        return try body()
    }

    private func watch() {
        var note = ContinuousClock.now + Self.firstNote
        while !state.withLock({ $0.isOver }) {
            usleep(100_000)
            read()
            state.withLock { state in
                if state.unreachable == nil, let since = state.owesSince, ContinuousClock.now - since > Self.pageLimit,
                    let asked = state.asked
                {
                    state.unreachable = "the index \(NotationError.printable(asked)) does not answer"
                }
            }
            if unreachable != nil { endPip() }
            guard ContinuousClock.now >= note, !state.withLock({ $0.isOver }) else { continue }
            note = .now + Self.nextNotes
            let asked = state.withLock { $0.asked }.map { " (\(NotationError.printable($0)))" } ?? ""
            let line = Array("mse: waiting to \(purpose)\(asked)\n".utf8)
            // Work doesn't end because nobody reads what is said about it.
            _ = line.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
        }
    }

    /// What came since the last time.
    private func read() {
        guard let bytes = try? Files.read(log, limit: Self.logLimit) else { return }
        state.withLock { state in
            guard bytes.count > state.place, let end = bytes.lastIndex(of: 0x0A), end >= state.place else { return }
            let news = String(decoding: bytes[state.place...end], as: UTF8.self)
            state.place = end + 1
            for line in news.split(separator: "\n") {
                if let address = Self.address(
                    in: line,
                    after: ["Fetching project page and analyzing links: ", "Getting page ", "Downloading "]
                ) {
                    state.asked = credentials.origin(address)
                    state.owesSince = line.contains("Downloading ") ? nil : .now
                } else if state.unreachable == nil,
                    let address = Self.address(in: line, after: ["Could not fetch URL "]),
                    let reason = Self.reason(line)
                {
                    state.unreachable = "the index \(NotationError.printable(credentials.origin(address))) \(reason)"
                } else if ["\"GET ", "Found link", "Skipping link", "Fetched page"].contains(where: {
                    line.contains($0)
                }) {
                    state.owesSince = nil
                }
            }
        }
    }

    /// Of what pip says itself: what a page says stands further behind in a line of the log, after its time.
    static func address(in line: Substring, after marks: [String]) -> String? {
        let said = line.drop { !$0.isWhitespace }.drop { $0.isWhitespace }
        guard let mark = marks.first(where: { said.hasPrefix($0) }) else { return nil }
        let address = said.dropFirst(mark.count).prefix { !$0.isWhitespace }
        return String(address.hasSuffix(":") ? address.dropLast() : address)
    }

    /// Nil where something answered: that it doesn't have a package is no reason to end.
    private static func reason(_ line: Substring) -> String? {
        if line.contains(": timed out - skipping") || line.contains("timed out") { return "does not answer" }
        if line.contains("ssl certificate") { return "has a TLS certificate that isn't trusted" }
        guard line.contains(": connection error: ") else { return nil }
        let meanings = [
            ("Connection refused", "can't be reached: nobody listens there"),
            ("Name or service not known", "can't be reached: there is no such host"),
            ("Temporary failure in name resolution", "can't be reached: its name can't be looked up"),
            ("Network is unreachable", "can't be reached: there is no way to it from here"),
            ("No route to host", "can't be reached: there is no way to it from here"),
        ]
        return meanings.first { line.contains($0.0) }?.1 ?? "can't be reached: the connection failed"
    }

    private func endPip() {
        // It has the log's name among its arguments, and is this process's child.
        guard let children = try? Files.names(in: "/proc/self/task") else { return }
        for thread in children {
            guard let list = try? Files.read("/proc/self/task/\(thread)/children", limit: 1 << 16) else { continue }
            for id in String(decoding: list, as: UTF8.self).split(separator: " ").compactMap({ Int32($0) }) {
                let words =
                    (try? Files.read("/proc/\(id)/cmdline", limit: 1 << 20)).map { String(decoding: $0, as: UTF8.self) }
                    ?? ""
                if words.contains(log) { kill(id, SIGTERM) }
            }
        }
    }
}
