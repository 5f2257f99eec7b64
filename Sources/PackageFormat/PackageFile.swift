internal import CodeEncryption
internal import Crypto
public import Files
internal import Glibc
internal import Notation

/// A package as it lies on disk: where its members are, and what they say. The reference value is a pure function of
/// it.
public struct PackageFile: Sendable {
    public let path: String
    public let configuration: ProjectConfiguration
    /// Nil in packages of the original.
    public let runtime: RuntimeList?
    public let mode: EnclaveSettings.Mode
    private let members: [ExactText: TarReader.Member]
    private let loader: [UInt8]?

    private static let known: Set<ExactText> = [
        "app.tar", "tests.tar", "image.tar", ExactText(ProjectConfiguration.fileName), "start.json", "environment.lock",
        "environment.tar",
        "runtime.json", "loader",
    ]
    package static let textLimit = 16 << 20

    /// - Throws: `PackageError` naming the member that is missing, unknown or malformed.
    public init(_ path: String) throws(PackageError) {
        self.path = path
        do {
            var reader = try TarReader(path)
            var members: [ExactText: TarReader.Member] = [:]
            var texts: [ExactText: [UInt8]] = [:]
            while let member = try reader.next() {
                guard Self.known.contains(ExactText(member.name)) else {
                    throw PackageError.archive(
                        path: path,
                        "holds '\(member.name.printable())', which no package has"
                    )
                }
                members[ExactText(member.name)] = member
                if !ExactText(member.name).hasSuffix(".tar") {
                    texts[ExactText(member.name)] = try reader.content(limit: Self.textLimit)
                }
            }
            for name in ["app.tar", ProjectConfiguration.fileName] where members[ExactText(name)] == nil {
                throw PackageError.archive(path: path, "'\(name)' was not found in it")
            }
            self.members = members
            configuration = try Self.parse(ProjectConfiguration.fileName, texts, at: path) {
                bytes throws(NotationError) in
                try ProjectConfiguration(bytes)
            }!
            runtime = try Self.parse("runtime.json", texts, at: path) { bytes throws(NotationError) in
                try RuntimeList(bytes)
            }
            loader = texts["loader"]
            mode =
                try Self.parse("start.json", texts, at: path) { bytes throws(NotationError) in
                    try Self.readMode(bytes)
                } ?? .open
        } catch {
            throw .wrapping(error, path: path)
        }
    }

    private static func parse<Value>(
        _ name: String,
        _ texts: [ExactText: [UInt8]],
        at path: String,
        reading read: ([UInt8]) throws(NotationError) -> Value
    ) throws(PackageError) -> Value? {
        guard let bytes = texts[ExactText(name)] else { return nil }
        do {
            return try read(bytes)
        } catch {
            throw .text(path: path + ": " + name, error)
        }
    }

    private static func readMode(_ bytes: [UInt8]) throws(NotationError) -> EnclaveSettings.Mode {
        var reader = try ObjectReader(JSON.read(bytes))
        let mode = try reader.string("mode")
        let digest = try reader.string("tokenSHA256").map { Hex.bytes($0) ?? [] }
        try reader.finish()
        switch (mode, digest) {
        case ("encrypted", nil): return .encrypted
        case ("plain", let digest?) where digest.count == 32: return .plain(tokenDigest: digest)
        default: throw NotationError(at: reader.place, member: "mode", "encrypted, or plain with tokenSHA256, expected")
        }
    }

    /// Where a member's content lies in the file.
    public func range(of name: String) -> Range<Int>? {
        members[ExactText(name)].map { $0.offset..<($0.offset + $0.byteCount) }
    }

    /// SHA-256 of a member.
    public func digest(of name: String) throws(PackageError) -> [UInt8] {
        guard let range = range(of: name) else { throw .archive(path: path, "'\(name)' was not found in it") }
        do {
            return try FileDigest.sha256(path, range: range)
        } catch {
            throw .file(error)
        }
    }

    /// The files that run besides the package's own.
    /// - Throws: `PackageError` for the original's packages, which don't say it.
    public func requiredRuntime() throws(PackageError) -> RuntimeList {
        guard let runtime else {
            throw .archive(
                path: path,
                """
                is a package of the original: it doesn't say which files run, so its measurement needs its container \
                image; package the project again
                """
            )
        }
        return runtime
    }

    /// The bytes of what loads the agent, whose pages are measured.
    /// - Throws: `PackageError` where it carries none.
    public func requiredLoader() throws(PackageError) -> [UInt8] {
        guard let loader else {
            throw .archive(
                path: path,
                "'loader' was not found in it, whose pages are measured; package the project again"
            )
        }
        return loader
    }

    /// What is measured when this package runs.
    /// - Throws: `PackageError` for the original's packages: their measurement needs their image.
    public func record() throws(PackageError) -> EnclaveRecord {
        let runtime = try requiredRuntime()
        var settings = EnclaveSettings(
            application: configuration.application,
            mode: mode,
            python: runtime.python,
            agent: .init(path: runtime.agent, loader: runtime.loader, platform: runtime.platform)
        )
        settings.enclave = configuration.enclave
        settings.server = configuration.server
        settings.log = configuration.log
        var files = runtime.files
        for name in ["app.tar", "environment.tar"] where members[ExactText(name)] != nil {
            files.append(.init(path: name, digest: try digest(of: name)))
        }
        return EnclaveRecord(settings: settings, files: files)
    }
}

/// Digests of files, read piece by piece.
public enum FileDigest {
    public static func sha256(_ path: String, range: Range<Int>? = nil) throws(FileError) -> [UInt8] {
        let file = try OpenFile(path, O_RDONLY)
        if let range, lseek(file.descriptor, range.lowerBound, SEEK_SET) < 0 { throw FileError(path, doing: "read") }
        return try sha256(file, byteCount: range?.count)
    }

    /// From where the file stands.
    /// - Parameter byteCount: how many bytes there must be; nil for all that there are.
    static func sha256(_ file: borrowing OpenFile, byteCount: Int?) throws(FileError) -> [UInt8] {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
        defer { buffer.deallocate() }
        var hash = SHA256()
        var left = byteCount ?? Int.max
        while left > 0 {
            let count = try file.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(buffer.count, left)]))
            if count == 0 { break }
            hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            left -= count
        }
        guard byteCount == nil || left == 0 else {
            throw FileError(file.path, "ends early: it was cut, or changed while it was read")
        }
        return Array(hash.finalize())
    }
}
