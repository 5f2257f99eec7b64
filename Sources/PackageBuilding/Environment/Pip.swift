internal import Files
internal import Notation
internal import PackageFormat
internal import Processes

/// Where pip works: its lists, which it reads, and what it writes.
struct PipFolder {
    let path: String
    /// Its temporary files, its records and its report.
    var scratch: String { path + "/scratch" }
    /// What it downloaded.
    var archives: String { path + "/archives" }
    /// Of this run's downloads alone.
    var cache: String { scratch + "/cache" }
    /// What pip said.
    var records: String { scratch + "/pip.records" }
    var report: String { scratch + "/report.json" }
    var requirements: String { path + "/" + PipLists.requirements }
    var constraints: String { path + "/" + PipLists.constraints }

    /// - Parameter folder: one that is this user's alone.
    init(in folder: String) throws(FileError) {
        path = try Files.resolved(folder) + "/pip"
        for folder in [path, scratch, cache, archives] { try Files.makeFolder(folder, mode: 0o700) }
    }
}

/// pip in a virtual environment of its own, of the interpreter's version, deaf to settings that would install somewhere
/// else.
struct Pip {
    /// The interpreter's program.
    var interpreter: String
    /// The version that is linked and measured; the program must have the same.
    var version: String
    /// Where its environment is kept between runs.
    var cache: String
    /// Whether it may start programs, which is how packages are built.
    var allowsSources: Bool
    /// Of a wheel, and of what is downloaded.
    var limits = WheelLimits.ofThisMachine

    /// Settings of the user's that say where packages come from; all others would say what is installed, and where to.
    private static let settings: Set<String> = [
        "index-url", "extra-index-url", "find-links", "no-index", "trusted-host", "cert", "client-cert", "proxy",
        "timeout",
        "default-timeout",
        "retries", "pre", "prefer-binary", "constraint", "require-hashes", "cache-dir", "no-cache-dir",
    ]

    /// What `pip config list` says, as JSON: a command's own setting before the general one, the environment's before
    /// both.
    private static let configured = """
        import ast, json, os, subprocess, sys
        run = subprocess.run([sys.executable, "-I", "-m", "pip", "config", "list"], capture_output=True, text=True)
        if run.returncode:
            from pip._internal.configuration import get_configuration_files
            named = [path for paths in get_configuration_files().values() for path in paths]
            named.append(os.environ.get("PIP_CONFIG_FILE", ""))
            present = " ".join(dict.fromkeys(path for path in named if os.path.isfile(path)))
            words = " ".join((run.stderr or run.stdout).split())[-500:]
            sys.exit(f"{words} (looked at: {present or 'variables PIP_*'})")
        listing = run.stdout
        found = {}
        for rank, section in enumerate(("global", "download", "install", ":env:")):
            for line in listing.splitlines():
                name, equals, value = line.partition("=")
                if equals and name.startswith(section + "."):
                    found[name[len(section) + 1:].replace("_", "-")] = str(ast.literal_eval(value))
        print(json.dumps(found))
        """

    /// - Parameter places: where it may write, beside `work.scratch` and its cache of downloads.
    /// - Throws: `PackageError` with why pip failed, without credentials.
    func run(
        _ arguments: [String],
        to purpose: String,
        _ requirements: Requirements,
        work: PipFolder,
        writing places: [String]
    ) throws(PackageError) {
        let python = try environment()
        let settings = try settings(python)
        if let problem = PipSettings.problem(settings, requirements) {
            throw .environment("can't \(purpose): \(problem)")
        }
        var credentials = requirements.credentials
        var variables = Self.cleared
        for name in Self.proxyVariables {
            if let proxy = ProgramRun.inheritedVariables[name] { credentials.learn(address: proxy) }
        }
        for (name, value) in settings {
            if name == "proxy" { credentials.learn(address: value) } else { credentials.learn(from: value) }
            variables["PIP_" + name.uppercased().replacing("-", with: "_")] = value
        }
        for (name, value) in requirements.variables { variables[name] = value }
        variables["PIP_CONFIG_FILE"] = "/dev/null"
        // An index that doesn't answer is asked for each package again: whoever named none of these wants to know
        // within half a minute.
        if settings["timeout"] == nil, settings["default-timeout"] == nil { variables["PIP_DEFAULT_TIMEOUT"] = "10" }
        if settings["retries"] == nil { variables["PIP_RETRIES"] = "1" }
        variables.merge(try Self.temporaryFolder(work.scratch)) { $1 }
        let downloads = try downloads(settings, work)
        if settings["no-cache-dir"] == nil { variables["PIP_CACHE_DIR"] = downloads }
        // Builds write there, too.
        if allowsSources {
            variables["XDG_CACHE_HOME"] = work.scratch
            variables["CARGO_HOME"] = work.scratch + "/cargo"
        }
        let pipGuard = PipGuard(
            places: [work.scratch, downloads] + places,
            allowsSources: allowsSources,
            limits: limits
        )
        let records = work.records
        try? Files.remove(records)
        let watch = PipWatch(records: records, purpose: purpose, credentials: credentials)
        let result = try watch.while { () throws(PackageError) in
            try program(
                python,
                // With a log it says more, and its records are what is read.
                pipGuard.arguments(
                    records: records,
                    arguments + [
                        "--disable-pip-version-check", "--no-input", "--no-color", "--progress-bar", "off", "--log",
                        "/dev/null",
                    ]
                ),
                variables: variables,
                writeLimit: pipGuard.writeLimit
            )
        }
        // pip goes on without an index that it can't reach: then others decide what is installed.
        if let index = watch.unreachable {
            throw .environment(
                "can't \(purpose): \(index); try again, or take that index out of requirements.txt or pip's settings"
            )
        }
        guard result.status == 0 else {
            let told = PipRecord.all(records)
            if let full = roomProblem(told, result.output) { throw .environment("can't \(purpose): \(full)") }
            let failure = PipFailure(
                output: result.output,
                records: told,
                purpose: purpose,
                requirements: requirements,
                credentials: credentials,
                settings: settings,
                allowsSources: allowsSources,
                limits: limits,
                standardModules: standardModules(python),
                work: work.path
            )
            throw .environment(credentials.redacted(failure.problem))
        }
    }

    /// Names of what Python brings itself; none where it doesn't say.
    private func standardModules(_ python: String) -> Set<String> {
        let script = "import sys; print(*sorted(sys.stdlib_module_names))"
        let found = try? program(python, ["-I", "-S", "-c", script], variables: Self.cleared)
        guard let found, found.status == 0 else { return [] }
        return Set(found.output.split(whereSeparator: \.isWhitespace).map(String.init))
    }

    /// pip's cache of what it downloaded. Where packages are built, their code could lay something there that is
    /// installed elsewhere later: then it is this run's.
    private func downloads(_ settings: [String: String], _ work: PipFolder) throws(PackageError) -> String {
        if allowsSources { return work.cache }
        let variables = ProgramRun.inheritedVariables
        let home = variables["HOME"] ?? "/"
        let usual = variables["XDG_CACHE_HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? home + "/.cache"
        let named = settings["cache-dir"] ?? usual + "/pip"
        do {
            let path = named.hasPrefix("~/") ? home + named.dropFirst() : named
            try? Files.makeFolder(path, mode: 0o700)
            // Where none can be made, pip does without; the kernel is told no place that isn't there.
            guard Files.isFolder(path) else { return work.cache }
            let real = try Files.resolved(path), own = try Files.resolved(cache)
            guard real != own, !own.utf8.starts(with: (real == "/" ? "/" : real + "/").utf8),
                !real.utf8.starts(with: (own + "/").utf8)
            else {
                throw PackageError.environment(
                    """
                    pip's setting cache-dir (\(named.printable(limit: nil))) holds what is run from \
                    \(own.printable(limit: nil)): name another folder
                    """
                )
            }
            return real
        } catch {
            throw .wrapping(error, path: named)
        }
    }

    /// By which libraries find proxies, whose addresses may hold a user and a password.
    private static let proxyVariables = ["http_proxy", "https_proxy", "all_proxy"].flatMap { [$0, $0.uppercased()] }

    /// A full disk, however deep in Python it was met; of what pip itself says, only where the system said so.
    private func roomProblem(_ records: [PipRecord], _ output: String) -> String? {
        let failures = records.filter { $0.level >= 40 }
        let output =
            failures.isEmpty ? output : failures.filter { $0.error == "OSError" }.map(\.text).joined(separator: "\n")
        let kinds = [
            ("No space left on device", "there is no room left on the disk", Self.roomAdvice),
            ("Disk quota exceeded", "the disk quota is used up", Self.roomAdvice),
            ("Read-only file system", "the file system can't be written to", Self.roomAdvice),
            ("File too large", "a file of it would have more than \(limits.byteCount >> 20) MiB", limits.mend),
        ]
        for line in output.split(separator: "\n") {
            guard let (mark, words, mend) = kinds.first(where: { line.contains($0.0) }) else { continue }
            let path = line[(line.firstRange(of: mark)?.upperBound ?? line.endIndex)...].split(separator: "'")
                .dropFirst().first
            return words + (path.map { " (\(String($0).printable(limit: nil)))" } ?? "") + "; " + mend
        }
        return nil
    }

    private static let roomAdvice = "free some, or package to another --output, and try again"

    /// A virtual environment, and the path of its interpreter.
    func environment() throws(PackageError) -> String {
        let found = try program(
            interpreter,
            ["-I", "-S", "-c", "import sys; print('%d.%d.%d' % sys.version_info[:3])"],
            variables: Self.cleared
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
        let surroundings = Self.cleared.merging(try Self.temporaryFolder(temporary)) { $1 }
        let made = try program(interpreter, ["-I", "-m", "venv", folder], variables: surroundings)
        try? Files.remove(temporary)  // it is of no use, and in nobody's way
        guard made.status == 0 else {
            throw .environment(
                "can't make a virtual environment (Debian: install python3-venv):\n\(made.output.suffix(2000))"
            )
        }
        Unfinished.end(folder)
        return folder + "/bin/python"
    }

    /// - Parameter others: variables for this one look.
    func settings(_ python: String, _ others: [String: String] = [:]) throws(PackageError) -> [String: String] {
        // A setting 'user = true' would have pip's own listing look into the user's file alone; the environment's word
        // beats it. With another interpreter it would run itself there.
        let whole: [String: String?] = ["PIP_USER": "0", "PIP_GLOBAL": "0", "PIP_SITE": "0", "PIP_PYTHON": nil]
        let result = try program(
            python,
            ["-I", "-c", Self.configured],
            variables: whole.merging(others.mapValues { $0 }) { $1 }
        )
        do {
            guard result.status == 0, case .object(let members) = try JSON.read(Array(result.output.utf8)).value else {
                let words = result.output.suffix(2000).split(whereSeparator: \.isWhitespace).joined(separator: " ")
                var credentials = Credentials()
                credentials.learn(from: result.output)
                throw PackageError.environment(
                    "pip's settings can't be read: \(credentials.redacted(words).printable(limit: nil))"
                )
            }
            return members.reduce(into: [:]) { found, member in
                if case .string(let text) = member.node.value, Self.settings.contains(member.name) {
                    found[member.name] = text
                }
            }
        } catch {
            throw error as? PackageError ?? .environment("pip's settings can't be read: \(error)")
        }
    }

    /// This process's environment without what changes Python or pip.
    static var cleared: [String: String?] {
        var variables: [String: String?] = ["PYTHONDONTWRITEBYTECODE": "1"]
        for name in ProgramRun.inheritedVariables.keys
        where name.hasPrefix("PIP_") || name.hasPrefix("PYTHON") || name == "VIRTUAL_ENV" {
            if name != "PYTHONDONTWRITEBYTECODE" { variables.updateValue(nil, forKey: name) }
        }
        return variables
    }

    /// Makes a folder, and names it in all variables that Python goes by: what pip and what it starts leave there when
    /// they are ended goes with what it is in.
    private static func temporaryFolder(_ path: String) throws(PackageError) -> [String: String?] {
        do {
            try Files.makeFolder(path, mode: 0o700)
            let real = try Files.resolved(path)
            return ["TMPDIR": real, "TEMP": real, "TMP": real]
        } catch {
            throw .file(error)
        }
    }

    private func program(
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
