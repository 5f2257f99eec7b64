internal import Files
package import Notation

/// Everything that is measured: the settings and each file with its digest.
public struct EnclaveRecord: Hashable, Sendable {
    public struct File: Hashable, Sendable {
        /// Where the enclave finds it.
        public var path: String
        /// SHA-256, 32 bytes.
        public var digest: [UInt8]

        public init(path: String, digest: [UInt8]) {
            self.path = path
            self.digest = digest
        }
    }

    private static let version = 2

    public var settings: EnclaveSettings
    public var files: [File]

    public init(settings: EnclaveSettings, files: [File]) {
        self.settings = settings
        self.files = files.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    }

    public func digest(of path: String) -> [UInt8]? { files.first { ExactText($0.path) == ExactText(path) }?.digest }

    package var node: Node {
        .object([
            "version": Node(Self.version), "settings": settings.node,
            "files": Node(.array(files.map { .object(["path": Node($0.path), "sha256": Node(Hex.text($0.digest))]) })),
        ])
    }

    /// Reads what `node` wrote.
    package init(_ node: Node) throws(NotationError) {
        var reader = try ObjectReader(node)
        guard try reader.integer("version", in: 1...Int.max) == Self.version else {
            throw NotationError(at: reader.place, member: "version", "\(Self.version) expected")
        }
        let settings = try EnclaveSettings(reader.required("settings"))
        guard case .array(let list) = try reader.required("files").value else {
            throw NotationError(at: reader.place, member: "files", "an array expected")
        }
        var files: [File] = []
        for one in list { files.append(try File(one)) }
        try reader.finish()
        self.init(settings: settings, files: files)
    }
}

extension EnclaveRecord.File {
    /// Whether the loader of shared objects is told to look into its folder.
    package var isSharedObject: Bool {
        let parts = Files.split(path)
        return ExactText(parts.folder).hasPrefix("/") && ExactText(parts.name).contains(".so")
    }

    /// An element of a list of files: `path` and `sha256`, and nothing else.
    init(_ node: Node) throws(NotationError) {
        var entry = try ObjectReader(node, path: "files")
        guard let path = try entry.string("path"), let digest = Hex.bytes(try entry.string("sha256") ?? ""),
            digest.count == 32
        else {
            throw NotationError(at: node.place, member: "files", "path and sha256 expected")
        }
        try entry.finish()
        self.init(path: path, digest: digest)
    }
}
