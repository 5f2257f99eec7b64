internal import Files
internal import Glibc
internal import KernelEvents
internal import Processes
internal import SimulatedProcessor

/// Instances as processes of this host: each has a launcher of its own, and the agent that it launched.
struct HostProcess: LaunchEngine {
    /// The verb of this program's command line, before an instance's name, by which `LauncherProcess` runs.
    static let verb = "launch"

    var name: String { ServiceState.Record.firstEngine }

    func start(_ service: ServiceState, renews: Bool) throws -> RunningProgram {
        let log = try OpenFile(service.logPath, O_WRONLY | O_CREAT | O_APPEND, mode: 0o600)
        // Nothing that is found in this process's environment goes on: who starts an instance again may stand anywhere.
        let launcher = try ProgramRun(
            Programs.mse(),
            [Self.verb] + (renews ? ["--renew"] : []) + ["--", service.name],
            environment: ["MSE_HOME": service.home],
            folder: "/",
            inheritsEnvironment: false
        ).start(output: log.descriptor, inNewSession: true)
        // Known from here on, however long it measures, and whoever goes on asking.
        try HostedProcess(id: launcher.id).write(startingOf: service)
        return launcher
    }

    func presence(of service: ServiceState) -> InstancePresence {
        guard let processes = InstanceProcesses(of: service) else {
            return HostedProcess(startingOf: service)?.isAlive == true ? .launching : .gone
        }
        return switch (processes.launcher.isAlive, processes.agent.isAlive) {
        case (true, true): .whole(process: processes.agent.id)
        case (false, false): .gone
        default: .partial
        }
    }

    func watch(_ service: ServiceState, by events: KernelEvents) {
        for folder in [service.folder, service.sealedFolder] { events.watch(path: folder) }
        let processes = InstanceProcesses(of: service).map { [$0.launcher, $0.agent] }
        let starting = HostedProcess(startingOf: service).map { [$0] }
        for process in processes ?? starting ?? [] where process.isAlive { events.watch(process: process.id) }
    }

    func send(_ request: EndRequest, to service: ServiceState) {
        if request == .kill { HostedProcess(startingOf: service)?.send(SIGKILL) }
        guard let processes = InstanceProcesses(of: service) else { return }
        switch request {
        case .whenSaved: processes.agent.send(SIGUSR1)
        case .orderly: processes.agent.send(SIGTERM)
        case .kill:
            processes.agent.send(SIGKILL)
            processes.launcher.send(SIGKILL)
        }
    }

    func logFiles(of service: ServiceState) -> [String] { OperatorLog.files(service.logPath) }

    func missingProtection(of service: ServiceState) -> [String] { InstanceProcesses(of: service)?.missing ?? [] }
}
