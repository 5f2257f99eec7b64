internal import Crypto
internal import Files
internal import Notation
public import PackageFormat
internal import Processes

/// A virtual environment on its owner's machine, kept between runs: resolved, locked and installed as a package's is,
/// so that nothing is built or run unless the project allows it.
public struct TestEnvironment: Sendable {
    /// Its folder, with `bin/python`.
    public let folder: String
    /// Where its packages lie.
    public let site: String

    /// - Parameters:
    ///   - requirements: of the code, or of the tests.
    ///   - runtime: whose interpreter it is for.
    ///   - cache: where it is kept.
    /// - Throws: `PackageError` with what can't be locked, would run code, or isn't found.
    public init(_ requirements: Wanted, runtime: MachineRuntime, cache: String) throws(PackageError) {
        let wanted = try requirements.read()
        let pip = PipEnvironment(interpreter: runtime.interpreter, version: runtime.list.python, cache: cache)
        do {
            let tools = try pip.python()
            let key = try Self.key(wanted, allowsSources: requirements.allowsSources, runtime)
            let path = try Files.resolved(cache) + "/environment-" + key
            let library = runtime.list.python.split(separator: ".").prefix(2).joined(separator: ".")
            folder = path
            site = path + "/lib/python\(library)/site-packages"
            if Files.exists(path + "/.complete") { return }
            // Another command may be making it.
            let lock = try FileLock.hold(path + ".lock")
            defer { withExtendedLifetime(lock) {} }
            if Files.exists(path + "/.complete") { return }
            try Files.remove(path)
            Unfinished.begin(path)
            let made = try ProgramRun(
                runtime.interpreter,
                ["-I", "-m", "venv", "--without-pip", path],
                environment: Pip.cleared
            ).run()
            guard made.status == 0, Files.isFolder(site) else {
                throw PackageError.environment("can't make a virtual environment:\n\(made.output.suffix(2000))")
            }
            let work = try Files.makeTemporaryFolder(in: cache, prefix: "environment")
            defer { try? Files.remove(work) }
            let builder = EnvironmentBuilder(
                interpreter: runtime.interpreter,
                version: runtime.list.python,
                cache: cache,
                allowsSources: requirements.allowsSources
            )
            let locked = try builder.build(wanted, into: site, work: work).lock
            try Self.takeScripts(site + "/bin", to: path + "/bin", from: tools)
            try Files.write(locked, to: path + "/.complete")
            Unfinished.end(path)
        } catch {
            throw .wrapping(error, path: requirements.place)
        }
    }

    /// Scripts begin with the interpreter that installed them.
    private static func takeScripts(_ folder: String, to target: String, from tools: String) throws {
        guard Files.isFolder(folder) else { return }
        for name in try Files.names(in: folder) {
            // Its interpreter is there already.
            guard !Files.exists(target + "/" + name) else {
                throw PackageError.environment(
                    """
                    one of the packages brings a script '\(name.printable(limit: nil))', which would take the place of \
                    the environment's own program; leave that package out
                    """
                )
            }
            let bytes = try Files.read(folder + "/" + name)
            let script = bytes.starts(with: "#!".utf8) ? String(validating: bytes, as: UTF8.self) : nil
            let mine = script.map { Array($0.replacing(tools, with: target + "/python").utf8) }
            try Files.write(mine ?? bytes, to: target + "/" + name, mode: 0o755)
        }
        try Files.remove(folder)
    }

    /// What it is made of: the lines, and the files of this machine that they name.
    private static func key(
        _ wanted: Requirements,
        allowsSources: Bool,
        _ runtime: MachineRuntime
    ) throws -> String {
        var hash = SHA256()
        for line in ["\(allowsSources)", runtime.list.python, runtime.interpreter] + wanted.options
            + wanted.distributions
            + wanted.constraints
        {
            hash.update(data: Array((line + "\n").utf8))
        }
        for path in wanted.local where !Files.isFolder(path) { hash.update(data: try FileDigest.sha256(path)) }
        for (name, value) in wanted.variables.sorted(by: { $0.key < $1.key }) {
            hash.update(data: Array("\(name)=\(value)\n".utf8))
        }
        return Hex.text(Array(hash.finalize()).prefix(8))
    }

    /// What an environment shall hold.
    public struct Wanted: Sendable {
        fileprivate var source: Source
        fileprivate var project: String
        fileprivate var allowsSources: Bool

        fileprivate enum Source: Sendable {
            case file(String)
            case lines([String], place: String)
        }

        fileprivate var place: String {
            switch source {
            case .file(let path): path
            case .lines(_, let place): place
            }
        }

        /// - Parameter file: needn't be there.
        public static func file(_ file: String, project: String, _ configuration: ProjectConfiguration) -> Wanted {
            Wanted(source: .file(file), project: project, allowsSources: configuration.allowSources)
        }

        /// `tests_requirements`.
        /// - Parameter project: where relative paths count from.
        public static func tests(_ configuration: ProjectConfiguration, project: String) -> Wanted {
            Wanted(
                source: .lines(
                    configuration.testRequirements,
                    place: "\(ProjectConfiguration.fileName), tests_requirements"
                ),
                project: project,
                allowsSources: configuration.allowSources
            )
        }

        fileprivate func read() throws(PackageError) -> Requirements {
            let environment = ProgramRun.inheritedVariables
            switch source {
            case .file(let path):
                guard Files.exists(path) else {
                    return try Requirements(
                        lines: [],
                        of: path,
                        project: project,
                        allowsSources: allowsSources,
                        environment: environment
                    )
                }
                return try Requirements(
                    file: path,
                    project: project,
                    allowsSources: allowsSources,
                    environment: environment
                )
            case .lines(let lines, let place):
                return try Requirements(
                    lines: lines,
                    of: place,
                    project: project,
                    allowsSources: allowsSources,
                    environment: environment
                )
            }
        }
    }
}
