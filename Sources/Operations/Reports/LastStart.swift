internal import Enclave
internal import Files
internal import RATLS

/// How an instance's last start went, as the operator's log tells it: by codes and counts.
struct LastStart {
    /// Why it isn't there; nil while nothing went wrong.
    let problem: String?
    /// It was this start's end, whether or not its processes have ended yet.
    let hasFailed: Bool
    /// Why it waits for its owner again; nil where it was never configured.
    let waitReason: String?
    /// Its agent was asked to end, and has begun to.
    let isStopping: Bool
    /// It ended, and not by its agent's doing: an application shares the process, and may end it.
    let hasEndedByItself: Bool

    /// Its application was to be loaded, and had HOME to write to.
    let wasConfigured: Bool
    /// With which its agent ended in order; nil where it said no such word.
    let agentsExitCode: Int?

    /// - Parameter logFiles: the operator's log, from the oldest file on.
    init(_ service: ServiceState, logFiles: [String]) {
        var problem: String?
        var hasFailed = false
        var damaged: String?
        var waitReason: String?
        var isStopping = false, processEnded = false, wasConfigured = false
        var agentsExitCode: Int?
        for text in Self.events(logFiles) {
            if text.hasPrefix("launcher.ended exitCode=") {
                processEnded = true
            } else if let event = AgentEvent(line: text) {
                switch event {
                case .stateDamaged(let file): damaged = Self.damaged(file, service.name)
                case .waitsAgain(let cause): waitReason = damaged ?? Self.words(cause)
                case .configured, .listening(_, isConfigured: true, _): wasConfigured = true
                case .stopping: isStopping = true
                case .ended(let exitCode): agentsExitCode = Int(exitCode)
                default: break
                }
                guard let found = Self.words(event, service) else { continue }
                (problem, hasFailed) = (found, true)
            } else if text.hasPrefix("launcher.killed signal="), !hasFailed {
                problem = "signal \(text.split(separator: "=").last ?? "") ended it"
            }
        }
        self.problem = problem
        self.hasFailed = hasFailed
        self.waitReason = waitReason
        self.isStopping = isStopping
        self.wasConfigured = wasConfigured
        self.agentsExitCode = agentsExitCode
        hasEndedByItself = processEnded && agentsExitCode == nil && !hasFailed
    }

    private static let start = Array("launcher.started ".utf8)
    /// Of events, each with its blank or dot behind it, all that tell something here: strangers can bring about many
    /// of the others.
    private static let telling = ["agent.", "launcher.", "state.", "application.startFailed "].map { Array($0.utf8) }

    /// What the log says since the last start, without the times: as far back as that is, since whoever makes the
    /// instance write much must hide nothing.
    private static func events(_ logFiles: [String]) -> [String] {
        var found: [[String]] = []
        for path in logFiles.reversed() {
            // Rotation may have taken it away since.
            guard let file = try? OpenFile(regular: path), let bytes = try? file.contents() else { continue }
            var lines: [String] = []
            var hasStarted = false
            for line in bytes.split(separator: UInt8(ascii: "\n")) {
                let event = line.drop { $0 != UInt8(ascii: " ") }.dropFirst()
                if event.starts(with: start) {
                    (lines, hasStarted) = ([], true)
                } else if telling.contains(where: { event.starts(with: $0) }) {
                    lines.append(String(decoding: event, as: UTF8.self))
                }
            }
            found.append(lines)
            if hasStarted { break }
        }
        return found.reversed().flatMap(\.self)
    }

    /// What happened to a sealed file, and what can be done.
    private static func damaged(_ file: AgentEvent.SealedFile, _ name: String) -> String {
        let found =
            """
            its sealed state is damaged: services/\(name)/sealed/\(file.path) was cut or changed, or is another \
            instance's,
            """
            + " epoch's or processor's; put a copy of it back"
        return switch file {
        case .home: found + ", or move it away: HOME is empty then, and begins anew"
        case .identity, .configuration:
            found + ", or have its owner release again ('mse run', with --continue EPOCH to keep HOME)"
        }
    }

    private static func words(_ cause: AgentEvent.Cause) -> String {
        switch cause {
        case .record: "its launch record is another than the one that its owner accepted"
        case .identity: "its sealed identity is missing, or belongs to another configuration"
        case .unopened: "its sealed state doesn't open"
        }
    }

    /// What its owner does to read what the application said.
    static func ownersLog(_ name: String) -> String {
        "its owner reads what it said with 'mse logs \(name) --key FILE'"
    }

    /// Nil for what ends nothing.
    private static func words(_ event: AgentEvent, _ service: ServiceState) -> String? {
        switch event {
        case .startFailed(let incident):
            "its application failed to start (incident \(incident.text)); \(ownersLog(service.name))"
        // While it waits, a damaged file ends nothing.
        case .stateDamaged(.home(let epoch)): damaged(.home(epoch: epoch), service.name)
        case .timeLimit(let seconds): "no configuration came within \(seconds) seconds"
        case .failed(let part) where part != .log: words(part, service)
        default: nil
        }
    }

    private static func words(_ part: AgentEvent.Failure, _ service: ServiceState) -> String {
        switch part {
        case .listen:
            "its address can't be listened on; another program may have taken port "
                + ((try? service.launch()).map { "\($0.port)" } ?? "that its launch record names")
        case .platform: "the processor gave it no quote or no key"
        case .package: "its package, code or environment can't be unpacked"
        case .python: "Python did not start"
        case .storage: "its sealed state or private memory can't be read or written; is there room on the disk?"
        case .certificate:
            """
            its certificate can't be made; has its time passed? 'mse restart \(service.name) --renew --days N' gives \
            it another
            """
        case .unmeasured: "what was to run is not what was measured"
        case .log: "its application's log can't be kept"
        case .other: "its agent failed; \(ownersLog(service.name))"
        }
    }
}
