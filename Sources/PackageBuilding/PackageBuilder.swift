package import CodeEncryption
internal import Crypto
internal import Files
internal import Glibc
internal import Notation
public import PackageFormat
internal import Processes
public import Secrets

/// Makes the package of a project (docs/formats/package.md). The same project, key and nonces give the same bytes.
public struct PackageBuilder: Sendable {
    public var project: String
    public var output: String
    /// Of the machine that packages; its list is measured.
    public var runtime: MachineRuntime
    /// Where pip is kept between runs.
    public var cache: String
    public var encrypts: Bool
    /// Nanoseconds since 1970; part of the name.
    public var timestamp: Int64
    /// Whether what the code imports is looked for.
    public var checksImports = true
    /// Makes of the package that lies under a path, once it is whole, what is written beside it for those who verify
    /// it.
    public var makesReference: (@Sendable (_ package: String) throws -> [UInt8])?
    /// Nonces by relative path, for tests and for making a package again.
    package var nonces: TreeEncryption.Nonces = .random

    public init(
        project: String,
        output: String,
        runtime: MachineRuntime,
        cache: String,
        encrypts: Bool,
        timestamp: Int64
    ) {
        self.project = project
        self.output = output
        self.runtime = runtime
        self.cache = cache
        self.encrypts = encrypts
        self.timestamp = timestamp
    }

    public struct Product: Sendable {
        public var package: String
        /// The code key, or the start token of plain code.
        public var key: String
        /// What its enclave measures, and of what; nil where nobody makes that.
        public var reference: String?
        /// What the owner should know: files left out, patterns that match nothing.
        public var notes: [String]
    }

    private static let referenceEnding = ".reference.json"

    /// - Parameter existing: a key made earlier; a new one is made without.
    /// - Throws: `PackageError`; then neither package nor key was made.
    public func build(key existing: borrowing SecretKey? = nil) throws(PackageError) -> Product {
        let key = Self.copy(existing)
        var notes: [String] = []
        do {
            let (configuration, settings) = try readConfiguration(&notes)
            let base = output + "/package_\(configuration.name)_\(timestamp)"
            let keyPath = base + ".key", referencePath = base + Self.referenceEnding
            let length =
                Files.split(base).name.utf8.count
                + (makesReference == nil ? ".tar" : Self.referenceEnding).utf8.count
            guard length <= CodeTree.nameLimit else {
                throw FileError(
                    project + "/" + ProjectConfiguration.fileName,
                    """
                    'name' makes a file name of \(length) bytes, \(length - CodeTree.nameLimit) more than a folder \
                    takes; choose a shorter one
                    """
                )
            }
            for path in [base + ".tar", keyPath, referencePath] where Files.exists(path) {
                throw FileError.exists(path)
            }
            try checkOutput()
            var folder = try ResultFolder(output)
            let work = try Files.makeTemporaryFolder(in: output, prefix: ".package")
            defer { try? Files.remove(work) }
            let package = work + "/package.tar"
            var reference: [UInt8]?
            do {
                try write(package, configuration, settings: settings, key: key, in: work, notes: &notes)
                try Self.prove(package)
                reference = try makesReference?(package)
            } catch {
                throw Self.named(output, insteadOf: work, error)
            }
            let besides = [keyPath] + (reference == nil ? [] : [referencePath])
            for path in besides { Unfinished.begin(path) }
            // What somebody else has made meanwhile under such a name is his.
            var made: [String] = []
            do {
                try key.write(to: keyPath)
                made.append(keyPath)
                if let reference {
                    try reference.span.bytes.withUnsafeBytes { (bytes) throws(FileError) in
                        try Files.writeNew(bytes, to: referencePath, mode: 0o644)
                    }
                    made.append(referencePath)
                }
                try Unfinished.complete(besides) { () throws(FileError) in
                    guard rename(package, base + ".tar") == 0 else { throw FileError(base + ".tar", doing: "make") }
                }
            } catch {
                for path in made { try? Files.remove(path) }
                for path in besides { Unfinished.end(path) }
                throw error
            }
            folder.keep()
            return Product(
                package: base + ".tar",
                key: keyPath,
                reference: reference == nil ? nil : referencePath,
                notes: notes
            )
        } catch {
            throw .wrapping(error, path: project)
        }
    }

    /// Who packages knows of no work folder; and where there is no room left is no file's of the project.
    private static func named(_ output: String, insteadOf work: String, _ error: any Error) -> any Error {
        let file: FileError
        switch error {
        case let error as FileError: file = error
        case PackageError.file(let error), CodeError.file(let error), PackageError.code(.file(let error)): file = error
        default: return error
        }
        if file.code == "file.full" { return FileError(output, file.problem, number: file.number) }
        return file.named(output, insteadOf: work, isShownWhole: false)
    }

    /// What is made in a folder that ships would be in the next package: its key too.
    private func checkOutput() throws {
        let place = try Files.resolvedPlace(output)
        for name in ["mse_src", "tests"] {
            guard let folder = try? Files.resolved(project + "/" + name), Files.isInside(place, folder) else {
                continue
            }
            throw FileError(
                output,
                """
                is in \(name) of the project, which ships: the next package would hold this one's key; name an \
                output outside of it
                """
            )
        }
    }

    /// The key of a package, or its token, may not be in it.
    private static func checkKey(_ files: [CodeTree.File], in folder: String, _ key: borrowing SecretKey) throws {
        for file in files where file.byteCount == SecretKey.byteCount {
            let bytes = try Files.read(onDisk: file.source, limit: SecretKey.byteCount)
            guard key.withBytes({ $0.elementsEqual(bytes) }) else { continue }
            throw FileError(
                folder + "/" + file.path,
                """
                is the key of this package, which would hold it; move it out of the project (a new key, if a package \
                with it was given away)
                """
            )
        }
    }

    private static func copy(_ key: borrowing SecretKey?) -> SecretKey {
        switch key {
        case .some(let key): key.copy()
        case .none: SecretKey()
        }
    }

    /// Reads what was made as an agent will: a limit that bites there is found here, before a key is released for it.
    private static func prove(_ package: String) throws {
        let file = try PackageFile(package)
        for member in ["app.tar", "tests.tar", "environment.tar"] {
            guard let range = file.range(of: member) else { continue }
            var reader = try TarReader(package, range: range)
            while try reader.next() != nil {}
        }
        let size = ["app.tar", "environment.tar"].reduce(0) { $0 + (file.range(of: $1)?.count ?? 0) }
        guard size <= file.configuration.enclave.byteCount else {
            throw PackageError.archive(
                path: ProjectConfiguration.fileName,
                """
                code and environment have \(size >> 20) MiB, the enclave \(file.configuration.enclave.byteCount >> 20) \
                MiB: raise size in [enclave]
                """
            )
        }
    }

    /// Read once: what is shipped is what was judged.
    private func readConfiguration(_ notes: inout [String]) throws -> (ProjectConfiguration, text: [UInt8]) {
        let path = project + "/" + ProjectConfiguration.fileName
        let bytes = try Files.read(onDisk: path, limit: 1 << 20)
        do {
            let configuration = try ProjectConfiguration(bytes)
            try configuration.checkReadable(bytes)
            if configuration.hasCloudTable {
                notes.append("[cloud] in \(ProjectConfiguration.fileName) means nothing here")
            }
            return (configuration, bytes)
        } catch {
            throw PackageError.text(path: path, error)
        }
    }

    private func write(
        _ package: String,
        _ configuration: ProjectConfiguration,
        settings: [UInt8],
        key: borrowing SecretKey,
        in work: String,
        notes: inout [String]
    ) throws {
        let code = project + "/mse_src"
        guard Files.isFolder(code) else {
            throw FileError(code, "there is no such folder; the service's code belongs there")
        }
        let requirements = try requirements(code, configuration)
        let files = try codeFiles(code, configuration, requirements: requirements, in: work, notes: &notes)
        try Self.checkKey(files, in: code, key)
        let lock = try writeEnvironment(
            to: work + "/environment.tar",
            requirements,
            configuration,
            in: work,
            notes: &notes
        )
        if checksImports {
            let check = ImportCheck(
                interpreter: runtime.interpreter,
                project: project,
                files: files,
                site: work + "/site",
                runtime: runtime.list.files.map(\.path)
            )
            notes += try check.notes(
                module: configuration.module,
                variable: configuration.variable,
                expression: String(configuration.application.dropFirst(configuration.module.count + 1)),
                work: work
            )
        }
        try writeCode(to: work + "/app.tar", files, key)
        try writeTests(to: work + "/tests.tar", key, &notes)
        // Plain code is its owner's to hand out: nobody else on this machine reads it.
        let tar = try TarWriter(package, mode: encrypts ? 0o644 : 0o600)
        try tar.add("app.tar", file: work + "/app.tar")
        try tar.add("tests.tar", file: work + "/tests.tar")
        try tar.add(ProjectConfiguration.fileName, TOML.withoutComments(settings))
        try tar.add("start.json", Array(JSON.pretty(startNode(key)).utf8))
        try tar.add("environment.lock", Array(lock.utf8))
        try tar.add("environment.tar", file: work + "/environment.tar")
        try tar.add("runtime.json", runtime.list.encoded)
        try tar.add("loader", runtime.loader)
        try tar.finish()
    }

    /// How the code lies here, and for plain code the digest of the token that starts it.
    private func startNode(_ key: borrowing SecretKey) -> Node {
        if encrypts { return .object(["mode": "encrypted"]) }
        let digest = key.withBytes { SHA256.hash(data: $0) }
        return .object(["mode": "plain", "tokenSHA256": Node(Hex.text(digest))])
    }

    private func requirements(_ code: String, _ configuration: ProjectConfiguration) throws -> Requirements? {
        let file = code + "/requirements.txt"
        guard Files.exists(file) else { return nil }
        return try Requirements(
            file: file,
            project: project,
            allowsSources: configuration.allowSources,
            environment: ProgramRun.inheritedVariables
        )
    }

    /// The files that ship, of which lists of requirements that everybody can read are replaced by copies without
    /// users, passwords and comments.
    private func codeFiles(
        _ folder: String,
        _ configuration: ProjectConfiguration,
        requirements: Requirements?,
        in work: String,
        notes: inout [String]
    ) throws -> [CodeTree.File] {
        let ignored = try ProjectFiles.ignoreList(folder, &notes)
        let tree = try CodeTree(folder, ignoring: ignored, dotFiles: .leftOut(but: configuration.include))
        notes += ProjectFiles.notes(leftOut: tree.leftOut) + ProjectFiles.notes(emptyFolders: tree.emptyFolders)
        var present: Set<ExactText> = []
        if !configuration.include.isEmpty {
            for file in tree.files {
                present.formUnion((Files.foldersAbove(file.path) + [file.path]).map { ExactText($0) })
            }
        }
        for wanted in configuration.include where !present.contains(ExactText(wanted)) {
            let place = folder + "/" + wanted
            let problem =
                wanted.hasPrefix("/") || wanted.hasSuffix("/")
                ? "a path in mse_src expected, without a slash before or behind it"
                : Files.isTaken(place) ? "no file of it ships; look into \(IgnoreList.fileName)" : "it isn't there"
            throw PackageError.archive(path: place, "is named in [package] include, but \(problem)")
        }
        notes += try ProjectFiles.warnings(
            of: tree.files,
            encrypts ? "in the code, to whoever has the code key" : "readable in the code, to whoever gets the package"
        )
        return try tree.files.enumerated().map { index, file in
            let isReadable = TreeEncryption.isPlain(file.path) || (!encrypts && ReadableRequirements.isOne(file.path))
            guard isReadable || requirements?.files.contains(file.source) == true else { return file }
            guard let clean = try ReadableRequirements.cleaned(file) else { return file }
            notes.append(Self.cleaningNote(file.path))
            let copy = work + "/clean-\(index)"
            try Files.write(clean, to: copy, mode: 0o600)
            return CodeTree.File(path: file.path, source: copy, byteCount: clean.utf8.count)
        }
    }

    private static func cleaningNote(_ path: String) -> String {
        """
        \(path.printable(limit: nil)) ships without its comments, and without users, passwords and queries of its \
        addresses
        """
    }

    private func writeCode(to path: String, _ files: [CodeTree.File], _ key: borrowing SecretKey) throws {
        if encrypts { for file in files { try TreeEncryption.checkEncryptedName(file.path) } }
        let named = files.map { (name: encrypts ? TreeEncryption.encryptedName($0.path) : $0.path, file: $0) }
            .sorted { CodeTree.precedes($0.name, $1.name) }
        try TreeEncryption.checkCollisions(named.map(\.name))
        let encryption = FileEncryption(key: key)
        let tar = try TarWriter(path)
        for (name, file) in named {
            guard encrypts, !TreeEncryption.isPlain(file.path) else {
                try tar.add(name, file: file.source)
                continue
            }
            let input = try OpenFile(file.source, O_RDONLY | O_NOFOLLOW)
            try tar.add(name, byteCount: file.byteCount + FileCipher.overhead) { (target) throws(CodeError) in
                try encryption.encrypt(
                    input,
                    count: file.byteCount,
                    to: target,
                    nonce: nonces.nonce(of: file.path),
                    path: file.path
                )
            }
        }
        try tar.finish()
    }

    private func writeTests(to path: String, _ key: borrowing SecretKey, _ notes: inout [String]) throws {
        let folder = project + "/tests"
        let tar = try TarWriter(path)
        if Files.isFolder(folder) {
            let tree = try CodeTree(
                folder,
                ignoring: IgnoreList(patterns: ["__pycache__"]),
                dotFiles: .leftOut(but: [])
            )
            try Self.checkKey(tree.files, in: folder, key)
            notes += try ProjectFiles.warnings(of: tree.files, "readable in tests.tar, to whoever gets the package")
            for file in tree.files {
                if ReadableRequirements.isOne(file.path), let clean = try ReadableRequirements.cleaned(file) {
                    notes.append(Self.cleaningNote("tests/" + file.path))
                    try tar.add(file.path, Array(clean.utf8))
                } else {
                    try tar.add(file.path, file: file.source)
                }
            }
        } else {
            notes.append("there is no folder tests: the package has no tests")
        }
        try tar.finish()
    }

    /// - Returns: the lock's text.
    private func writeEnvironment(
        to path: String,
        _ requirements: Requirements?,
        _ configuration: ProjectConfiguration,
        in work: String,
        notes: inout [String]
    )
        throws -> String
    {
        let tar = try TarWriter(path)
        var lock = ""
        if let requirements {
            let site = work + "/site"
            let builder = EnvironmentBuilder(
                interpreter: runtime.interpreter,
                version: runtime.list.python,
                cache: cache,
                allowsSources: configuration.allowSources,
                limits: WheelLimits(
                    byteCount: configuration.enclave.byteCount,
                    mend: "raise size in [enclave] of \(ProjectConfiguration.fileName), or name versions that hold less"
                )
            )
            let built = try builder.build(requirements, into: site, work: work)
            lock = built.lock
            notes += built.notes
            if !lock.isEmpty {
                for file in try InstalledEnvironment.files(site) {
                    if file.path.hasSuffix(".dist-info/RECORD") {
                        let text = String(decoding: try Files.read(file.source), as: UTF8.self)
                        try tar.add(file.path, Array(InstalledEnvironment.record(text).utf8))
                    } else {
                        try tar.add(file.path, file: file.source)
                    }
                }
            }
        }
        try tar.finish()
        return lock
    }
}
