internal import Files
internal import Notation
internal import PackageFormat
internal import Processes

/// What lies in the wheels that are to be installed, looked at before anything of them is unpacked: how much it is, and
/// what of it doesn't ship, or lies elsewhere than its package may look for it.
struct WheelContents {
    /// The interpreter's program.
    var interpreter: String
    /// The archives; what is no wheel isn't looked at.
    var archives: [String]
    var limits: WheelLimits
    /// A folder that is this user's alone.
    var work: String

    private static let noteLimit = 20

    /// - Returns: what their owner should know.
    /// - Throws: `PackageError` when they unpack to more than is taken.
    func notes() throws(PackageError) -> [String] {
        let wheels = archives.filter { $0.lowercased().hasSuffix(".whl") }
        guard !wheels.isEmpty else { return [] }
        let list = work + "/wheels.json"
        do {
            try Files.write(JSON.canonical(Node(.array(wheels.map { Node($0) }))), to: list, mode: 0o600)
            let result = try ProgramRun(
                interpreter,
                ["-I", "-S", "-c", Self.script, list],
                environment: Pip.cleared
            ).run()
            guard result.status == 0 else {
                throw PackageError.environment(
                    """
                    can't look into the wheels (\(interpreter), status \(result.status)):
                    \(String(result.output.suffix(500)).printable(limit: nil))
                    """
                )
            }
            return try judge(JSON.read(Array(result.output.utf8), depthLimit: 8))
        } catch {
            throw .wrapping(error, path: "the wheels")
        }
    }

    private func judge(_ answer: Node) throws -> [String] {
        guard case .array(let items) = answer.value else { throw NotationError(at: answer.place, "an array expected") }
        var notes: [String] = []
        var files = 0, bytes = 0
        for item in items {
            var reader = try ObjectReader(item)
            let wheel = (try reader.string("wheel") ?? "").printable(limit: nil)
            let (moreFiles, filesOverflow) = files.addingReportingOverflow(
                try reader.integer("files", in: 0...Int.max) ?? 0
            )
            let (moreBytes, bytesOverflow) = bytes.addingReportingOverflow(
                try reader.integer("bytes", in: 0...Int.max) ?? 0
            )
            (files, bytes) = (moreFiles, moreBytes)
            guard !filesOverflow, !bytesOverflow, files <= limits.fileCount, bytes <= limits.byteCount else {
                throw PackageError.environment(limits.problem("the environment", with: wheel))
            }
            func note(_ member: String, _ words: String) throws {
                let paths = try reader.strings(member)?.map(\.text) ?? []
                let count = try reader.integer(member + "Count", in: 0...Int.max) ?? paths.count
                guard count > 0 else { return }
                let shown = paths.map { $0.printable(limit: 100) }.joined(separator: ", ")
                let more = count > paths.count ? " and \(count - paths.count) more" : ""
                notes.append("\(wheel): \(words): \(shown)\(more)")
            }
            try note("scripts", "its scripts don't ship, since a service starts no programs")
            try note("lost", "doesn't ship, since it would lie outside of the environment's folder")
            try note(
                "data",
                "its data files ship beside its modules, not below sys.prefix, where its package may look for them"
            )
            try reader.finish()
        }
        let more = notes.count - Self.noteLimit
        return notes.prefix(Self.noteLimit) + (more > 0 ? ["\(more) more notes on what wheels hold"] : [])
    }

    /// Where pip puts the parts of a wheel when it installs into a folder: modules and what lies in `data` into it,
    /// but for `data/lib`; of `bin`, which scripts come into, nothing ships.
    private static let script = #"""
        import json, os, sys, zipfile
        LISTED = 5
        answer = []
        with open(sys.argv[1], encoding="utf-8") as file:
            wheels = json.load(file)
        for path in wheels:
            with zipfile.ZipFile(path) as archive:
                found = {"scripts": [], "lost": [], "data": []}
                infos = archive.infolist()
                for info in infos:
                    parts = info.filename.split("/")
                    if not parts[-1]:
                        continue
                    if parts[0].endswith(".data") and len(parts) > 2:
                        scheme, rest = parts[1], parts[2:]
                    else:
                        scheme, rest = "purelib", parts
                    if scheme == "scripts" or scheme == "data" and rest[0] == "bin":
                        found["scripts"].append(rest[-1])
                    elif scheme == "data" and rest[0] == "lib" and rest[1:2] != ["python"] or rest[0] == "bin":
                        found["lost"].append("/".join(rest))
                    elif scheme == "data" and rest[0] != "lib":
                        found["data"].append("/".join(rest))
            one = {"wheel": os.path.basename(path), "files": len(infos), "bytes": sum(info.file_size for info in infos)}
            for name, paths in found.items():
                one[name] = sorted(paths)[:LISTED]
                one[name + "Count"] = len(paths)
            answer.append(one)
        sys.stdout.buffer.write(json.dumps(answer, ensure_ascii=False).encode("utf-8", "replace"))
        """#
}

/// How much wheels may hold: what an archive unpacks to may be a thousand times its own size.
public struct WheelLimits: Hashable, Sendable {
    /// Of all wheels of an environment together, in bytes, unpacked.
    public var byteCount: Int
    /// Of all wheels of an environment together.
    public var fileCount: Int
    /// What makes room for more.
    public var mend: String

    public init(byteCount: Int, fileCount: Int = 200_000, mend: String) {
        (self.byteCount, self.fileCount, self.mend) = (byteCount, fileCount, mend)
    }

    /// Of what is installed on this machine alone.
    public static let ofThisMachine = WheelLimits(byteCount: 16 << 30, mend: "name versions that hold less")

    func problem(_ subject: String, with wheel: String) -> String {
        """
        \(subject), with \(wheel), unpacks to more than \(fileCount) files or \(byteCount >> 20) MiB, which is all that \
        is taken; nothing of it was installed: \(mend)
        """
    }
}
