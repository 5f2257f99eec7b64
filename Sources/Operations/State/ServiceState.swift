internal import Files
internal import FoundationEssentials
internal import Glibc
internal import Notation
internal import PackageFormat
internal import RATLS
internal import SGXQuote

/// What is kept of one launched instance: its package, launch record, logs and sealed files, in a folder of its own.
struct ServiceState: Sendable {
    let name: String
    let folder: String
    /// The state folder that it lies in.
    let home: String

    var packagePath: String { folder + "/package.tar" }
    var launchPath: String { folder + "/launch.json" }
    var logPath: String { folder + "/log" }
    var sealedFolder: String { folder + "/sealed" }
    /// What the application said, sealed.
    var applicationLog: String { sealedFolder + "/application.log" }
    var memoryFolder: String { folder + "/memory" }
    private var recordPath: String { folder + "/service.json" }
    /// Its processes, where an engine has it in such.
    var processPath: String { folder + "/process.json" }
    private var exitPath: String { folder + "/exit" }
    private var answeredPath: String { folder + "/answered" }

    /// What `spawn` was told.
    struct Record: Sendable {
        var platform: EnclaveSettings.Platform
        /// Of those on this platform.
        var engine: String
        /// What earlier versions had alone, and named nowhere.
        static let firstEngine = "host"
        var isDebug: Bool
        var startedAt: Timestamp
        /// Nil where it was written by a version that kept none.
        var mrenclave: FixedBytes<32>?
        var healthCheck: String
    }

    init(_ name: String, in state: StateFolder) throws {
        guard LaunchRecord.isName(name) else {
            throw OperationError(
                name.printable(),
                "a service's name has 1 to 63 of a–z, 0–9 and '-'",
                code: .usage
            )
        }
        self.name = name
        folder = state.services + "/" + name
        home = state.path
    }

    /// An instance that is there, even if what is kept of it isn't whole.
    static func existing(_ name: String, in state: StateFolder) throws -> ServiceState {
        try state.check()
        let service = try ServiceState(name, in: state)
        guard Files.exists(service.folder) else {
            throw OperationError(
                name,
                "there is no such service here",
                mend: "'mse list' shows those that are",
                code: .serviceUnknown
            )
        }
        return service
    }

    static func all(in state: StateFolder) throws -> [ServiceState] {
        try state.check()
        guard Files.isFolder(state.services) else { return [] }
        return try Files.names(in: state.services).filter { LaunchRecord.isName($0) }.map {
            try ServiceState($0, in: state)
        }
    }

    /// Nothing of it has been started before its record is written, and its record is removed when nothing of it runs:
    /// what a launch or a removal left that was cut short.
    var isUnfinished: Bool { !Files.exists(recordPath) }

    /// Whoever changes the instance holds its lock, so that two commands at once don't.
    func withLock<Value>(_ body: () async throws -> Value) async throws -> Value {
        guard let lock = try FileLock.tryToHold(Files.split(folder).folder + "/.\(name).lock") else {
            throw OperationError(name, "another command is at work on it", code: .serviceBusy)
        }
        defer { withExtendedLifetime(lock) {} }
        return try await body()
    }

    /// Before anything of it is ended: what can't be removed would be left without its state.
    func checkRemoval() throws(FileError) {
        let folders = [Files.split(folder).folder] + (Files.isFolder(folder) ? [folder] : [])
        for path in folders where access(path, W_OK | X_OK) != 0 {
            let number = errno
            throw FileError(
                path,
                """
                can't be written to (\(String(cString: strerror(number)))), so '\(name)' can't be removed, and nothing \
                of it was ended; let this user write there, or end it with 'mse stop \(name)'
                """,
                number: number
            )
        }
    }

    /// Removes all of it; what the service laid there first and its record last, so that it is still known when
    /// something is in the way.
    /// - Throws: `FileError` with what is left.
    func remove() throws {
        for path in [sealedFolder, memoryFolder] { try Files.remove(path) }
        for name in try Files.rawNames(in: folder).compactMap({ String(validating: $0, as: UTF8.self) }) {
            if folder + "/" + name != recordPath { try Files.remove(folder + "/" + name) }
        }
        try Files.remove(folder)
    }

    func write(_ record: Record) throws {
        let node = Node.object([
            "version": 1, "platform": Node(record.platform.rawValue), "engine": Node(record.engine),
            "debug": Node(.boolean(record.isDebug)),
            "startedAt": Node(Int(record.startedAt.seconds)),
            "mrenclave": Node(record.mrenclave?.description ?? ""), "healthCheck": Node(record.healthCheck),
        ])
        try Files.write(JSON.pretty(node), to: recordPath, mode: 0o600)
    }

    func record() throws -> Record {
        guard !isUnfinished else {
            throw OperationError(
                name,
                "is being launched or removed, or that was cut short",
                mend: "'mse stop \(name) --remove' removes what is left",
                code: .serviceUnfinished
            )
        }
        do {
            var reader = try ObjectReader(JSON.read(try Files.read(recordPath, limit: 1 << 16)))
            guard let platform = EnclaveSettings.Platform(rawValue: try reader.string("platform") ?? "") else {
                throw NotationError(at: reader.place, member: "platform", EnclaveSettings.Platform.expected)
            }
            return Record(
                platform: platform,
                engine: try reader.string("engine") ?? Record.firstEngine,
                isDebug: try reader.boolean("debug") ?? false,
                startedAt: Timestamp(seconds: Int64(try reader.integer("startedAt", in: 0...Int.max) ?? 0)),
                mrenclave: try reader.string("mrenclave").flatMap { Hex.bytes($0).flatMap { FixedBytes<32>($0) } },
                healthCheck: try reader.string("healthCheck") ?? "/"
            )
        } catch {
            throw damaged(recordPath, error)
        }
    }

    func launch() throws -> LaunchRecord {
        do {
            return try LaunchRecord(try Files.read(launchPath, limit: LaunchRecord.byteLimit))
        } catch {
            throw damaged(launchPath, error)
        }
    }

    /// Agents, which may be other users, read it.
    func write(_ launch: LaunchRecord) throws { try Files.write(launch.encoded, to: launchPath) }

    /// Of a file that no command of ours takes away or changes.
    private func damaged(_ path: String, _ error: any Error) -> OperationError {
        OperationError(
            path,
            (error as? FileError)?.problem ?? "\(error)",
            mend: """
                put a copy of it back, or remove the instance with 'mse stop \(name) --remove', which loses its HOME, \
                and spawn it again
                """,
            code: .stateDamaged
        )
    }

    /// Of the HOMEs that were sealed, 64 hex digits each, the last sealed one first.
    var homeEpochs: [String] { SealedHomes.epochs(in: sealedFolder) }

    private var refusalPath: String { folder + "/refusal" }

    /// Why the processor refused to launch it.
    func write(refusal: String?) throws {
        if let refusal { try Files.write(refusal, to: refusalPath, mode: 0o600) } else { try Files.remove(refusalPath) }
    }

    var refusal: String? {
        guard let bytes = try? Files.read(refusalPath, limit: 1 << 16) else { return nil }
        return String(decoding: bytes, as: UTF8.self).printable(limit: nil)
    }

    /// Written over blanks that were laid there at the start, so that it can be told even when the disk is full.
    func write(exitCode: Int32?) throws {
        let text = Array((exitCode.map { "\($0)\n" } ?? "\n           ").utf8)
        let file = try OpenFile(exitPath, O_WRONLY | O_CREAT, mode: 0o600)
        try file.write(text, at: 0)
        guard ftruncate(file.descriptor, text.count) == 0 else { throw FileError(exitPath, doing: "write") }
    }

    var exitCode: Int? {
        (try? Files.read(exitPath, limit: 64)).flatMap {
            Int(String(decoding: $0, as: UTF8.self).split(separator: "\n").first ?? "")
        }
    }

    func forgetAnswer() throws { try Files.remove(answeredPath) }

    /// The launcher of a start, before it has an agent.
    var startingPath: String { folder + "/starting" }

    /// Whether the last start came as far as a process.
    var hasBegun: Bool { exitCode != nil || Files.exists(startingPath) || Files.exists(processPath) }

    /// Whether its agent has answered since it was started; one that is silent after that isn't starting any more.
    var hasAnswered: Bool { Files.exists(answeredPath) }

    func noteAnswer() throws { try Files.write("", to: answeredPath, mode: 0o600) }

    /// The last lines of the log.
    func logTail(_ count: Int) -> String {
        let bytes = (try? Files.read(logPath)) ?? []
        return String(decoding: bytes.suffix(1 << 16), as: UTF8.self).split(separator: "\n").suffix(count).joined(
            separator: "\n"
        )
    }
}
