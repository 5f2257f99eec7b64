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

/// pip in an environment of its own, deaf to settings that would install somewhere else.
struct Pip {
    /// The interpreter of its environment.
    private let python: String
    /// The user's, read once: every step of a command goes by the same.
    private let settings: [String: String]
    /// Where its environment is kept between runs.
    private let cache: String
    /// Whether it may start programs, which is how packages are built.
    private let allowsSources: Bool
    /// Of a wheel, and of what is downloaded.
    private let limits: WheelLimits

    /// Makes the environment where there is none, and asks it for the user's settings.
    init(
        in environment: PipEnvironment,
        allowsSources: Bool,
        limits: WheelLimits = .ofThisMachine
    ) throws(PackageError) {
        python = try environment.python()
        settings = try PipSettings.read(by: python)
        cache = environment.cache
        self.allowsSources = allowsSources
        self.limits = limits
    }

    /// - Parameter places: where it may write, beside `work.scratch` and its cache of downloads.
    /// - Throws: `PackageError` with why pip failed, without credentials.
    func run(
        _ arguments: [String],
        to purpose: String,
        _ requirements: Requirements,
        work: PipFolder,
        writing places: [String]
    ) throws(PackageError) {
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
        variables.merge(try PipEnvironment.temporaryFolder(work.scratch)) { $1 }
        let downloads = try downloads(work)
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
            try PipEnvironment.program(
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
                standardModules: standardModules,
                work: work.path
            )
            throw .environment(credentials.redacted(failure.problem))
        }
    }

    /// Names of what Python brings itself; none where it doesn't say.
    private var standardModules: Set<String> {
        let script = "import sys; print(*sorted(sys.stdlib_module_names))"
        let found = try? PipEnvironment.program(python, ["-I", "-S", "-c", script], variables: Self.cleared)
        guard let found, found.status == 0 else { return [] }
        return Set(found.output.split(whereSeparator: \.isWhitespace).map(String.init))
    }

    /// pip's cache of what it downloaded. Where packages are built, their code could lay something there that is
    /// installed elsewhere later: then it is this run's.
    private func downloads(_ work: PipFolder) throws(PackageError) -> String {
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

    private static let roomAdvice = "free some, or package to another disk, and try again"

    /// This process's environment without what changes Python or pip.
    static var cleared: [String: String?] {
        var variables: [String: String?] = ["PYTHONDONTWRITEBYTECODE": "1"]
        for name in ProgramRun.inheritedVariables.keys
        where name.hasPrefix("PIP_") || name.hasPrefix("PYTHON") || name == "VIRTUAL_ENV" {
            if name != "PYTHONDONTWRITEBYTECODE" { variables.updateValue(nil, forKey: name) }
        }
        return variables
    }
}
