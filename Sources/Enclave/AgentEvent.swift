/// What the operator's log may say: a code, counts and an incident, and no text that anybody else wrote.
///
/// The agent writes `line`; who keeps the log lets through what `init(line:)` reads and nothing else, since a service
/// shares the agent's process and so its descriptors.
public enum AgentEvent: Hashable, Sendable {
    case listening(port: Int, isConfigured: Bool, isMemoryHidden: Bool)
    case simulated
    /// Why an instance with sealed state waits for its owner again.
    case waitsAgain(Cause)
    case configured
    case configurationRefused(code: ConfigurationCode)
    case serving
    case startFailed(Incident)
    case applicationFailed(Incident)
    case quoteUnbound
    case homeNotSaved
    /// HOME is sealed without so many files and folders, which can't be kept.
    case homeLeftOut(count: Int)
    /// A sealed file doesn't open: it was cut or changed, or is another instance's, epoch's or processor's.
    case stateDamaged(SealedFile)
    /// Secrets are held in memory that can't be locked: they may get into swap space.
    case memoryUnlocked
    case timeLimit(seconds: Int)
    /// It was asked to end: it finishes what it answers, and seals HOME.
    case stopping
    case ended(exitCode: Int32)
    case failed(Failure)
    /// Events that came too fast to be written.
    case dropped(count: Int)

    public enum Cause: String, Sendable, CaseIterable {
        case record, identity, unopened
    }

    /// Why a configuration was refused, as its sender is told too.
    public enum ConfigurationCode: String, Sendable, CaseIterable {
        case malformed = "configuration.malformed"
        case uuid = "configuration.uuid"
        case key = "configuration.key"
        case code = "configuration.code"
        case tlsKey = "configuration.tlsKey"
        case mixed = "configuration.mixed"
        case sealedSecrets = "configuration.sealedSecrets"
        case epoch = "configuration.epoch"
        case stateKey = "configuration.stateKey"
        case storage = "configuration.storage"
        case done = "configuration.done"
        /// Its sender has gone, who would never learn that it was accepted.
        case abandoned = "configuration.abandoned"
    }

    /// What kept the agent from its work.
    public enum Failure: String, Sendable, CaseIterable {
        /// The platform gives no quote, key or record.
        case platform
        /// The package, the code or the environment.
        case package
        case python
        /// Sealed state or private memory.
        case storage
        case certificate
        /// The address can't be listened on.
        case listen
        case log
        /// What is to run isn't what was measured.
        case unmeasured
        case other
    }

    /// A file of sealed state, by its place in that folder.
    public enum SealedFile: Hashable, Sendable {
        case identity, configuration
        /// - Parameter epoch: 64 hex digits in lower case.
        case home(epoch: String)

        var text: String {
            switch self {
            case .identity: "identity"
            case .configuration: "configuration"
            case .home(let epoch): "home." + epoch
            }
        }

        init?(text: String) {
            switch text {
            case "identity": self = .identity
            case "configuration": self = .configuration
            default:
                let digits = text.utf8.dropFirst("home.".utf8.count)
                guard text.hasPrefix("home."), digits.count == 64,
                    digits.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
                else { return nil }
                self = .home(epoch: String(Substring(digits)))
            }
        }

        public var path: String {
            switch self {
            case .identity, .configuration: text + ".sealed"
            case .home(let epoch): "home/\(epoch)/home.sealed"
            }
        }
    }

    /// Whether somebody who isn't the owner or the operator can make it happen, and so as often as he likes.
    public var isByStrangers: Bool {
        switch self {
        case .configurationRefused, .applicationFailed, .failed, .homeNotSaved, .homeLeftOut: true
        default: false
        }
    }

    /// One line without its end: letters, digits, blanks and `.=-` alone.
    public var line: String {
        switch self {
        case .listening(let port, let isConfigured, let isMemoryHidden):
            "agent.listening port=\(port) configured=\(isConfigured) hiddenMemory=\(isMemoryHidden)"
        case .simulated: "agent.simulated protection=none"
        case .waitsAgain(let cause): "agent.waitsAgain cause=\(cause.rawValue)"
        case .configured: "agent.configured"
        case .configurationRefused(let code): "configuration.refused code=\(code.rawValue)"
        case .serving: "application.serving"
        case .startFailed(let incident): "application.startFailed incident=\(incident.text)"
        case .applicationFailed(let incident): "application.failed incident=\(incident.text)"
        case .quoteUnbound: "agent.quoteUnbound"
        case .homeNotSaved: "home.notSaved"
        case .homeLeftOut(let count): "home.leftOut count=\(count)"
        case .stateDamaged(let file): "state.damaged file=\(file.text)"
        case .memoryUnlocked: "agent.memoryUnlocked"
        case .timeLimit(let seconds): "agent.timeLimit seconds=\(seconds)"
        case .stopping: "agent.stopping"
        case .ended(let exitCode): "agent.ended exitCode=\(exitCode)"
        case .failed(let failure): "agent.failed at=\(failure.rawValue)"
        case .dropped(let count): "events.dropped count=\(count)"
        }
    }

    /// Reads exactly what `line` writes; nil for anything else.
    public init?(line: String) {
        var words = line.split(separator: " ", maxSplits: 8)[...]
        guard let code = words.popFirst() else { return nil }
        let fields = Dictionary(
            words.compactMap { word in
                word.firstIndex(of: "=").map { (word[..<$0], String(word[word.index(after: $0)...])) }
            },
            uniquingKeysWith: { first, _ in first }
        )
        func value<T>(_ name: Substring, _ read: (String) -> T?) -> T? { fields[name].flatMap(read) }
        let event: AgentEvent? =
            switch code {
            case "agent.listening":
                if let port = value("port", { Int($0) }), let isConfigured = value("configured", Bool.init),
                    let isMemoryHidden = value("hiddenMemory", Bool.init)
                {
                    .listening(port: port, isConfigured: isConfigured, isMemoryHidden: isMemoryHidden)
                } else {
                    nil
                }
            case "agent.simulated": .simulated
            case "agent.waitsAgain": value("cause", Cause.init).map { .waitsAgain($0) }
            case "agent.configured": .configured
            case "configuration.refused": value("code", ConfigurationCode.init).map { .configurationRefused(code: $0) }
            case "application.serving": .serving
            case "application.startFailed": value("incident", Incident.init).map { .startFailed($0) }
            case "application.failed": value("incident", Incident.init).map { .applicationFailed($0) }
            case "agent.quoteUnbound": .quoteUnbound
            case "home.notSaved": .homeNotSaved
            case "home.leftOut": value("count", { Int($0) }).map { .homeLeftOut(count: $0) }
            case "state.damaged": value("file", SealedFile.init(text:)).map { .stateDamaged($0) }
            case "agent.memoryUnlocked": .memoryUnlocked
            case "agent.timeLimit": value("seconds", { Int($0) }).map { .timeLimit(seconds: $0) }
            case "agent.stopping": .stopping
            case "agent.ended": value("exitCode", { Int32($0) }).map { .ended(exitCode: $0) }
            case "agent.failed": value("at", Failure.init).map { .failed($0) }
            case "events.dropped": value("count", { Int($0) }).map { .dropped(count: $0) }
            default: nil
            }
        // Another spelling of a number, a field more, an order of its own: each could carry text.
        guard let event, event.line.utf8.elementsEqual(line.utf8) else { return nil }
        self = event
    }
}
