internal import CLinux
internal import CodePackage
internal import Files
internal import Foundation
internal import Glibc
internal import Gramine
internal import Notation
internal import RATLS
internal import RATLSTransport
internal import SimulatedProcessor
internal import Synchronization

/// The processes of one instance: a launcher of its own, and the agent that it launched.
struct ServiceProcess: Sendable {
    let service: ServiceState

    init(_ service: ServiceState) { self.service = service }

    private static let startSeconds = 60

    /// Starts the launcher in the background, and waits until the agent answers.
    func start(renews: Bool) async throws {
        let programs = try Programs.found()
        try service.write(exitCode: nil)
        try service.forgetProcess()
        let log = try OpenFile(service.logPath, O_WRONLY | O_CREAT | O_APPEND, mode: 0o600)
        let arguments = [programs.mse, "simulator", "launch", service.name] + (renews ? ["--renew"] : [])
        let pointers = arguments.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        let process = clinux_spawn(programs.mse, pointers, environ, nil, -1, log.descriptor, 1)
        guard process > 0 else { throw FileError(programs.mse, doing: "start", -process) }
        let launch = try service.launch()
        let end = ContinuousClock.now + .seconds(Self.startSeconds)
        while ContinuousClock.now < end {
            if let code = service.exitCode {
                throw OperationError(service.name, "ended with exit code \(code) before it answered:\n\(service.logTail(8))")
            }
            var status: Int32 = 0
            if waitpid(process, &status, WNOHANG) == process, service.exitCode == nil {
                throw OperationError(service.name, "its launcher ended:\n\(service.logTail(8))")
            }
            if await probe(launch) != nil { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw OperationError(service.name, "did not answer within \(Self.startSeconds) seconds:\n\(service.logTail(8))")
    }

    enum Answer: Sendable { case waiting, starting, running }

    /// Asks the instance how it is; nothing secret is sent, and who answers is compared with the launch record.
    func probe(_ launch: LaunchRecord) async -> Answer? {
        let id = launch.id
        guard
            let connection = try? await AttestedConnection.open(
                host: Target.reachable(launch.host), port: launch.port, judge: { $0.launch?.id == id })
        else { return nil }
        let path = (try? service.record().healthCheck) ?? "/"
        guard let response = try? await connection.request("GET", path, seconds: 5) else { return nil }
        if response.header("Mse-Status") != nil { return .waiting }
        return response.status == 503 ? .starting : .running
    }

    /// SIGTERM, and SIGKILL when that doesn't help.
    func stop(graceSeconds: Int = 40) async throws {
        guard let (launcher, agent) = service.processes() else { return }
        if agent.isAlive { Glibc.kill(agent.id, SIGTERM) }
        for _ in 0..<(graceSeconds * 20) where launcher.isAlive || agent.isAlive { try await Task.sleep(for: .milliseconds(50)) }
        try kill()
    }

    func kill() throws {
        guard let (launcher, agent) = service.processes() else { return }
        if agent.isAlive { Glibc.kill(agent.id, SIGKILL) }
        if launcher.isAlive { Glibc.kill(launcher.id, SIGKILL) }
    }

    var isAlive: Bool { service.processes().map { $0.launcher.isAlive && $0.agent.isAlive } ?? false }

    // MARK: In the launcher

    /// Measures, launches, and answers the agent until it ends.
    func launch(renews: Bool, _ state: StateFolder) throws -> Int32 {
        let programs = try Programs.found()
        let record = try service.record()
        var measured = try PackageFile(service.packagePath).record()
        // What really lies there is what is measured, whatever the package says.
        measured = EnclaveRecord(
            settings: measured.settings,
            files: try measured.files.map { $0.path.hasPrefix("/") ? .init(path: $0.path, digest: try FileDigest.sha256($0.path)) : $0 })
        var command = [
            programs.loader, programs.agent, "--package", service.packagePath, "--launch", service.launchPath, "--state",
            service.sealedFolder, "--memory",
            service.memoryFolder,
        ]
        if renews { command.append("--renew") }
        let launcher = Launcher(record: measured, isDebug: record.isDebug, command: command, logPath: service.logPath)
        let this = ServiceState.Process(id: getpid())
        do {
            let code = try launcher.run(on: SimulatedPlatform(folder: state.simulator)) {
                try service.write(launcher: this, agent: .init(id: $0))
            }
            try service.write(exitCode: code)
            return code
        } catch {
            try service.write(exitCode: 1)
            throw error
        }
    }
}
