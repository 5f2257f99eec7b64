internal import CodeEncryption
internal import Enclave
internal import Files
internal import PackageFormat
internal import Synchronization
internal import Threads
internal import WallClock

/// Seals HOME every ten seconds when something changed, and when it is asked to; and tells the operator how that went,
/// by code and time.
final class HomeKeeper: Sendable {
    private static let period = Duration.seconds(10)

    /// One at a time, on threads that may block.
    private let home: Mutex<PersistentHome>
    private let report = Mutex(HomeReport())
    private let folder: String
    private let wasRestored: Bool
    private let log: ApplicationLog
    private let events: EventLog
    private let clock: WallClock
    /// What the owner was told last, so that he is told once.
    private let told = Mutex("")

    /// - Parameters:
    ///   - wasRestored: HOME is back already.
    ///   - log: its owner reads there what of HOME isn't kept; the operator doesn't.
    ///   - events: the operator reads there how many files that are.
    init(
        memory: PrivateMemory,
        sealed: SealedHome,
        wasRestored: Bool,
        log: ApplicationLog,
        events: EventLog,
        clock: WallClock
    ) {
        self.log = log
        self.events = events
        self.clock = clock
        home = Mutex(PersistentHome(folder: memory.home, sealed: sealed))
        folder = sealed.folder
        self.wasRestored = wasRestored
    }

    /// Puts back what was sealed.
    func restore() async throws {
        let isBack = try await BlockingThread.run { try self.wasRestored || self.home.withLock { try $0.restore() } }
        // What is back was sealed before this start, and still is.
        let earlier = isBack ? try? HomeReport(in: folder, now: clock.now) : nil
        tell { $0.savedAt = earlier?.savedAt }
    }

    /// Seals what changed, again and again, until it is cancelled. What is being sealed then is sealed to its end.
    func keep() async {
        while case .some = try? await Task.sleep(for: Self.period) { _ = await save(.period) }
    }

    /// Why it is saved.
    enum Occasion {
        case period
        /// Somebody waits for how it goes.
        case request
        /// The service has ended.
        case end
    }

    /// - Returns: whether everything is sealed.
    func save(_ occasion: Occasion) async -> Bool {
        do {
            let contents = try await BlockingThread.run {
                try self.home.withLock { try $0.save(comparing: occasion == .period ? .versions : .contents) }
            }
            tell {
                $0.savedAt = self.clock.now
                $0.problem = nil
            }
            if let text = contents.leftOutText {
                if tellOwner(text) { events.write(.homeLeftOut(count: contents.leftOut.count)) }
            } else {
                told.withLock { $0 = "" }
            }
            return true
        } catch {
            if tellOwner("HOME could not be sealed: \(error)") { events.write(.homeNotSaved) }
            tell {
                $0.problem = HomeReport.Problem(error)
                if occasion == .request { $0.refusals += 1 }
            }
            return false
        }
    }

    /// - Returns: whether it is news.
    private func tellOwner(_ text: String) -> Bool {
        let isNew = told.withLock { told in
            defer { told = text }
            return told != text
        }
        if isNew { log.append(.failure, Array((text + "\n").utf8)) }
        return isNew
    }

    private func tell(_ change: (inout HomeReport) -> Void) {
        report.withLock {
            change(&$0)
            // The operator's own folder: where he lets nothing be written, he is told nothing.
            try? $0.write(to: folder)
        }
    }
}
