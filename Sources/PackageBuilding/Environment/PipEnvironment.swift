internal import Files
internal import Notation
internal import PackageFormat
internal import Processes

/// A virtual environment that pip is run in, of the interpreter's version.
struct PipEnvironment {
    /// The interpreter's program.
    var interpreter: String
    /// The version that is linked and measured; the program must have the same.
    var version: String
    /// Where it is kept between runs.
    var cache: String

    /// Makes it where there is none.
    /// - Returns: the path of its interpreter.
    func python() throws(PackageError) -> String {
        let found = try Self.program(
            interpreter,
            ["-I", "-S", "-c", "import sys; print('%d.%d.%d' % sys.version_info[:3])"],
            variables: Pip.cleared
        )
        // Loaders have something to say before it.
        let foundVersion =
            found.output.split(whereSeparator: \.isNewline).last.map { $0.filter { !$0.isWhitespace } } ?? ""
        guard found.status == 0, foundVersion == version else {
            throw .environment(
                """
                \(interpreter) is Python \(foundVersion.printable(limit: nil)), but Python \(version) is linked and \
                measured; install the one that belongs to the library
                """
            )
        }
        let folder: String
        let lock: FileLock
        do throws(FileError) {
            try Files.makeFolder(cache, mode: 0o700)
            // Programs in it begin with its path, so it must be the real one.
            folder = try Files.resolved(cache) + "/pip-" + version
            // Two that make it at once would each remove what the other has begun.
            lock = try FileLock.hold(folder + ".lock")
            if Files.exists(folder + "/bin/pip") { return folder + "/bin/python" }
            try Files.remove(folder)
        } catch {
            throw .file(error)
        }
        defer { withExtendedLifetime(lock) {} }
        // Half of one looks like a whole.
        Unfinished.begin(folder)
        let temporary = folder + "/tmp"
        let surroundings = Pip.cleared.merging(try Self.temporaryFolder(temporary)) { $1 }
        let made = try Self.program(interpreter, ["-I", "-m", "venv", folder], variables: surroundings)
        try? Files.remove(temporary)  // it is of no use, and in nobody's way
        guard made.status == 0 else {
            throw .environment(
                "can't make a virtual environment (Debian: install python3-venv):\n\(made.output.suffix(2000))"
            )
        }
        Unfinished.end(folder)
        return folder + "/bin/python"
    }

    /// Makes a folder, and names it in all variables that Python goes by: what pip and what it starts leave there when
    /// they are ended goes with what it is in.
    static func temporaryFolder(_ path: String) throws(PackageError) -> [String: String?] {
        do {
            try Files.makeFolder(path, mode: 0o700)
            let real = try Files.resolved(path)
            return ["TMPDIR": real, "TEMP": real, "TMP": real]
        } catch {
            throw .file(error)
        }
    }

    static func program(
        _ path: String,
        _ arguments: [String],
        variables: [String: String?],
        writeLimit: WriteLimit? = nil
    ) throws(PackageError) -> ProgramRun.Result {
        do {
            return try ProgramRun(path, arguments, environment: variables, writeLimit: writeLimit).run()
        } catch {
            throw .file(error)
        }
    }
}
