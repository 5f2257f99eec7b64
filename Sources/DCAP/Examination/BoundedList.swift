/// Entries that are found by a fingerprint and then by all of their bytes; the oldest makes room when there are too
/// many.
struct BoundedList<Entry> {
    private var entries: [(fingerprint: UInt64, entry: Entry)] = []
    private var oldest = 0
    private let limit: Int

    init(limit: Int) {
        self.limit = limit
    }

    /// - Parameter isSame: compares everything; a fingerprint decides nothing.
    func first(_ fingerprint: UInt64, where isSame: (Entry) -> Bool) -> Entry? {
        for index in entries.indices where entries[index].fingerprint == fingerprint && isSame(entries[index].entry) {
            return entries[index].entry
        }
        return nil
    }

    mutating func insert(_ fingerprint: UInt64, _ entry: Entry) {
        guard limit > 0 else { return }
        if entries.count < limit { return entries.append((fingerprint, entry)) }
        entries[oldest] = (fingerprint, entry)
        oldest = (oldest + 1) % limit
    }
}

extension RawSpan {
    /// A few words of the bytes and their number: cheap, and good for nothing but looking for candidates.
    var fingerprint: UInt64 {
        var result = UInt64(byteCount) &* 0x9E37_79B9_7F4A_7C15
        guard byteCount >= 8 else { return result }
        for part in 1...4 {
            let offset = (byteCount - 8) / 4 * part
            result = (result ^ unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)) &* 0xBF58_476D_1CE4_E5B9
        }
        return result
    }

    func hasSameBytes(as other: RawSpan) -> Bool {
        guard byteCount == other.byteCount else { return false }
        let wordsEnd = byteCount & ~7
        for offset in stride(from: 0, to: wordsEnd, by: 8) {
            let one = unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
            guard one == other.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self) else { return false }
        }
        for offset in wordsEnd..<byteCount {
            guard
                unsafeLoad(fromByteOffset: offset, as: UInt8.self)
                    == other.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
            else {
                return false
            }
        }
        return true
    }
}
