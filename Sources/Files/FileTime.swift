internal import Glibc

/// When a file was changed, as a file system keeps it.
package struct FileTime: Hashable, Sendable {
    /// Since 1970; negative before.
    package let seconds: Int
    /// After that second: 0 to 999,999,999.
    package let nanoseconds: Int

    package init(seconds: Int = 0, nanoseconds: Int = 0) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// Now, by the clock that file systems take their times from; it moves in steps of some milliseconds.
    package static var now: FileTime {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME_COARSE, &time)
        return FileTime(seconds: time.tv_sec, nanoseconds: time.tv_nsec)
    }

    /// Gives a file, folder or link (itself) this time of change.
    package func set(_ path: String) throws(FileError) {
        let time = timespec(tv_sec: seconds, tv_nsec: nanoseconds)
        guard utimensat(AT_FDCWD, path, [time, time], AT_SYMLINK_NOFOLLOW) == 0 else {
            throw FileError(path, doing: "set the time of")
        }
    }
}

extension FileTime: Comparable {
    package static func < (one: FileTime, other: FileTime) -> Bool {
        (one.seconds, one.nanoseconds) < (other.seconds, other.nanoseconds)
    }
}

extension FileTime {
    /// Seconds with a fraction where there is one, as PAX headers have them: `1.5`, `-0.000000001`.
    package var decimal: String {
        guard nanoseconds != 0 else { return "\(seconds)" }
        let isNegative = seconds < 0
        let whole = isNegative ? -(seconds + 1) : seconds, part = isNegative ? 1_000_000_000 - nanoseconds : nanoseconds
        let digits = String(part), zeros = String(repeating: "0", count: 9 - digits.utf8.count)
        return (isNegative ? "-" : "") + "\(whole)." + zeros + digits
    }

    /// Whatever `decimal` writes, and with other digits behind the point; finer ones are dropped. Nil for what is no
    /// such number.
    package init?(decimal text: String) {
        let isNegative = text.utf8.first == UInt8(ascii: "-")
        let parts = text.utf8.dropFirst(isNegative ? 1 : 0)
            .split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first, (1...19).contains(whole.count), parts.allSatisfy({ $0.count <= 30 }),
            parts.allSatisfy({ $0.allSatisfy { (0x30...0x39).contains($0) } }),
            let seconds = Int((isNegative ? "-" : "") + String(Substring(whole)))
        else { return nil }
        let fraction = parts.count > 1 ? parts[1].prefix(9) : "".utf8[...].prefix(0)
        let nanoseconds =
            fraction.reduce(0) { $0 * 10 + Int($1 - 0x30) }
            * [1_000_000_000, 100_000_000, 10_000_000, 1_000_000, 100_000, 10_000, 1000, 100, 10, 1][fraction.count]
        guard isNegative, nanoseconds > 0 else { self.init(seconds: seconds, nanoseconds: nanoseconds); return }
        guard seconds > Int.min else { return nil }
        self.init(seconds: seconds - 1, nanoseconds: 1_000_000_000 - nanoseconds)
    }
}
