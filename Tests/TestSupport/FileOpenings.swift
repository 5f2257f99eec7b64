internal import Glibc
internal import Testing

/// How often files are opened, told by the kernel.
public enum FileOpenings {
    /// - Parameter paths: of files that are there.
    /// - Returns: for each of them how often anybody opened it meanwhile.
    public static func count(of paths: [String], during body: () throws -> Void) throws -> [Int] {
        let events = inotify_init1(Int32(IN_NONBLOCK))
        defer { close(events) }
        // Closing is watched too: the kernel tells what happens twice in a row once.
        let opened = UInt32(IN_OPEN), kinds = opened | UInt32(IN_CLOSE_NOWRITE)
        let watches = paths.map { inotify_add_watch(events, $0, kinds) }
        try #require(watches.allSatisfy { $0 >= 0 })
        try body()
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = max(0, read(events, &buffer, buffer.count))
        var found = [Int32: Int]()
        var place = 0
        buffer.withUnsafeBytes { bytes in
            while place < count {
                let event = bytes.loadUnaligned(fromByteOffset: place, as: inotify_event.self)
                if event.mask & opened != 0 { found[event.wd, default: 0] += 1 }
                place += MemoryLayout<inotify_event>.size + Int(event.len)
            }
        }
        return watches.map { found[$0] ?? 0 }
    }
}
