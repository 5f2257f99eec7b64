internal import Files
internal import Glibc
internal import Notation
internal import PackageFormat
internal import Secrets
internal import StrictX509

/// Files that are their owner's alone: keys, tokens, secrets.
public enum PrivateFiles {
    /// A word about each of them that others of this machine may read or write.
    /// - Parameter paths: those that were named; nil for what wasn't.
    public static func warnings(_ paths: [String?]) -> [String] {
        var seen: Set<String> = []
        return paths.compactMap { $0 }.filter { seen.insert($0).inserted }.compactMap { path in
            // What a shell opened is named by a number: its mode is another file's, and reading it would use it up.
            guard !isNumbered(path), let access = FileAccess(path), access.isRegular, looksPrivate(path) else {
                return nil
            }
            let shown = path.printable(limit: nil)
            // The administrator reads everything anyway.
            guard access.isOwn || access.user == 0 else {
                return "WARNING: \(shown) is private, and belongs to another user (id \(access.user)), who reads and "
                    + "changes it; mend it with: install -m 600 \(ShellWord(path: path)) COPY, and name the copy"
            }
            guard access.isOpenToOthers else { return nil }
            let mode = String(0o1000 + access.mode, radix: 8).dropFirst()
            return "WARNING: \(shown) is private, and its mode 0\(mode) opens it to others of this machine; "
                + "mend it with: chmod 600 \(ShellWord(path: path))"
        }
    }

    private static func isNumbered(_ path: String) -> Bool {
        path == "/dev/stdin" || Files.isInside(path, "/dev/fd") || Files.isInside(path, "/proc")
    }

    /// A file of another kind was named by mistake, which is told soon enough: nobody is to close his certificates.
    private static func looksPrivate(_ path: String) -> Bool {
        guard let file = try? OpenFile(path, O_RDONLY) else { return false }
        var start = [UInt8](repeating: 0, count: 1 << 16)
        defer { start.wipe() }
        let count = (try? start.withUnsafeMutableBytes { try file.read(into: $0) }) ?? 0
        start.removeLast(start.count - count)
        return switch ContentKind(start) {
        case .keySized, .privateKey, .json: true
        case .text: isValue(start)
        default: false
        }
    }

    /// A string or number is JSON too, and as secret as any.
    private static func isValue(_ bytes: [UInt8]) -> Bool {
        (try? SecretNode(SecretBytes(copying: bytes.span.bytes).withoutMark(), depthLimit: 1)) != nil
    }

    /// The secrets that `localtest` takes where none are named.
    public static func secrets(of project: String) -> String { project + "/secrets.json" }
}
