internal import KernelEvents
internal import Processes

/// What brings instances to a platform, and holds on to them there: launch, signals, logs.
protocol LaunchEngine: Sendable {
    /// As an instance's record keeps it: which of several engines on one platform it was launched by.
    var name: String { get }

    /// Starts an instance in the background.
    /// - Returns: what holds it until it answers; it ends when the instance does.
    func start(_ service: ServiceState, renews: Bool) throws -> RunningProgram

    func presence(of service: ServiceState) -> InstancePresence

    /// Has the kernel tell what happens to an instance: when something of it ends, or is written down. An
    /// engine of whose instances the kernel knows nothing has it watch blindly.
    func watch(_ service: ServiceState, by events: KernelEvents)

    /// Nothing happens to one that is gone.
    func send(_ request: EndRequest, to service: ServiceState)

    /// The agent's events, from the oldest file on.
    func logFiles(of service: ServiceState) -> [String]

    /// What of the platform's protection the last start went without, as the platform told it.
    func missingProtection(of service: ServiceState) -> [String]
}

/// Whether an instance is there.
enum InstancePresence: Hashable, Sendable {
    case gone
    /// It is measured; there is no agent yet that could be asked anything.
    case launching
    /// Some of what belongs to it is: it ends.
    case partial
    /// - Parameter process: the agent's id on this machine.
    case whole(process: Int32)
}

/// How an instance is asked to end.
enum EndRequest: Sendable {
    /// HOME is sealed first; where that fails, it goes on.
    case whenSaved
    /// Whatever becomes of HOME's last changes.
    case orderly
    /// At once, without a word of its own.
    case kill
}
