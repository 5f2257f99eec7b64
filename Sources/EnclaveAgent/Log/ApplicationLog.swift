internal import CodeEncryption
internal import Enclave
internal import Files
internal import Secrets
internal import Synchronization
public import WallClock

/// What the application says, sealed for its owner; or in the open, or nowhere, by a measured setting. Never blocks who
/// writes.
public final class ApplicationLog: @unchecked Sendable {  // everything that changes is touched under the lock alone
    /// Bytes at once, and bytes a second after that; what comes faster is counted as a gap.
    private static let burst = 1 << 20
    private static let perSecond = 64 << 10
    /// What is kept until it is known for whom.
    private static let waitingLimit = 64 << 10

    private enum Place {
        case unknown([SealedLogEntry])
        case sealed(SealedLogWriter)
        case open(@Sendable ([UInt8]) -> Void)
        case nowhere
    }

    private let lock = Mutex(())
    private var place = Place.unknown([])
    private var waitingByteCount = 0
    private var left = ApplicationLog.burst
    private var lastMillisecond: UInt64 = 0
    private var missing = 0

    private let clock: WallClock

    /// - Parameter clock: by which entries are dated.
    public init(clock: WallClock) { self.clock = clock }

    /// From now on for the owner of this key, with what was said so far.
    /// - Parameter isResumed: whether a log of this epoch was begun by an earlier run.
    func seal(in folder: String, root: borrowing SecretKey, id: String, epoch: Epoch, isResumed: Bool) throws {
        let writer = try SealedLogWriter(folder: folder, root: root, id: id, epoch: epoch)
        if isResumed {
            writer.resume()
        } else {
            try? writer.begin(at: milliseconds)  // a piece that can't be written is missing, and told as that
        }
        settle(.sealed(writer))
    }

    /// For whoever reads the operator's log.
    func open(_ write: @escaping @Sendable ([UInt8]) -> Void) { settle(.open(write)) }

    /// Nobody holds a key to it.
    func drop() { settle(.nowhere) }

    private func settle(_ place: Place) {
        lock.withLock { _ in
            var waiting: [SealedLogEntry] = []
            if case .unknown(let entries) = self.place { waiting = entries }
            self.place = place
            for entry in waiting { put(entry) }
        }
    }

    /// - Parameter text: cut into several entries where it is long.
    func append(_ source: SealedLogEntry.Source, _ text: [UInt8], incident: Incident? = nil) {
        let now = milliseconds
        lock.withLock { _ in
            let refill = Int(min(now &- lastMillisecond, 1 << 20)) * Self.perSecond / 1000
            left = min(Self.burst, left + refill)
            lastMillisecond = now
            var rest = text[...]
            repeat {
                let part = rest.prefix(SealedLogEntry.textLimit)
                rest = rest.dropFirst(part.count)
                let cost = part.count + 64
                guard left >= cost else {
                    missing += part.count
                    continue
                }
                left -= cost
                tellMissing(now)
                put(SealedLogEntry(time: now, source: source, incident: incident?.bytes, text: Array(part)))
            } while !rest.isEmpty
        }
    }

    /// Tells how much wasn't kept, once something is again.
    private func tellMissing(_ now: UInt64) {
        guard missing > 0 else { return }
        if keep(SealedLogEntry(time: now, source: .gap, text: Array(String(missing).utf8))) { missing = 0 }
    }

    private func put(_ entry: SealedLogEntry) {
        if !keep(entry) { missing += entry.text.count }
    }

    private func keep(_ entry: SealedLogEntry) -> Bool {
        switch place {
        case .unknown(let entries):
            guard waitingByteCount + entry.text.count <= Self.waitingLimit else { return false }
            waitingByteCount += entry.text.count
            place = .unknown(entries + [entry])
        case .sealed(let writer):
            // The operator's disk is full, or he lets nothing be written: the gap is told when he does again.
            do throws(FileError) { try writer.append(entry) } catch { return false }
        case .open(let write): write(entry.text)
        case .nowhere: break
        }
        return true
    }

    /// Ends it in order, so that a reader knows that nothing follows.
    func close() {
        lock.withLock { _ in
            if case .sealed(let writer) = place {
                tellMissing(milliseconds)
                try? writer.close(at: milliseconds)  // what was written is whole
            }
            place = .nowhere
        }
    }

    /// Since 1970.
    private var milliseconds: UInt64 { UInt64(clamping: clock.milliseconds) }
}
