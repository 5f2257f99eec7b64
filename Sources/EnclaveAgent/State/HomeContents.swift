internal import CodeEncryption
internal import Files
internal import Glibc
internal import Notation
internal import PackageFormat

/// What of HOME can be kept, and what can't (docs/formats/sealed-state.md). The service lays there what it likes: one
/// odd file is left out by itself, and the others are kept.
struct HomeContents: Sendable {
    struct LeftOut: Hashable, Sendable {
        /// Relative; what isn't UTF-8 has replacement characters.
        let path: String
        let problem: String
    }

    /// In the order of archives.
    private(set) var files: [CodeTree.File] = []
    private(set) var leftOut: [LeftOut] = []

    /// Files and folders that are looked at; links can make many of few.
    static let entryLimit = CodeTree.fileLimit
    /// Of one file: no more fits into private memory twice.
    static let fileByteLimit = 2 << 30

    private let root: String
    private var entriesLeft: Int

    /// - Throws: `FileError` when HOME itself can't be listed.
    init(_ folder: String, entryLimit: Int = entryLimit) throws(FileError) {
        root = try Files.resolved(folder)
        entriesLeft = entryLimit
        var folders = [(real: root, path: "")]
        while let (real, path) = folders.popLast() {
            let names: [[UInt8]]
            do throws(FileError) {
                names = try Files.rawNames(in: real)
            } catch {
                guard !path.isEmpty else { throw error }
                leave(path, error.problem)
                continue
            }
            for name in names {
                guard entriesLeft > 0 else {
                    leave(path, "HOME holds more than \(entryLimit) files and folders; the rest of it is left out")
                    folders = []
                    break
                }
                entriesLeft -= 1
                if let folder = look(at: name, in: real, path) { folders.append(folder) }
            }
        }
        files.sort { CodeTree.precedes($0.path, $1.path) }
    }

    /// - Returns: a folder to go into.
    private mutating func look(at name: [UInt8], in folder: String, _ prefix: String) -> (real: String, path: String)? {
        let shown = (prefix.isEmpty ? "" : prefix + "/") + String(decoding: name, as: UTF8.self)
        do {
            let source = folder + "/" + (try Files.name(name, in: folder))
            try CodeTree.check(shown)
            guard let target = target(of: source, in: folder, shown) else { return nil }
            switch try FileKind(target) {
            case .folder: return (target, shown)
            case .file:
                guard access(target, R_OK) == 0 else { throw FileError(target, doing: "read") }
                guard let version = FileVersion(target) else { return nil }  // gone
                guard version.byteCount <= Self.fileByteLimit else {
                    leave(shown, "has \(version.byteCount) bytes; at most \(Self.fileByteLimit) are kept")
                    return nil
                }
                files.append(CodeTree.File(path: shown, source: target, byteCount: version.byteCount))
            case .absent: break
            case .link, .device, .pipeOrSocket: leave(shown, "is neither a file nor a folder")
            }
        } catch let error as FileError {
            leave(shown, error.problem)
        } catch CodeError.refused(_, let problem) {
            leave(shown, "has " + problem)
        } catch {
            leave(shown, "\(error)")
        }
        return nil
    }

    /// What lies under a name, links followed.
    private mutating func target(of source: String, in folder: String, _ shown: String) -> String? {
        guard (try? FileKind(source)) == .link else { return source }
        guard let resolved = try? Files.resolved(source) else {
            leave(shown, "is a link that leads nowhere")
            return nil
        }
        guard Files.isInside(resolved, root) else {
            leave(shown, "is a link that leaves HOME")
            return nil
        }
        guard !Files.isInside(folder, resolved) else {
            leave(shown, "is a link to a folder that it lies in")
            return nil
        }
        return resolved
    }

    private mutating func leave(_ path: String, _ problem: String) {
        leftOut.append(LeftOut(path: path, problem: problem))
    }

    /// Writes what can be kept as one archive. Each file is as it was while it was read; one that can't be read any
    /// more is left out.
    /// - Throws: `FileError` when the archive can't be written.
    mutating func write(to path: String) throws(FileError) {
        let tar = try TarWriter(path)
        for file in files {
            do throws(FileError) {
                let input = try OpenFile(regular: file.source)
                if let problem = try tar.add(file.path, asItIs: input) { leave(file.path, problem.problem) }
            } catch {
                guard error.path.utf8.elementsEqual(file.source.utf8) else { throw error }
                leave(file.path, error.problem)
            }
        }
        try tar.finish()
    }

    private static let shownLimit = 100

    /// For its owner; nil when everything is kept.
    var leftOutText: String? {
        guard !leftOut.isEmpty else { return nil }
        let lines = leftOut.prefix(Self.shownLimit).map { "\n  \($0.path.printable(limit: nil)): \($0.problem)" }
        let more = leftOut.count > Self.shownLimit ? "\n  and \(leftOut.count - Self.shownLimit) more" : ""
        return "HOME is kept without \(leftOut.count) of what lies in it:" + lines.joined() + more
    }
}
