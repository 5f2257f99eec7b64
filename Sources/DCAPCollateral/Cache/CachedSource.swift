public import DCAP
internal import Files
public import Notation
internal import StrictX509
internal import Threads

/// A source with the cache before it. Asks again before what is there runs out; one process asks while the others wait
/// for its answer; and while nobody answers, what is there is delivered for as long as it is young enough, with a note
/// that says so. What doesn't verify is neither kept nor read, and counts as no answer.
public struct CachedSource: CollateralSource {
    private let source: any CollateralSource
    private let cache: CollateralCache
    private let maximumAge: Duration
    private let now: @Sendable () -> Timestamp
    private let trial: CollateralTrial
    private let alwaysAsks: Bool

    /// After which it is asked again even though nothing has run out: a TCB recovery shall not stay unseen for
    /// long.
    private static let refreshAge = Duration.seconds(86400)
    /// How long somebody else's question is waited for.
    private static let patience = Duration.seconds(90)

    /// - Parameters:
    ///   - source: who is asked for what the cache doesn't have.
    ///   - cache: where its answers are kept.
    ///   - maximumAge: the time since the documents were issued, as the policy says.
    ///   - anchor: the root that what is kept must verify under.
    ///   - alwaysAsks: whether it is asked however fresh the cache is; several that do so at once ask together.
    ///   - now: tells the time.
    public init(
        _ source: any CollateralSource,
        cache: CollateralCache,
        maximumAge: Duration,
        anchor: TrustAnchor,
        alwaysAsks: Bool = false,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.source = source
        self.cache = cache
        self.maximumAge = maximumAge
        self.now = now
        self.alwaysAsks = alwaysAsks
        trial = CollateralTrial(anchor: anchor, now: now)
    }

    public var name: String { source.name }

    public func collateral(for request: CollateralRequest) async throws(CollateralError) -> CollateralDelivery {
        let start = now()
        if !alwaysAsks, let stored = fresh(request) { return delivery(stored) }
        let lock = await lock(request)
        defer { withExtendedLifetime(lock) {} }
        // Whoever held the lock before may have fetched it.
        if let stored = fresh(request), !alwaysAsks || stored.fetchedAt >= start { return delivery(stored) }
        do throws(CollateralError) {
            var delivery = try await source.collateral(for: request)
            // The quote's own chain proves as well whose list it is.
            delivery.collateral.pckCRLChain = delivery.collateral.pckCRLChain ?? request.authorityChain
            if let objection = trial.objection(toKeeping: delivery.collateral) {
                if let stored = usable(request) {
                    return self.delivery(stored, note: "what \(name) delivers now doesn't verify (\(objection))")
                }
                delivery.notes.append("it isn't kept: \(objection)")
                return delivery
            }
            do throws(FileError) {
                try cache.store(delivery.collateral, from: name, for: request, at: now())
            } catch {
                delivery.notes.append("the cache couldn't be written: \(error)")
            }
            return delivery
        } catch {
            guard error.isTemporary, let stored = usable(request) else { throw error }
            return delivery(stored, note: "\(error)")
        }
    }

    /// - Parameter problem: why it comes from there.
    private func delivery(_ stored: CollateralCache.Stored, note problem: String? = nil) -> CollateralDelivery {
        let note = problem.map {
            "\($0); using the cache's copy of \(stored.fetchedAt) instead"
        }
        return CollateralDelivery(stored.collateral, from: "\(name) (cached)", notes: note.map { [$0] } ?? [])
    }

    /// What is there and verifies.
    private func verified(_ request: CollateralRequest) -> CollateralCache.Stored? {
        guard let stored = cache.stored(name, request), trial.objection(toKeeping: stored.collateral) == nil else {
            return nil
        }
        return stored
    }

    /// What needn't be asked for yet.
    private func fresh(_ request: CollateralRequest) -> CollateralCache.Stored? {
        guard let stored = verified(request), let period = CollateralStatement(stored.collateral).period
        else { return nil }
        let time = now()
        // A day before the end, or a quarter of the whole time when that is less.
        let margin = min(.seconds(86400), (period.end - period.start) / 4)
        guard stored.fetchedAt <= time, time < stored.fetchedAt + Self.refreshAge, time < period.end - margin else {
            return nil
        }
        return stored
    }

    /// What is better than nothing while nobody answers.
    private func usable(_ request: CollateralRequest) -> CollateralCache.Stored? {
        guard let stored = verified(request), let period = CollateralStatement(stored.collateral).period,
            now() <= period.end, now() - period.start <= maximumAge
        else { return nil }
        return stored
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
