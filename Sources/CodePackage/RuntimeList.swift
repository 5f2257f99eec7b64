internal import Glibc
public import Gramine
public import Notation

/// `runtime.json`: every file that runs besides the package's own, with its digest (DESIGN §5).
public struct RuntimeList: Hashable, Sendable {
    private static let version = 2
    /// Of the interpreter, such as 3.11.2.
    public var python: String
    /// The interpreter's program, which installs environments.
    public var interpreter: String
    /// What stands for Gramine's own files.
    public var loader: String
    /// The program that is started.
    public var agent: String
    public var files: [EnclaveRecord.File]

    public init(python: String, interpreter: String, loader: String, agent: String, files: [EnclaveRecord.File]) {
        self.python = python
        self.interpreter = interpreter
        self.loader = loader
        self.agent = agent
        self.files = files.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    }

    public init(_ bytes: [UInt8]) throws(NotationError) {
        var reader = try ObjectReader(JSON.read(bytes))
        guard try reader.integer("version", in: 1...Int.max) == Self.version else {
            throw NotationError(
                at: reader.place, member: "version", "\(Self.version) expected: older lists lack files that run; package the project again")
        }
        guard let python = try reader.string("python"), let interpreter = try reader.string("interpreter"),
            let loader = try reader.string("loader"), let agent = try reader.string("agent"),
            case .array(let list) = try reader.required("files").value
        else { throw NotationError(at: reader.place, "python, interpreter, loader, agent and files expected") }
        try reader.finish()
        var files: [EnclaveRecord.File] = []
        for one in list {
            var entry = try ObjectReader(one, path: "files")
            guard let path = try entry.string("path"), let digest = Hex.bytes(try entry.string("sha256") ?? ""), digest.count == 32 else {
                throw NotationError(at: one.place, member: "files", "path and sha256 expected")
            }
            try entry.finish()
            files.append(.init(path: path, digest: digest))
        }
        self.init(python: python, interpreter: interpreter, loader: loader, agent: agent, files: files)
    }

    public var encoded: [UInt8] {
        Array(
            JSON.pretty(
                .object([
                    "version": Node(Self.version), "python": Node(python), "interpreter": Node(interpreter), "loader": Node(loader),
                    "agent": Node(agent),
                    "files": Node(.array(files.map { .object(["path": Node($0.path), "sha256": Node(Hex.text($0.digest))]) })),
                ])
            ).utf8)
    }

    /// The files that are others on this machine, or aren't there.
    public func differences() -> [String] {
        files.filter { file in
            var status = stat()
            guard stat(file.path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return true }
            return (try? FileDigest.sha256(file.path)) != file.digest
        }.map(\.path)
    }
}
