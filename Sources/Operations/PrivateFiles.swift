internal import Files

/// Files that are their owner's alone: keys, tokens, secrets.
public enum PrivateFiles {
    /// A word about each of them that others of this machine may read or write.
    /// - Parameter paths: those that were named; nil for what wasn't.
    public static func warnings(_ paths: [String?]) -> [String] {
        var seen: Set<String> = []
        return paths.compactMap { $0 }.filter { seen.insert($0).inserted }.compactMap { path in
            guard let access = FileAccess(path), access.isRegular, access.isOpenToOthers else { return nil }
            let mode = String(0o1000 + access.mode, radix: 8).dropFirst()
            let shown = FileError.printable(path)
            return "WARNING: \(shown) is private, and its mode 0\(mode) opens it to others of this machine; "
                + "mend it with 'chmod 600 \(shown)'"
        }
    }

    /// The secrets that `localtest` takes where none are named.
    public static func secrets(of project: String) -> String { project + "/secrets.json" }
}
