internal import CodeEncryption
internal import CodePackage
internal import Enclave
internal import Files
internal import NIOCore
internal import PythonHost
internal import RATLS

/// What the operator's log may say: a code, counts and an incident, and no text that anybody else wrote.
public enum AgentEvent: Sendable {
    case listening(port: Int, isConfigured: Bool, isMemoryHidden: Bool)
    case simulated
    /// Why an instance with sealed state waits for its owner again.
    case waitsAgain(Cause)
    case configured
    /// - Parameter code: of our own refusals.
    case configurationRefused(code: ConfigurationCode)
    case serving
    case startFailed(Incident?)
    case applicationFailed(Incident)
    case quoteUnbound
    case homeNotSaved
    case timeLimit(seconds: Int)
    case ended(exitCode: Int32)
    case failed(AgentFailure)
    /// Events that came too fast to be written.
    case dropped(count: Int)

    public enum Cause: String, Sendable {
        case record, identity, unopened
    }

    /// Code of a refusal, as the sender is told: one of ours.
    public struct ConfigurationCode: Sendable {
        let text: String
        init(_ refusal: ConfigurationRefusal) { text = refusal.code }
    }

    /// What kept the agent from its work.
    public enum AgentFailure: String, Sendable {
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

        init(_ error: any Error) {
            switch error {
            case is EnclaveError: self = .platform
            case is CodeError, is PackageError: self = .package
            case is PythonError: self = .python
            case is FileError, is SealedStateError: self = .storage
            case is CertificateMakerError: self = .certificate
            case is IOError: self = .listen
            case let error as AgentError: self = error.failure
            default: self = .other
            }
        }
    }

    /// Whether somebody who isn't the owner or the operator can make it happen, and so as often as he likes.
    var isByStrangers: Bool {
        switch self {
        case .configurationRefused, .applicationFailed, .failed, .homeNotSaved: true
        default: false
        }
    }

    /// One line without its end: letters, digits and `.=` alone.
    var line: String {
        switch self {
        case .listening(let port, let isConfigured, let isMemoryHidden):
            "agent.listening port=\(port) configured=\(isConfigured) hiddenMemory=\(isMemoryHidden)"
        case .simulated: "agent.simulated protection=none"
        case .waitsAgain(let cause): "agent.waitsAgain cause=\(cause.rawValue)"
        case .configured: "agent.configured"
        case .configurationRefused(let code): "configuration.refused code=\(code.text)"
        case .serving: "application.serving"
        case .startFailed(let incident): "application.startFailed" + Self.text(incident)
        case .applicationFailed(let incident): "application.failed" + Self.text(incident)
        case .quoteUnbound: "agent.quoteUnbound"
        case .homeNotSaved: "home.notSaved"
        case .timeLimit(let seconds): "agent.timeLimit seconds=\(seconds)"
        case .ended(let exitCode): "agent.ended exitCode=\(exitCode)"
        case .failed(let failure): "agent.failed at=\(failure.rawValue)"
        case .dropped(let count): "events.dropped count=\(count)"
        }
    }

    private static func text(_ incident: Incident?) -> String { incident.map { " incident=\($0.text)" } ?? "" }
}

/// Names one entry of the application's log in the operator's, without saying what it is.
public struct Incident: Hashable, Sendable {
    /// 8 random bytes.
    let bytes: [UInt8]

    init() {
        var generator = SystemRandomNumberGenerator()
        bytes = (0..<8).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }

    /// 16 hex digits.
    var text: String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
