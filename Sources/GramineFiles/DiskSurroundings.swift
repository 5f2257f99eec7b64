internal import Files
internal import Glibc
package import Gramine
internal import Processes
package import SGXQuote

/// What is around a manifest on this machine: its files, programs and variables.
package struct DiskSurroundings: Surroundings, Sendable {
    /// Where relative paths begin; nil for the working folder.
    let folder: String?
    let variables: [String: String]
    /// Called with how many bytes of files were hashed so far, from any thread.
    let advance: (@Sendable (_ byteCount: Int) -> Void)?

    /// Of what a program that a template calls may write, in bytes, and how long it may take.
    private static let outputLimit = 16 << 20
    private static let timeLimit = Duration.seconds(60)

    package init(
        folder: String? = nil,
        variables: [String: String],
        advance: (@Sendable (_ byteCount: Int) -> Void)? = nil
    ) {
        self.folder = folder
        self.variables = variables
        self.advance = advance
    }

    private func place(_ path: String) -> String {
        guard let folder, path.utf8.first != UInt8(ascii: "/") else { return path }
        return folder + "/" + path
    }

    package func kind(of path: String) -> EntryKind? {
        guard let kind = FileKind(following: place(path)) else { return nil }
        return kind == .file ? .file : kind == .folder ? .folder : .other
    }

    package func linkTarget(of path: String) -> String? {
        guard let kind = try? FileKind(place(path)), kind == .link else { return nil }
        // What it leads to may have a name that no manifest can hold: then nothing is found there.
        return (try? Files.linkTarget(place(path))) ?? "\u{FFFD}"
    }

    package func isReadable(_ path: String) -> Bool { Files.isReadable(place(path)) }

    package func names(in folder: String) throws(GramineError) -> [String] {
        do { return try Files.names(in: place(folder)) } catch { throw Self.unreadable(error) }
    }

    package func digests(of paths: [String]) throws(GramineError) -> [FixedBytes<32>] {
        do {
            return try FileDigests.sha256(of: paths.map { place($0) }, advance: advance)
        } catch {
            guard error.number == ENOENT || error.number == ENOTDIR else { throw Self.unreadable(error) }
            throw GramineError(.missingFile, "\(error)")
        }
    }

    private static func unreadable(_ error: FileError) -> GramineError { GramineError(.unreadable, "\(error)") }

    package func byteCount(of path: String) -> Int? {
        guard let size = try? OpenFile(onDisk: place(path)).byteCount() else { return nil }
        return size
    }

    package func beginning(of path: String) -> [UInt8]? {
        guard let file = try? OpenFile(onDisk: place(path)) else { return nil }
        var bytes = [UInt8](repeating: 0, count: 256)
        guard let count = try? bytes.withUnsafeMutableBytes({ try file.read(into: $0) }) else { return nil }
        return Array(bytes.prefix(count))
    }

    package func resolved(_ path: String) throws(GramineError) -> String {
        do { return try Files.resolved(place(path)) } catch { throw GramineError(.missingFile, "\(error)") }
    }

    package func output(of program: String, arguments: [String]) throws(GramineError) -> String {
        guard let path = ProgramRun.find(program, in: variables["PATH"]) else {
            throw GramineError(
                .missingFile,
                "no program '\(program)' is in the folders of the variable PATH",
                mend: "install it, or don't call it in the template"
            )
        }
        var run = ProgramRun(place(path), arguments, environment: variables, folder: folder, inheritsEnvironment: false)
        run.name = program
        do {
            let (status, bytes) = try run.standardOutput(limit: Self.outputLimit, timeLimit: Self.timeLimit)
            guard status == 0 else {
                throw GramineError(.template, "the program '\(program)' ended with \(status), and not with 0")
            }
            return String(decoding: bytes, as: UTF8.self)
        } catch let error as FileError {
            throw Self.unreadable(error)
        } catch let error as GramineError {
            throw error
        } catch {
            throw GramineError(.template, "\(error)")
        }
    }

    package func variable(_ name: String) -> String? { variables[name] }
}
