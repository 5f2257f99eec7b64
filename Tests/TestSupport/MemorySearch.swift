import Glibc
import Notation
public import Secrets

/// A search of this process's own memory for a secret that stands in guarded memory, and should nowhere else.
public enum MemorySearch {
    /// Random hexadecimal digits in guarded memory, of which nobody else has ever seen one.
    public static func newText(count: Int = 64) -> SecretBytes {
        SecretBytes(capacity: count) { memory in
            for index in memory.indices {
                let digit = UInt8.random(in: 0..<16)
                memory[index] = digit < 10 ? 0x30 + digit : 0x57 + digit
            }
            return count
        }
    }

    /// Where a secret is found outside of guarded memory: the mapping's name for each place.
    public static func places(of secret: borrowing SecretBytes) throws -> [String] {
        // Memory of its own, so that what is being searched through isn't found again.
        let byteCount = 1 << 20
        guard let block = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            block != MAP_FAILED
        else { throw SearchError() }
        defer { munmap(block, byteCount) }
        let own = UInt(bitPattern: block)
        let memory = open("/proc/self/mem", O_RDONLY)
        defer { close(memory) }
        guard memory >= 0 else { throw SearchError() }
        var places: [String] = []
        for mapping in try mappings() where !mapping.isGuarded {
            var position = mapping.range.lowerBound
            while position < mapping.range.upperBound {
                var length = min(UInt(byteCount), mapping.range.upperBound - position)
                // The kernel may have joined what is searched through with its neighbours.
                if position == own {
                    position += UInt(byteCount)
                    continue
                } else if position < own {
                    length = min(length, own - position)
                }
                let count = pread(memory, block, Int(length), off_t(position))
                guard count > 0 else { break }
                if holds(UnsafeRawBufferPointer(start: block, count: count), secret) { places.append(mapping.name) }
                guard position + UInt(count) < mapping.range.upperBound, count > secret.count else { break }
                // What lies across two pieces is whole in the second.
                position += position + UInt(count) == own ? UInt(count) : UInt(count - secret.count)
            }
        }
        return places
    }

    private static func holds(_ block: UnsafeRawBufferPointer, _ secret: borrowing SecretBytes) -> Bool {
        secret.withBytes { sought in
            guard let start = block.baseAddress, let first = sought.first, let bytes = sought.baseAddress else {
                return false
            }
            var place = 0
            let last = block.count - sought.count
            while place <= last, let found = memchr(start + place, Int32(first), last - place + 1) {
                if memcmp(found, bytes, sought.count) == 0 { return true }
                place = UnsafeRawPointer(found) - start + 1
            }
            return false
        }
    }

    private struct Mapping {
        let range: Range<UInt>
        let name: String
        /// Kept from cores, as libsodium's memory is, whether or not it could be locked.
        var isGuarded = false
    }

    private static func mappings() throws -> [Mapping] {
        guard let file = fopen("/proc/self/smaps", "r") else { throw SearchError() }
        defer { fclose(file) }
        var mappings: [Mapping] = []
        var line = [CChar](repeating: 0, count: 8192)
        while fgets(&line, Int32(line.count), file) != nil {
            let words = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
                .split(whereSeparator: \.isWhitespace)
            if words.first == "VmFlags:", !mappings.isEmpty {
                mappings[mappings.count - 1].isGuarded = words.contains("dd")
                continue
            }
            guard let ends = words.first?.split(separator: "-"), ends.count == 2, words.count >= 5,
                let start = UInt(ends[0], radix: 16), let end = UInt(ends[1], radix: 16),
                words[1].hasPrefix("rw"), words.count < 6 || !words[5].hasPrefix("[v")
            else {
                // A mapping that isn't searched; its flags are nobody's.
                if words.first?.contains("-") == true { mappings.append(Mapping(range: 0..<0, name: "")) }
                continue
            }
            mappings.append(Mapping(range: start..<end, name: words.count > 5 ? String(words[5]) : "anonymous"))
        }
        return mappings
    }

    private struct SearchError: Error {}
}
