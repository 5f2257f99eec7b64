internal import CodeEncryption
internal import Files
internal import Glibc
internal import Notation
internal import PackageFormat

/// What of HOME can be kept, and what can't (docs/formats/sealed-state.md). The service lays there what it likes: one
/// odd file is left out by itself, and the others are kept. No link is followed.
struct HomeContents: Sendable {
    struct Entry: Sendable {
        /// Relative.
        let path: String
        let source: String
        let kind: TarAttributes.Kind
        let version: FileVersion
    }

    struct LeftOut: Hashable, Sendable {
        /// Relative; what isn't UTF-8 has replacement characters.
        let path: String
        let problem: String
    }

    /// In the order of archives, so that a folder stands before what lies in it.
    private(set) var entries: [Entry] = []
    private(set) var leftOut: [LeftOut] = []
    /// Of private memory, holes left out.
    private(set) var takenByteCount = 0

    /// Files, folders and links that are looked at.
    static let entryLimit = CodeTree.fileLimit
    /// For looking through all names.
    static let secondLimit = 60

    let root: String
    /// As the service may name it in links.
    private let name: String
    private var entriesLeft: Int
    /// Files that were counted; one may have several names.
    private var counted: Set<UInt64> = []

    /// - Throws: `FileError` when HOME itself can't be listed, `HomeProblem` when it takes too long.
    init(_ folder: String, entryLimit: Int = entryLimit, within limit: TimeLimit = TimeLimit(seconds: secondLimit))
        throws
    {
        name = folder
        root = try Files.resolved(folder)
        entriesLeft = entryLimit
        var folders = [""]
        while let path = folders.popLast() {
            let place = path.isEmpty ? root : root + "/" + path
            let names: [[UInt8]]
            do throws(FileError) {
                names = try Files.rawNames(in: place)
            } catch {
                guard !path.isEmpty else { throw error }
                leave(path, error.problem)
                continue
            }
            for name in names {
                try limit.check(place)
                guard entriesLeft > 0 else {
                    leave(path, "HOME holds more than \(entryLimit) files and folders; the rest of it is left out")
                    folders = []
                    break
                }
                entriesLeft -= 1
                if let folder = look(at: name, in: place, path) { folders.append(folder) }
            }
        }
        entries.sort { CodeTree.precedes($0.path, $1.path) }
    }

    /// - Returns: a folder to go into.
    private mutating func look(at name: [UInt8], in folder: String, _ prefix: String) -> String? {
        let path = (prefix.isEmpty ? "" : prefix + "/") + String(decoding: name, as: UTF8.self)
        do {
            let source = folder + "/" + (try Files.name(name, in: folder))
            try CodeTree.check(path)
            let found = try FileKind(source)
            guard let version = FileVersion(source), let kind = try kind(of: source, found, path) else { return nil }
            entries.append(Entry(path: path, source: source, kind: kind, version: version))
            if kind == .file, counted.insert(version.number).inserted {
                let (sum, isTooMuch) = takenByteCount.addingReportingOverflow(FileRoom.taken(by: source) ?? 0)
                takenByteCount = isTooMuch ? Int.max : sum
            }
            return kind == .folder ? path : nil
        } catch let error as FileError {
            leave(path, error.problem)
        } catch CodeError.refused(_, let problem) {
            leave(path, "has " + problem)
        } catch {
            leave(path, "\(error)")
        }
        return nil
    }

    /// - Returns: nil where it has gone meanwhile, or is left out.
    private mutating func kind(of source: String, _ found: FileKind, _ path: String) throws(FileError)
        -> TarAttributes.Kind?
    {
        switch found {
        case .absent: return nil
        case .folder: return .folder
        case .file:
            guard access(source, R_OK) == 0 else { throw FileError(source, doing: "read") }
            return .file
        case .link:
            let target = try Files.linkTarget(source)
            guard staysInside(target, path) else {
                leave(path, "is a link that leaves HOME")
                return nil
            }
            return .link(to: target)
        case .device, .pipeOrSocket:
            leave(path, "is neither a file nor a folder")
            return nil
        }
    }

    /// Whether a link leads to a place in HOME, by its text: whatever is there, if anything.
    private func staysInside(_ target: String, _ path: String) -> Bool {
        let isAbsolute = target.utf8.first == UInt8(ascii: "/")
        var place = isAbsolute ? [] : Files.components(root + "/" + path).dropLast().filter { !$0.isEmpty }
        for part in Files.components(target) where !part.isEmpty && part != "." {
            if part == ".." { _ = place.popLast() } else { place.append(part) }
        }
        let end = "/" + place.joined(separator: "/")
        return Files.isInside(end, root) || isAbsolute && Files.isInside(end, name)
    }

    /// Says of what was found that not all of it is kept.
    mutating func leave(_ path: String, _ problem: String) { leftOut.append(LeftOut(path: path, problem: problem)) }

    private static let shownLimit = 100

    /// For its owner; nil when everything is kept.
    var leftOutText: String? {
        guard !leftOut.isEmpty else { return nil }
        let lines = leftOut.prefix(Self.shownLimit).map { "\n  \($0.path.printable(limit: nil)): \($0.problem)" }
        let more = leftOut.count > Self.shownLimit ? "\n  and \(leftOut.count - Self.shownLimit) more" : ""
        return "HOME is kept without \(leftOut.count) of what lies in it:" + lines.joined() + more
    }
}
