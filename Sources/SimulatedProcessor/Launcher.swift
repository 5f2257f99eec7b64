internal import CLinux
internal import Crypto
internal import Enclave
internal import Files
internal import Glibc
internal import Notation
internal import PackageFormat
public import PackageMeasurement
internal import Threads
public import WallClock

/// Starts an agent on the simulated processor and answers it as hardware would, for as long as it lives.
public struct Launcher: Sendable {
    /// What was measured.
    public var enclave: PackageEnclave
    /// Whether its operator wants to read its memory, where it wasn't packaged so.
    public var isDebug: Bool
    /// The instance's files, which its agent works with.
    public var instance: Instance
    /// The agent's arguments besides those that name the instance's files.
    public var arguments: [String]
    /// By which the operator's log is dated.
    public var clock: WallClock

    public struct Instance: Sendable {
        public var id: String
        /// Opened when it was measured.
        public var package: Int32
        public var packagePath: String
        public var launchPath: String
        /// Where it keeps sealed files.
        public var sealedFolder: String
        /// A folder of its own, for mounts.
        public var memoryFolder: String
        /// Takes the agent's output.
        public var logPath: String

        public init(
            id: String,
            package: Int32,
            packagePath: String,
            launchPath: String,
            sealedFolder: String,
            memoryFolder: String,
            logPath: String
        ) {
            self.id = id
            self.package = package
            self.packagePath = packagePath
            self.launchPath = launchPath
            self.sealedFolder = sealedFolder
            self.memoryFolder = memoryFolder
            self.logPath = logPath
        }
    }

    public init(
        enclave: PackageEnclave,
        isDebug: Bool,
        instance: Instance,
        arguments: [String],
        clock: WallClock
    ) {
        self.clock = clock
        self.enclave = enclave
        self.isDebug = isDebug
        self.instance = instance
        self.arguments = arguments
    }

    private static let memoryByteCount = 4 << 30

    /// Runs the agent to its end.
    /// - Parameter started: told the agent's process id, and which protection the kernel withheld.
    /// - Returns: its exit code; 128 and the signal's number when a signal ended it.
    /// - Throws: `FileError` when a file isn't the one that was measured.
    public func run(on platform: SimulatedPlatform, started: (Int32, [Protection]) throws -> Void) throws -> Int32 {
        let record = enclave.record
        guard record.settings.agent.platform == .simulator else {
            throw FileError(
                instance.packagePath,
                "is packaged for \(record.settings.agent.platform.rawValue), and this is the simulated processor"
            )
        }
        for program in [record.settings.agent.path, record.settings.agent.loader]
        where record.digest(of: program) == nil {
            throw FileError(program, "is what starts the enclave, and isn't among the files that were measured")
        }
        var sockets: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &sockets) == 0 else {
            throw FileError("socket", doing: "make a socket")
        }
        defer { close(sockets[0]) }
        let log = try OperatorLog(
            instance.logPath,
            takesApplicationLines: record.settings.log == .open,
            clock: clock
        )
        let confined: ConfinedProcess
        do {
            defer { close(sockets[1]) }
            let inlet = try log.inlet()
            defer { close(inlet) }
            confined = try ConfinedProcess(plan(socket: sockets[1], output: inlet))
        }
        // A thread, and so not before the agent's process is made.
        log.listen()
        let process = confined.id
        log.write(.started(process: process))
        try started(process, confined.missing)
        forwardTermination(to: process)
        let launched = LaunchedEnclave(enclave, isDebug: isDebug)
        let text = Array(JSON.canonical(record.node).utf8)
        let quoting = QuotingEnclave(pki: platform.pki)
        while let request = SimulatedFrame.read(from: sockets[0]) {
            guard SimulatedFrame.write(answer(request, from: launched, by: quoting, record: text), to: sockets[0])
            else { break }
        }
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        log.finish()
        log.write(status & 0x7F == 0 ? .ended(exitCode: status >> 8 & 0xFF) : .killed(signal: status & 0x7F))
        try Files.remove(instance.memoryFolder)
        return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
    }

    private func answer(_ request: [UInt8], from enclave: LaunchedEnclave, by quoting: QuotingEnclave, record: [UInt8])
        -> [UInt8]
    {
        do {
            switch request.first.flatMap({ SimulatedRequest(rawValue: $0) }) {
            case .quote where request.count == 65:
                return [0] + (try quoting.quote(enclave, reportData: Array(request.dropFirst())))
            case .sealingSecret where request.count == 1: return [0] + quoting.sealingSecret(enclave)
            case .record where request.count == 1: return [0] + record
            default: return [1] + Array("the launcher knows no such request".utf8)
            }
        } catch {
            return [1] + Array("the quoting enclave could not sign".utf8)
        }
    }

    private func plan(socket: Int32, output: Int32) -> ConfinedProcess.Plan {
        let agent = enclave.record.settings.agent
        var bindings = [
            Binding(source: instance.packagePath, target: "instance/package.tar", descriptor: instance.package),
            Binding(source: instance.launchPath, target: "instance/launch.json"),
            Binding(source: instance.sealedFolder, target: "instance/sealed", isWritable: true),
        ]
        if OperatorData.hasTimeZones(beside: enclave.record) {
            bindings.append(
                Binding(
                    source: OperatorData.timeZones,
                    target: String(OperatorData.timeZones.dropFirst()),
                    isOptional: true
                )
            )
        }
        bindings += EnclaveFileSystem.devices.map { Binding(source: "/dev/" + $0, target: "dev/" + $0, isDevice: true) }
        let open = EnclavePlaces(
            root: instance.memoryFolder + "/root",
            package: instance.packagePath,
            launch: instance.launchPath,
            sealed: instance.sealedFolder,
            memory: instance.memoryFolder + "/private"
        )
        func words(_ places: EnclavePlaces) -> [String] {
            [places.root + agent.loader] + enclave.arguments(in: places) + arguments
        }
        return ConfinedProcess.Plan(
            record: enclave.record,
            root: open.root,
            byteCount: Self.memoryByteCount,
            user: user,
            bindings: bindings,
            arguments: (words(.measured), words(open)),
            environment: (enclave.environment(), enclave.environment(in: open)),
            socket: socket,
            output: output
        )
    }

    /// A number that no user of the machine has, the same at each start: above those that systems give out, containers'
    /// ranges included.
    private var user: uid_t {
        let digest = Array(SHA256.hash(data: Array(instance.id.utf8)))
        return 0x6000_0000 | digest.prefix(3).reduce(0) { $0 << 8 | uid_t($1) }
    }

    /// Whoever may signal the launcher may signal the agent, and means it: this user and root, who can end the service
    /// anyway. A request to stop saves HOME first, by whichever of the two processes it comes.
    private func forwardTermination(to process: Int32) {
        ProcessSignal.termination.watch { kill(process, SIGTERM) }
        ProcessSignal.stopRequest.watch { kill(process, SIGUSR1) }
    }
}
