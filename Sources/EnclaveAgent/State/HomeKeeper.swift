internal import CodeEncryption
internal import Dispatch
internal import Files
internal import Glibc
internal import PackageFormat
internal import Synchronization

/// Seals HOME every ten seconds when something changed, and when it is asked to; and tells the operator how that went,
/// by code and time.
final class HomeKeeper: Sendable {
    private static let periodSeconds = 10
    /// Below this much room, a failure is put down to the lack of it.
    private static let roomByteCount = 1 << 20

    private let queue = DispatchQueue(label: "home")
    private let home: Mutex<PersistentHome>
    private let report = Mutex(HomeReport())
    private let folder: String
    private let wasRestored: Bool
    private let log: ApplicationLog
    /// What the owner was told last, so that he is told once.
    private let told = Mutex("")

    /// - Parameters:
    ///   - wasRestored: HOME is back already.
    ///   - log: its owner reads there which file keeps HOME from being sealed; the operator doesn't.
    init(memory: PrivateMemory, state: SealedState, epoch: Epoch, wasRestored: Bool, log: ApplicationLog) {
        self.log = log
        home = Mutex(PersistentHome(memory: memory, state: state, epoch: epoch))
        folder = state.folder
        self.wasRestored = wasRestored
    }

    /// Puts back what was sealed, and begins to keep it.
    func restore() async throws {
        try await onQueue {
            if !self.wasRestored { _ = try self.home.withLock { try $0.restore() } }
        }
        tell { _ in }
        keep()
    }

    /// - Parameter isAsked: somebody waits for how it goes.
    /// - Returns: whether everything is sealed.
    func save(isAsked: Bool = false) async -> Bool {
        do {
            try await onQueue { try self.home.withLock { try $0.save() } }
            tell {
                $0.savedAt = Int64(time(nil))
                $0.problem = nil
            }
            told.withLock { $0 = "" }
            return true
        } catch {
            tellOwner("HOME could not be sealed: \(error)")
            let hasRoom = self.hasRoom
            tell {
                $0.problem = hasRoom ? .notSaved : .noSpace
                if isAsked { $0.refusals += 1 }
            }
            return false
        }
    }

    private func tellOwner(_ text: String) {
        let isNew = told.withLock { told in
            defer { told = text }
            return told != text
        }
        if isNew { log.append(.failure, Array((text + "\n").utf8)) }
    }

    private func tell(_ change: (inout HomeReport) -> Void) {
        report.withLock {
            change(&$0)
            // The operator's own folder: where he lets nothing be written, he is told nothing.
            try? $0.write(to: folder)
        }
    }

    private var hasRoom: Bool {
        var status = statvfs()
        return statvfs(folder, &status) != 0 || Int(status.f_bavail) * Int(status.f_frsize) >= Self.roomByteCount
    }

    private func keep() {
        queue.asyncAfter(deadline: .now() + .seconds(Self.periodSeconds)) { [weak self] in
            guard let self else { return }
            Task {
                _ = await self.save()
                self.keep()
            }
        }
    }

    private func onQueue(_ body: @escaping @Sendable () throws -> Void) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            queue.async { continuation.resume(with: Result(catching: body)) }
        }
    }
}
