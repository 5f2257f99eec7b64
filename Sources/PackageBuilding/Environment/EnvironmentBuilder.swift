internal import CodeEncryption
internal import Files
internal import FoundationEssentials
internal import Notation
internal import PackageFormat

/// Locks and installs what a project's `requirements.txt` asks for, with the interpreter that will run it.
///
/// What was resolved is downloaded, hashed here, written down with its origin, and exactly these files are installed.
public struct EnvironmentBuilder: Sendable {
    /// The interpreter's program.
    public var interpreter: String
    /// The version that is linked and measured; the program must have the same.
    public var version: String
    /// Where pip's own environment is kept between runs.
    public var cache: String
    public var allowsSources: Bool
    /// Of what its wheels unpack to.
    public var limits: WheelLimits

    public init(
        interpreter: String,
        version: String,
        cache: String,
        allowsSources: Bool,
        limits: WheelLimits = .ofThisMachine
    ) {
        self.interpreter = interpreter
        self.version = version
        self.cache = cache
        self.allowsSources = allowsSources
        self.limits = limits
    }

    /// One distribution of the resolver's report.
    struct Locked: Hashable {
        /// In its normal form.
        var name: String
        var version: String
        /// SHA-256 of the archive, hexadecimal.
        var digest: String
        /// Scheme, host and path of where it came from; of a file of this machine, the name.
        var origin: String
        /// The downloaded archive.
        var file: String
        /// Extras that were asked for, and that it doesn't have.
        var unknownExtras: [String] = []
        var extras: [String] = []

        /// pip installs it without them, and only warns.
        var extrasNote: String? {
            guard !unknownExtras.isEmpty else { return nil }
            let names = unknownExtras.map { "'\($0.printable(limit: 60))'" }.joined(separator: ", ")
            let there = extras.prefix(10).map { $0.printable(limit: 60) }.joined(separator: ", ")
            return
                "\(name.printable()) \(version.printable(limit: 60)) has no extra \(names): it is installed without; "
                + (there.isEmpty ? "it has none" : "there is: \(there)")
        }
    }

    /// Resolves, locks, installs into `site`.
    /// - Parameter work: a folder that is this user's alone.
    func build(_ requirements: Requirements, into site: String, work: String) throws(PackageError) -> Built {
        guard !requirements.isEmpty else { return Built() }
        let pip = try Pip(
            in: PipEnvironment(interpreter: interpreter, version: version, cache: cache),
            allowsSources: allowsSources,
            limits: limits
        )
        let folder: PipFolder
        do {
            folder = try PipFolder(in: work)
            let lines = requirements.lines(constraints: PipLists.constraints)
            if !requirements.constraints.isEmpty {
                try Files.write(
                    requirements.constraints.joined(separator: "\n") + "\n",
                    to: folder.constraints,
                    mode: 0o600
                )
            }
            try Files.write(lines.joined(separator: "\n") + "\n", to: folder.requirements, mode: 0o600)
            try Files.makeFolder(site, mode: 0o700)
        } catch {
            throw .wrapping(error, path: work)
        }
        let binary = allowsSources ? [] : ["--only-binary", ":all:"]
        try pip.run(
            [
                "install", "--dry-run", "--ignore-installed", "--quiet", "--report", folder.report, "-r",
                folder.requirements,
            ]
                + binary,
            to: "resolve the requirements",
            requirements,
            work: folder,
            writing: []
        )
        try pip.run(
            ["download", "--quiet", "--dest", folder.archives, "-r", folder.requirements] + binary,
            to: "download the requirements",
            requirements,
            work: folder,
            writing: [folder.archives]
        )
        let locked = try read(folder.report, of: folder.archives, hiding: requirements.credentials)
        // Markers may leave nothing for this machine.
        guard !locked.isEmpty else { return Built() }
        let wheels = WheelContents(
            interpreter: interpreter,
            archives: locked.map(\.file).sorted(),
            limits: limits,
            work: folder.path
        )
        let notes = try wheels.notes()
        var install = [
            "install", "--quiet", "--no-deps", "--no-compile", "--ignore-installed", "--no-warn-conflicts", "--target",
            site,
        ]
        if locked.allSatisfy({ $0.file.hasSuffix(".whl") }) { install.append("--no-index") }
        // As addresses: what stands in a path as a name for something else stands in them as an escape.
        let files = try locked.map { one throws(PackageError) in
            "file://" + PercentEncoding.encodedPath(try Self.resolved(one.file))
        }
        try pip.run(
            install + files,
            to: "install the locked environment",
            requirements,
            work: folder,
            writing: [try Self.resolved(site)]
        )
        return Built(
            lock: Self.text(locked),
            notes: [PipGuard.note(allowsSources: allowsSources)].compactMap { $0 } + locked.compactMap(\.extrasNote)
                + notes
        )
    }

    struct Built {
        /// The lock's text.
        var lock = ""
        /// What its owner should know.
        var notes: [String] = []
    }

    private static func resolved(_ path: String) throws(PackageError) -> String {
        do {
            return try Files.resolved(path)
        } catch {
            throw .file(error)
        }
    }

    /// `name==version --hash=sha256:… # origin`, sorted.
    static func text(_ locked: [Locked]) -> String {
        locked.map { "\($0.name)==\($0.version) --hash=sha256:\($0.digest)  # \($0.origin)\n" }.sorted().joined()
    }

    private func read(
        _ report: String,
        of archives: String,
        hiding credentials: Credentials
    ) throws(PackageError) -> [Locked] {
        do {
            let root = try JSON.read(try Files.read(report), depthLimit: 64)
            guard case .array(let list)? = root["install"]?.value else {
                throw NotationError(at: root.place, member: "install", "is missing from pip's report")
            }
            let downloaded = Set(try Files.names(in: archives).map { ExactText($0) })
            let locked = try list.map { item in
                guard case .string(let name)? = item["metadata"]?["name"]?.value,
                    case .string(let version)? = item["metadata"]?["version"]?.value,
                    case .string(let url)? = item["download_info"]?["url"]?.value
                else {
                    throw NotationError(
                        at: item.place,
                        "a distribution without name, version or address in pip's report"
                    )
                }
                let path = url.prefix { $0 != "?" && $0 != "#" }
                let escaped = Files.split(String(path)).name
                let file = PercentEncoding.decoded(escaped).map { String(decoding: $0, as: UTF8.self) } ?? escaped
                guard downloaded.contains(ExactText(file)) else {
                    throw PackageError.environment(
                        """
                        \(name) \(version) was resolved, but its archive wasn't downloaded; did the index change \
                        meanwhile? Try again
                        """
                    )
                }
                let digest = Hex.text(try FileDigest.sha256(archives + "/" + file))
                if case .string(let expected)? = item["download_info"]?["archive_info"]?["hashes"]?["sha256"]?.value,
                    expected.lowercased() != digest
                {
                    throw PackageError.environment(
                        "\(name) \(version): what was downloaded has another SHA-256 than what was resolved"
                    )
                }
                let provided = Self.texts(item["metadata"]?["provides_extra"])
                let known = Set(provided.map(Self.normalised))
                return Locked(
                    name: Self.normalised(name),
                    version: version,
                    digest: digest,
                    origin: url.hasPrefix("file:") ? "file \(file)" : credentials.origin(url),
                    file: archives + "/" + file,
                    unknownExtras: Self.texts(item["requested_extras"]).filter { !known.contains(Self.normalised($0)) },
                    extras: provided
                )
            }
            guard Set(locked.map { ExactText($0.file) }).count == downloaded.count else {
                throw PackageError.environment(
                    "other archives were downloaded than were resolved; did the index change meanwhile? Try again"
                )
            }
            return locked
        } catch {
            throw .wrapping(error, path: report)
        }
    }

    private static func texts(_ node: Node?) -> [String] {
        guard case .array(let items)? = node?.value else { return [] }
        return items.compactMap { if case .string(let text) = $0.value { text } else { nil } }
    }

    /// PEP 503: lower case, runs of `-`, `_` and `.` as one `-`.
    static func normalised(_ name: String) -> String {
        name.lowercased().split(whereSeparator: { "-_.".contains($0) }).joined(separator: "-")
    }
}
