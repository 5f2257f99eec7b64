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
    func seal(in folder: String, root: borrowing SecretKey, id: String, epoch: Epoch) throws {
        settle(.sealed(try SealedLogWriter(folder: folder, root: root, id: id, epoch: epoch)))
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
                if missing > 0 {
                    put(SealedLogEntry(time: now, source: .gap, text: Array(String(missing).utf8)))
                    missing = 0
                }
                put(SealedLogEntry(time: now, source: source, incident: incident?.bytes, text: Array(part)))
            } while !rest.isEmpty
        }
    }

    private func put(_ entry: SealedLogEntry) {
        switch place {
        case .unknown(let entries):
            guard waitingByteCount + entry.text.count <= Self.waitingLimit else { return missing += entry.text.count }
            waitingByteCount += entry.text.count
            place = .unknown(entries + [entry])
        case .sealed(let writer):
            do throws(FileError) {
                try writer.append(entry)
            } catch {
                // The operator's disk is full, or he lets nothing be written: the gap is told when he does again.
                missing += entry.text.count
            }
        case .open(let write): write(entry.text)
        case .nowhere: break
        }
    }

    /// Ends it in order, so that a reader knows that nothing follows.
    func close() {
        lock.withLock { _ in
            // what was written is whole
            if case .sealed(let writer) = place { try? writer.close(at: milliseconds) }
            place = .nowhere
        }
    }

    /// Since 1970.
    private var milliseconds: UInt64 { UInt64(clamping: clock.milliseconds) }
}
