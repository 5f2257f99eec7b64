internal import Files
internal import Glibc
public import Notation

/// `runtime.json`: every file that runs besides the package's own, with its digest. All of it is measured.
public struct RuntimeList: Hashable, Sendable {
    private static let version = 5
    /// Of the interpreter, such as 3.11.2.
    public var python: String
    /// What it runs on, and what loads the program there: the simulated processor's own loader, or Gramine's.
    public var platform: EnclaveSettings.Platform
    public var loader: String
    /// The program that is started.
    public var agent: String
    public var files: [EnclaveRecord.File]

    public init(
        python: String,
        platform: EnclaveSettings.Platform,
        loader: String,
        agent: String,
        files: [EnclaveRecord.File]
    ) {
        self.python = python
        self.platform = platform
        self.loader = loader
        self.agent = agent
        self.files = files.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    }

    public init(_ bytes: [UInt8]) throws(NotationError) { try self.init(JSON.read(bytes)) }

    init(_ node: Node) throws(NotationError) {
        var reader = try ObjectReader(node)
        guard try reader.integer("version", in: 1...Int.max) == Self.version else {
            throw NotationError(
                at: reader.place,
                member: "version",
                """
                \(Self.version) expected: older lists don't say all that is measured, or say what isn't; package the \
                project again
                """
            )
        }
        guard let python = try reader.string("python"), let platform = try reader.string("platform"),
            let loader = try reader.string("loader"),
            let agent = try reader.string("agent"),
            case .array(let list) = try reader.required("files").value
        else {
            throw NotationError(at: reader.place, "python, platform, loader, agent and files expected")
        }
        try reader.finish()
        guard Self.isVersion(python) else {
            throw NotationError(
                at: reader.place,
                member: "python",
                "a version such as 3.11.2 expected, found \"\(python.printable())\""
            )
        }
        guard let platform = EnclaveSettings.Platform(rawValue: platform) else {
            throw NotationError(
                at: reader.place,
                member: "platform",
                "\(EnclaveSettings.Platform.expected), found \"\(platform.printable())\""
            )
        }
        for (member, path) in [("loader", loader), ("agent", agent)] {
            try Self.check(path, member, at: reader.place)
        }
        guard list.count <= Self.fileLimit else {
            throw NotationError(
                at: reader.place,
                member: "files",
                "\(list.count) files; at most \(Self.fileLimit) are taken"
            )
        }
        var files: [EnclaveRecord.File] = []
        var seen: Set<ExactText> = []
        for one in list {
            let file = try EnclaveRecord.File(one)
            try Self.check(file.path, "files", at: one.place)
            // In a list of folders these divide it, or stand for another one.
            guard !file.isSharedObject || !file.path.utf8.contains(where: { ":;$".utf8.contains($0) }) else {
                throw NotationError(
                    at: one.place,
                    member: "files",
                    "a shared object's path without ':', ';' and '$' expected, found \"\(file.path.printable())\""
                )
            }
            guard seen.insert(ExactText(file.path)).inserted else {
                throw NotationError(
                    at: one.place,
                    member: "files",
                    "'\(file.path.printable())' stands in it twice"
                )
            }
            files.append(file)
        }
        self.init(
            python: python,
            platform: platform,
            loader: loader,
            agent: agent,
            files: files
        )
    }

    private static let fileLimit = 50_000
    /// Of one file, in bytes, and of all together.
    private static let byteLimit = 1 << 30
    private static let totalByteLimit = 4 << 30

    /// Numbers with dots between them, and what may follow: 3.11.2, 3.14.0rc1, 3.13.0a4+.
    private static func isVersion(_ text: String) -> Bool {
        let numbers = text.utf8.prefix { (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }
        let parts = Substring(numbers).split(separator: ".", omittingEmptySubsequences: false)
        return text.utf8.count <= 32 && (2...4).contains(parts.count)
            && parts.allSatisfy { (1...4).contains($0.utf8.count) }
            && text.utf8.dropFirst(numbers.count).allSatisfy {
                (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "+")
            }
    }

    /// A file of the machine that packaged: by its whole path, on one line, and none that the kernel makes up.
    static func check(_ path: String, _ member: String, at place: Place) throws(NotationError) {
        let parts = Files.components(path)
        guard parts.count > 1, parts[0].isEmpty, path.utf8.count < Int(PATH_MAX), PlainText.isOneLine(path),
            parts.dropFirst().allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." && $0.utf8.count <= 255 }),
            !["proc", "sys", "dev"].contains(parts[1])
        else {
            throw NotationError(
                at: place,
                member: member,
                "the whole path of a file on a disk expected, found \"\(path.printable())\""
            )
        }
    }

    public var encoded: [UInt8] { Array(JSON.pretty(node).utf8) }

    var node: Node {
        .object([
            "version": Node(Self.version), "python": Node(python), "platform": Node(platform.rawValue),
            "loader": Node(loader), "agent": Node(agent),
            "files": Node(.array(files.map { .object(["path": Node($0.path), "sha256": Node(Hex.text($0.digest))]) })),
        ])
    }

    /// The files that are others on this machine, or aren't there. Whoever made the list chose the names: nothing but
    /// plain files of bounded size is opened for it.
    public func differences() -> [String] {
        var left = Self.totalByteLimit
        return files.filter { file in
            guard let open = try? OpenFile(onDisk: file.path), let count = try? open.byteCount(),
                count <= min(Self.byteLimit, left)
            else {
                return true
            }
            left -= count
            return (try? FileDigest.sha256(open, byteCount: count)) != file.digest
        }.map(\.path)
    }
}
