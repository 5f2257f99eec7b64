internal import Notation
internal import PackageFormat
internal import RATLS
internal import SGXQuote
internal import StrictX509

/// How one instance is, as `status` and `list` show it.
public struct ServiceStatus: Report {
    public let name: String
    public let state: InstanceState
    /// Nil for one that is damaged.
    let details: Details?
    /// What keeps it from being told more of; nil when nothing does.
    public let problem: String?

    /// What is known of an instance that can be read.
    struct Details: Sendable {
        /// What its state means for it.
        let reason: String
        let launch: LaunchRecord
        let record: ServiceState.Record
        /// Nil before HOME was sealed for the first time.
        let home: HomeReport?
        /// The agent's on this machine, while all of the instance is there.
        let process: Int32?
        let worth: PlatformWorth
    }

    init(_ name: String, _ state: InstanceState, details: Details) {
        self.name = name
        self.state = state
        self.details = details
        problem = nil
    }

    init(damaged name: String, _ problem: String) {
        self.name = name
        state = .damaged
        details = nil
        self.problem = problem
    }

    /// Whether nobody is served, and nobody will be without somebody's doing.
    public var isDown: Bool {
        switch state {
        case .stopping, .stopped, .failed, .unresponsive, .damaged: true
        case .starting, .waiting, .running: false
        }
    }

    // MARK: For programs

    public var json: String { JSON.pretty(node) }

    public static func json(_ list: [ServiceStatus]) -> String { JSON.pretty(Node(.array(list.map(\.node)))) }

    var node: Node {
        guard let details else {
            return .object(["name": Node(name), "state": Node(state.rawValue), "problem": Node(problem ?? "")])
        }
        let (launch, record) = (details.launch, details.record)
        return .object([
            "name": Node(name), "id": Node(launch.id), "state": Node(state.rawValue),
            "platform": Node(record.platform.rawValue),
            "url": Node(NetworkAddress.text(of: launch)),
            "sans": Node(.array(launch.sans.map { Node($0) })),
            "mrenclave": Node(record.mrenclave?.description ?? ""),
            "startedAt": Node(record.startedAt.description),
            "notAfter": Node(launch.notAfter.description),
            "homeSavedAt": details.home?.savedAt.map { Node($0.description) } ?? Node(.null),
            "homeError": homeError.map { Node($0) } ?? Node(.null), "reason": Node(details.reason),
            "pid": details.process.map { Node(Int($0)) } ?? Node(.null),
        ])
    }

    private var homeError: String? { details?.home?.problem.map { $0.words } }

    // MARK: For people

    private static let fields = [
        "name", "state", "reason", "platform", "url", "sans", "mrenclave", "startedAt", "notAfter", "homeSavedAt",
        "homeError", "pid", "id",
    ]

    /// One screen.
    public var text: String {
        let node = node
        let width = (Self.fields.map(\.count).max() ?? 0) + 2
        let lines = Self.fields.map { name in
            name + String(repeating: " ", count: width - name.count) + Self.text(node[name]) + "\n"
        }
        return lines.joined() + (details?.worth.warning.map { $0 + "\n" } ?? "")
    }

    /// One line of a list.
    public var line: String {
        let node = node
        let fields = ["name", "state", "platform", "url"].map { Self.text(node[$0]) }
        return (fields + ["until " + Self.text(node["notAfter"])]).joined(separator: "  ") + "\n"
    }

    /// What a person has to know beside a list.
    public var notes: [String] {
        var notes = problem.map { [$0] } ?? []
        if state != .stopped, let homeError { notes.append("\(name): HOME isn't saved: \(homeError)") }
        return notes
    }

    /// Of a value that is shown, in characters.
    private static let textLimit = 2000

    private static func text(_ node: Node?) -> String {
        switch node?.value {
        case .string(let text)?: text.printable(limit: textLimit)
        case .number(let digits)?: digits
        case .array(let elements)?: elements.map { text($0) }.joined(separator: " ")
        default: "-"
        }
    }
}

extension HomeReport.Problem {
    var words: String {
        switch self {
        case .noSpace: "there is no room to seal HOME"
        case .timeLimit: "HOME holds so much that sealing it takes too long"
        case .tooLarge: "HOME changed so much while it was read that it could not be put back"
        case .notSaved:
            "HOME could not be sealed (its owner reads why in the log)"
        }
    }
}
