internal import CodeEncryption
internal import Files
internal import Notation

/// Locks and installs what a project's `requirements.txt` asks for, with the interpreter that will run it.
struct EnvironmentBuilder {
    /// The interpreter's program.
    var interpreter: String
    /// The version that is linked and measured; the program must have the same.
    var version: String
    /// Where pip's own environment is kept between runs.
    var cache: String
    var allowSources: Bool

    private static let pipOptions = ["--disable-pip-version-check", "--no-input", "--no-warn-conflicts"]
    /// Settings of the user's that would install somewhere else.
    private static let cleared: [String: String?] = [
        "PYTHONPATH": nil, "PYTHONHOME": nil, "VIRTUAL_ENV": nil, "PIP_TARGET": nil, "PIP_USER": nil, "PIP_PREFIX": nil,
        "PIP_REQUIREMENT": nil,
        "PYTHONDONTWRITEBYTECODE": "1",
    ]

    /// One distribution of the resolver's report.
    struct Locked: Hashable {
        var name: String
        var version: String
        /// SHA-256 of the archive, hexadecimal.
        var digest: String
        var isWheel: Bool
    }

    /// Resolves, locks, installs into `site`.
    /// - Returns: the lock's text.
    func build(requirements: String, into site: String, work: String) throws(PackageError) -> String {
        let pip = try tool()
        let report = work + "/report.json"
        var options = ["install", "--dry-run", "--ignore-installed", "--quiet", "--report", report, "-r", requirements] + Self.pipOptions
        if !allowSources { options += ["--only-binary", ":all:"] }
        try run(pip, options.filter { $0 != "--no-warn-conflicts" }, "resolve \(requirements)")
        let locked = try read(report)
        let lock = Self.text(locked)
        guard !locked.isEmpty else { return lock }
        let lockFile = work + "/environment.lock"
        do {
            try Files.write(lock, to: lockFile)
        } catch {
            throw .file(error)
        }
        var install = [
            "install", "--quiet", "--require-hashes", "--no-deps", "--no-compile", "--ignore-installed", "--target", site, "-r", lockFile,
        ]
        install += Self.pipOptions
        if !allowSources { install += ["--only-binary", ":all:"] }
        try run(pip, install, "install the locked environment")
        return lock
    }

    /// `name==version --hash=sha256:…`, sorted.
    static func text(_ locked: [Locked]) -> String {
        locked.map { "\($0.name)==\($0.version) --hash=sha256:\($0.digest)\n" }.sorted().joined()
    }

    private func read(_ report: String) throws(PackageError) -> [Locked] {
        do {
            let root = try JSON.read(try Files.read(report), depthLimit: 64)
            guard case .array(let list)? = root["install"]?.value else {
                throw NotationError(at: root.place, member: "install", "is missing from pip's report")
            }
            return try list.map { item in
                guard case .string(let name)? = item["metadata"]?["name"]?.value,
                    case .string(let version)? = item["metadata"]?["version"]?.value,
                    case .string(let url)? = item["download_info"]?["url"]?.value
                else { throw NotationError(at: item.place, "a distribution without name, version or address in pip's report") }
                guard case .string(let digest)? = item["download_info"]?["archive_info"]?["hashes"]?["sha256"]?.value,
                    Hex.bytes(digest)?.count == 32
                else {
                    throw NotationError(
                        at: item.place, member: name, "has no SHA-256: only archives can be locked, no folders or repositories")
                }
                return Locked(
                    name: name.lowercased().replacing("_", with: "-"), version: version, digest: digest, isWheel: url.hasSuffix(".whl"))
            }
        } catch {
            throw .wrapping(error, path: report)
        }
    }

    /// pip in a virtual environment of its own, of the interpreter's version.
    private func tool() throws(PackageError) -> String {
        let found = try run(
            interpreter, ["-c", "import sys; print('%d.%d.%d' % sys.version_info[:3])"], "run the interpreter"
        ).trimmed
        guard found == version else {
            throw .environment(
                "\(interpreter) is Python \(found), but Python \(version) is linked and measured; install the one that belongs to the library"
            )
        }
        let folder: String
        do throws(FileError) {
            try Files.makeFolder(cache)
            // Programs in it begin with its path, so it must be the real one.
            folder = try Files.resolved(cache) + "/pip-" + version
            if Files.exists(folder + "/bin/pip") { return folder + "/bin/pip" }
            try Files.remove(folder)
        } catch {
            throw .file(error)
        }
        try run(interpreter, ["-m", "venv", folder], "make a virtual environment (Debian: install python3-venv)")
        return folder + "/bin/pip"
    }

    @discardableResult
    private func run(_ program: String, _ arguments: [String], _ purpose: String) throws(PackageError) -> String {
        let result: ProgramRun.Result
        do {
            result = try ProgramRun(program, arguments, environment: Self.cleared).run()
        } catch {
            throw .file(error)
        }
        guard result.status == 0 else {
            let lines = result.output.split(separator: "\n").suffix(12).joined(separator: "\n")
            throw .environment("can't \(purpose):\n\(lines)")
        }
        return result.output
    }
}

extension String {
    fileprivate var trimmed: String { String(split(whereSeparator: \.isWhitespace).joined(separator: " ")) }
}

/// What of an installed environment ships: no byte code, no scripts with this machine's paths, no traces of the installation.
enum InstalledEnvironment {
    static func files(_ site: String) throws(CodeError) -> [CodeTree.File] {
        try CodeTree(site, ignoring: IgnoreList(patterns: ["__pycache__", "*.pyc"])).files.filter { file in
            let name = file.path.split(separator: "/").last ?? ""
            return !file.path.hasPrefix("bin/") && name != "direct_url.json" && name != "REQUESTED" && name != "INSTALLER"
        }
    }

    /// `RECORD` lists scripts and byte code that don't ship; its own order depends on the installation.
    static func record(_ text: String) -> String {
        let lines = text.split(whereSeparator: \.isNewline).filter { line in
            let path = line.prefix { $0 != "," }
            return !path.hasPrefix("../") && !path.hasPrefix("bin/") && !path.contains("__pycache__") && !path.hasSuffix("direct_url.json")
                && !path.hasSuffix("/REQUESTED") && !path.hasSuffix("/INSTALLER")
        }
        return lines.sorted().map { $0 + "\n" }.joined()
    }
}
