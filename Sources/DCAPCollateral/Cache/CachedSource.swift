internal import DCAP
internal import Files
public import Notation
internal import StrictX509
internal import Threads

/// A source with the cache before it. Asks again before what is there runs out; one process asks while the others wait
/// for its answer; and while nobody answers, what is there is delivered for as long as it is young enough, with a note
/// that says so.
public struct CachedSource: CollateralSource {
    private let source: any CollateralSource
    private let cache: CollateralCache
    private let maximumAge: Int64
    private let now: @Sendable () -> Timestamp

    /// Seconds after which it is asked again even though nothing has run out: a TCB recovery shall not stay unseen for
    /// long.
    private static let refreshAge: Int64 = 86400
    /// How long somebody else's question is waited for.
    private static let patience = Duration.seconds(90)

    /// - Parameters:
    ///   - maximumAge: seconds since the documents were issued, as the policy says.
    ///   - now: tells the time.
    public init(
        _ source: any CollateralSource,
        cache: CollateralCache,
        maximumAge: Int64,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.source = source
        self.cache = cache
        self.maximumAge = maximumAge
        self.now = now
    }

    public var name: String { source.name }

    public func collateral(for request: CollateralRequest) async throws(CollateralError) -> CollateralDelivery {
        if let stored = fresh(request) { return delivery(stored) }
        let lock = await lock(request)
        defer { withExtendedLifetime(lock) {} }
        // Whoever held the lock before may have fetched it.
        if let stored = fresh(request) { return delivery(stored) }
        do throws(CollateralError) {
            var delivery = try await source.collateral(for: request)
            do throws(FileError) {
                try cache.store(delivery.collateral, name, request, at: now())
            } catch {
                delivery.notes.append("the cache couldn't be written: \(error)")
            }
            return delivery
        } catch {
            guard error.isTemporary, let stored = cache.stored(name, request), isUsable(stored) else { throw error }
            return delivery(
                stored,
                note: "\(error); using the cache's copy of \(stored.fetchedAt) instead"
            )
        }
    }

    private func delivery(_ stored: CollateralCache.Stored, note: String? = nil) -> CollateralDelivery {
        CollateralDelivery(stored.collateral, from: "\(name) (cached)", notes: note.map { [$0] } ?? [])
    }

    /// What needn't be asked for yet.
    private func fresh(_ request: CollateralRequest) -> CollateralCache.Stored? {
        guard let stored = cache.stored(name, request), let period = CollateralStatement(stored.collateral).period
        else { return nil }
        let time = now()
        // A day before the end, or a quarter of the whole time when that is less.
        let margin = min(86400, (period.end - period.start) / 4)
        guard stored.fetchedAt <= time, time < stored.fetchedAt + Self.refreshAge, time < period.end - margin else {
            return nil
        }
        return stored
    }

    /// What is better than nothing while nobody answers.
    private func isUsable(_ stored: CollateralCache.Stored) -> Bool {
        guard let period = CollateralStatement(stored.collateral).period else { return false }
        return now() <= period.end && now() - period.start <= maximumAge
    }

    /// - Returns: nil when somebody else asks for longer than one waits; then everybody asks for himself.
    private func lock(_ request: CollateralRequest) async -> FileLock? {
        let found = Promise<FileLock?>()
        let isWaiting = BlockingThread.start { [cache, name] in
            // A cache that can't be written is no reason not to ask. Whoever asks no more, holds nothing either: the
            // lock is let go as soon as nobody has it.
            found.keep(try? cache.lock(name, request))
        }
        return isWaiting ? await found.wait(for: Self.patience) ?? nil : nil
    }
}
