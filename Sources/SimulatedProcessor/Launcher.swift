internal import CLinux
internal import Enclave
internal import Files
internal import Glibc
public import Gramine
internal import Notation

/// Starts an agent on the simulated processor and answers it as hardware would, for as long as it lives.
public struct Launcher: Sendable {
    /// What was measured.
    public var record: EnclaveRecord
    public var isDebug: Bool
    /// The loader that stands for Gramine's, the agent, and the agent's arguments.
    public var command: [String]
    /// Takes the agent's output.
    public var logPath: String

    public init(record: EnclaveRecord, isDebug: Bool, command: [String], logPath: String) {
        self.record = record
        self.isDebug = isDebug
        self.command = command
        self.logPath = logPath
    }

    /// Runs the agent to its end.
    /// - Parameter started: told the agent's process id.
    /// - Returns: its exit code; 128 and the signal's number when a signal ended it.
    public func run(on platform: SimulatedPlatform, started: (Int32) throws -> Void) throws -> Int32 {
        let enclave = LaunchedEnclave(
            measurement: record.measurement, productID: record.settings.enclave.productID,
            securityVersion: record.settings.enclave.securityVersion, isDebug: isDebug)
        var sockets: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &sockets) == 0 else {
            throw FileError("socket", doing: "make a socket")
        }
        let log = try OpenFile(logPath, O_WRONLY | O_CREAT | O_APPEND, mode: 0o600)
        let process = spawn(socket: sockets[1], output: log.descriptor)
        close(sockets[1])
        defer { close(sockets[0]) }
        guard process > 0 else { throw FileError(command[0], doing: "start", -process) }
        try started(process)
        forwardTermination(to: process)
        let record = Array(JSON.canonical(self.record.node).utf8)
        let quoting = QuotingEnclave(pki: platform.pki)
        while let request = SimulatedFrame.read(from: sockets[0]) {
            guard SimulatedFrame.write(answer(request, enclave, quoting, record), to: sockets[0]) else { break }
        }
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
    }

    private func answer(_ request: [UInt8], _ enclave: LaunchedEnclave, _ quoting: QuotingEnclave, _ record: [UInt8]) -> [UInt8] {
        do {
            switch request.first.flatMap({ SimulatedRequest(rawValue: $0) }) {
            case .quote where request.count == 65: return [0] + (try quoting.quote(enclave, reportData: Array(request.dropFirst())))
            case .sealingSecret where request.count == 1: return [0] + quoting.sealingSecret(enclave)
            case .record where request.count == 1: return [0] + record
            default: return [1] + Array("the launcher knows no such request".utf8)
            }
        } catch {
            return [1] + Array("\(error)".utf8)
        }
    }

    private func spawn(socket: Int32, output: Int32) -> Int32 {
        // The container's variables reach the enclave as little as they do under Gramine; these two are for the loader of shared libraries and for us.
        var variables = [SimulatedEnclave.variable + "=1"]
        for name in ["LD_LIBRARY_PATH", "ASAN_OPTIONS"] {
            if let value = getenv(name) { variables.append(name + "=" + String(cString: value)) }
        }
        let arguments = command.map { strdup($0) } + [nil]
        let environment = variables.map { strdup($0) } + [nil]
        defer { for pointer in arguments + environment { free(pointer) } }
        return clinux_spawn(command[0], arguments, environment, nil, socket, output, 0)
    }

    /// Whoever stops the launcher means the agent.
    private func forwardTermination(to process: Int32) {
        guard clinux_count_signals(clinux_termination) == 0 else { return }
        var thread = pthread_t()
        let context = Unmanaged.passRetained(ForwardedTermination(process: process))
        if pthread_create(
            &thread, nil,
            { context in
                let target = Unmanaged<ForwardedTermination>.fromOpaque(context!).takeRetainedValue()
                while clinux_wait_for_signal(clinux_termination) == 0 { kill(target.process, SIGTERM) }
                return nil
            }, context.toOpaque()) != 0
        {
            context.release()
        }
        pthread_detach(thread)
    }
}

private final class ForwardedTermination {
    let process: Int32

    init(process: Int32) {
        self.process = process
    }
}
