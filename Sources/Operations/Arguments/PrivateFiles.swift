internal import Files
internal import Glibc
internal import StrictX509

/// Files that are their owner's alone: keys, tokens, secrets.
public enum PrivateFiles {
    /// A word about each of them that others of this machine may read or write.
    /// - Parameter paths: those that were named; nil for what wasn't.
    public static func warnings(_ paths: [String?]) -> [String] {
        var seen: Set<String> = []
        return paths.compactMap { $0 }.filter { seen.insert($0).inserted }.compactMap { path in
            guard let access = FileAccess(path), access.isRegular, access.isOpenToOthers, looksPrivate(path) else {
                return nil
            }
            let mode = String(0o1000 + access.mode, radix: 8).dropFirst()
            let shown = FileError.printable(path)
            return "WARNING: \(shown) is private, and its mode 0\(mode) opens it to others of this machine; "
                + "mend it with 'chmod 600 \(shown)'"
        }
    }

    /// A file of another kind was named by mistake, which is told soon enough: nobody is to close his certificates.
    private static func looksPrivate(_ path: String) -> Bool {
        guard let file = try? OpenFile(path, O_RDONLY) else { return false }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = (try? bytes.withUnsafeMutableBytes { try file.read(into: $0) }) ?? 0
        switch ContentKind(Array(bytes[..<count])) {
        case .keySized, .privateKey, .json: return true
        default: return false
        }
    }

    /// The secrets that `localtest` takes where none are named.
    public static func secrets(of project: String) -> String { project + "/secrets.json" }
}
