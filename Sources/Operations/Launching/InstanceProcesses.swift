internal import Files
internal import Glibc
internal import Notation

/// Which processes of this host an instance is, as its launcher wrote it down.
struct InstanceProcesses: Sendable {
    let launcher: HostedProcess
    let agent: HostedProcess
    /// Names of the protection that the kernel withheld.
    let missing: [String]

    init(launcher: HostedProcess, agent: HostedProcess, missing: [String]) {
        self.launcher = launcher
        self.agent = agent
        self.missing = missing
    }

    /// Nil before its launcher has launched it.
    init?(of service: ServiceState) {
        guard let node = try? JSON.read(try Files.read(service.processPath, limit: 4096)),
            var reader = try? ObjectReader(node), let launcher = HostedProcess("launcher", &reader),
            let agent = HostedProcess("agent", &reader)
        else { return nil }
        self.init(
            launcher: launcher,
            agent: agent,
            missing: (try? reader.strings("missing", limit: 16)?.map(\.text)) ?? []
        )
    }

    func write(for service: ServiceState) throws {
        let node = Node.object([
            "launcher": Node(Int(launcher.id)), "launcherStart": Node(launcher.startTicks),
            "agent": Node(Int(agent.id)), "agentStart": Node(agent.startTicks),
            "missing": Node(.array(missing.map { Node($0) })),
        ])
        try Files.write(JSON.pretty(node), to: service.processPath, mode: 0o600)
    }

    static func forget(_ service: ServiceState) throws {
        for path in [service.processPath, service.startingPath] { try Files.remove(path) }
    }
}

/// A process by its number and start, so that a reused number isn't taken for it.
struct HostedProcess: Sendable, Hashable {
    let id: Int32
    fileprivate let startTicks: String

    init(id: Int32) {
        self.id = id
        startTicks = Self.ticks(id) ?? ""
    }

    /// - Parameter name: of the member that holds the id.
    fileprivate init?(_ name: String, _ reader: inout ObjectReader) {
        guard let id = try? reader.integer(name, in: 1...Int(Int32.max)),
            let startTicks = try? reader.string(name + "Start")
        else { return nil }
        self.id = Int32(id)
        self.startTicks = startTicks
    }

    /// The launcher of the last start; nil where none has begun, or its beginning isn't told.
    init?(startingOf service: ServiceState) {
        guard let bytes = try? Files.read(service.startingPath, limit: 64) else { return nil }
        let words = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace)
        guard words.count == 2, let id = Int32(words[0]), id > 0 else { return nil }
        self.id = id
        startTicks = String(words[1])
    }

    func write(startingOf service: ServiceState) throws {
        try Files.write("\(id) \(startTicks)\n", to: service.startingPath, mode: 0o600)
    }

    var isAlive: Bool { !startTicks.isEmpty && Self.ticks(id) == startTicks }

    func send(_ signal: Int32) { if isAlive { kill(id, signal) } }

    /// Field 22 of /proc/<pid>/stat; nil for a process that is gone or a zombie.
    private static func ticks(_ id: Int32) -> String? {
        guard let bytes = try? Files.read("/proc/\(id)/stat", limit: 4096) else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        guard let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[end...].split(separator: " ")
        return fields.count > 20 && fields[1] != "Z" ? String(fields[20]) : nil
    }
}
