public import DCAP
internal import Notation
internal import StrictX509

extension AttestationPolicy {
    /// `[tcb]`: how up to date platform, TDX module and quoting enclave must be, and what says so.
    public struct TCB: Hashable, Sendable {
        /// Every status that isn't here is refused; `Revoked` always.
        public var accepted: Set<TCBStatus> = [.upToDate]
        /// Names as Intel writes them; others than those of `TCBFinding.isAdvisory` allow nothing.
        public var allowedAdvisories: Set<String> = []
        /// Since the level's date; in whole seconds.
        public var grace = Duration.zero
        /// Since the older issueDate; in whole seconds.
        public var maximumCollateralAge = Duration.seconds(30 * 86400)
        /// Of Intel's TCB recoveries (`tcbEvaluationDataNumber`), the least.
        public var minimumEvaluationNumber = 0

        /// `UpToDate` alone, with collateral of at most 30 days.
        public init() {}
    }
}

extension AttestationPolicy.TCB: PolicyTable {
    static let name = "tcb"

    enum Key: String, PolicyKey {
        case accept
        case allowAdvisories = "allow_advisories"
        case grace
        case maximumCollateralAge = "max_collateral_age"
        case minimumEvaluationNumber = "min_evaluation_number"

        var form: String {
            switch self {
            case .accept: "a list of statuses"
            case .allowAdvisories: "a list of advisories such as `\"INTEL-SA-00615\"`"
            case .grace, .maximumCollateralAge: "a duration such as `\"30d\"`, `\"12h\"`, `\"90m\"`, `\"5s\"`"
            case .minimumEvaluationNumber: "a whole number"
            }
        }

        var standard: String {
            switch self {
            case .accept: "`[\"UpToDate\"]`"
            case .allowAdvisories: "`[]`"
            case .grace: "`\"0d\"`"
            case .maximumCollateralAge: "`\"30d\"`"
            case .minimumEvaluationNumber: "`0`"
            }
        }

        var meaning: String {
            switch self {
            case .accept: "statuses that are good enough; `Revoked` never is"
            case .allowAdvisories: "accepted although the status is not, when they are all that stand open"
            case .grace: "how long after its date an `OutOfDate` level is still good; no date to come is"
            case .maximumCollateralAge: "since TCB info and QE identity were issued, whichever is older"
            case .minimumEvaluationNumber: "newer collateral can carry a lower number: name the newest you know"
            }
        }
    }

    init(_ keys: inout PolicyKeys<Key>) throws(NotationError) {
        if let statuses = try keys.strings(.accept) { accepted = try Self.statuses(statuses, keys) }
        for (text, place) in try keys.strings(.allowAdvisories) ?? [] {
            guard TCBFinding.isAdvisory(text) else {
                let found = text.printable()
                throw keys.error(
                    .allowAdvisories,
                    "an advisory such as \"INTEL-SA-00615\" expected, found '\(found)'",
                    at: place
                )
            }
            allowedAdvisories.insert(text)
        }
        grace = try keys.duration(.grace) ?? .zero
        maximumCollateralAge = try keys.duration(.maximumCollateralAge) ?? maximumCollateralAge
        minimumEvaluationNumber = try keys.integer(.minimumEvaluationNumber, in: 0...Int(Int32.max)) ?? 0
    }

    private static func statuses(
        _ list: [(text: String, place: Place)],
        _ keys: PolicyKeys<Key>
    ) throws(NotationError) -> Set<TCBStatus> {
        var result: Set<TCBStatus> = []
        for (text, place) in list {
            guard let status = TCBStatus(rawValue: text), status != .revoked else {
                let found = text.printable()
                throw keys.error(.accept, "'\(found)' is no status that can be accepted", at: place)
            }
            result.insert(status)
        }
        return result
    }
}

extension AttestationPolicy.TCB {
    /// - Parameter known: what stands against the evidence already.
    func judge(_ examination: Examination, at time: Timestamp, beside known: [Reason]) -> [Reason] {
        var reasons: [Reason] = []
        let accepted = accepted.map(\.rawValue).sorted().joined(separator: ", ")
        if examination.status == nil, !known.contains(where: { $0.code == .tcbNoLevel }) {
            reasons.append(Reason(.tcbUnknown, "the TCB status could not be told", expected: accepted))
        }
        for (part, finding) in examination.parts.all {
            let status = finding.status.rawValue
            if finding.status == .revoked {
                reasons.append(
                    Reason(.tcbRevoked, "\(part.description)'s TCB is Revoked", expected: accepted, found: status)
                )
            } else if !isGoodEnough(finding, of: examination.status, at: time) {
                reasons.append(
                    Reason(
                        .tcbNotAccepted,
                        "\(part.description)'s TCB is \(status), the policy accepts \(accepted)",
                        expected: accepted,
                        found: status
                    )
                )
            }
        }
        if let issued = examination.earliestIssue, time - issued > maximumCollateralAge {
            reasons.append(
                Reason(
                    .collateralTooOld,
                    "the collateral is too old",
                    expected: "issued at most \(maximumCollateralAge.components.seconds / 86400) days ago",
                    found: issued.description
                )
            )
        }
        if let number = examination.evaluationDataNumber, number < minimumEvaluationNumber {
            reasons.append(
                Reason(
                    .evaluationNumberTooLow,
                    "the collateral is of an old TCB evaluation",
                    expected: "at least \(minimumEvaluationNumber)",
                    found: "\(number)"
                )
            )
        }
        return reasons
    }

    /// Two texts of ASCII are equal only when their bytes are.
    private func isAllowed(_ advisory: String) -> Bool {
        TCBFinding.isAdvisory(advisory) && allowedAdvisories.contains(advisory)
    }

    /// One part for itself: by its status, by advisories of its own that are all allowed, or by a date of its own.
    /// - Parameter whole: what all parts say together; a policy that names it accepts what it is made of, as far as it
    ///   names that too.
    private func isGoodEnough(_ finding: TCBFinding, of whole: TCBStatus?, at time: Timestamp) -> Bool {
        if accepted.contains(finding.status) { return true }
        if let whole, accepted.contains(whole), whole.names(finding.status) { return true }
        if !finding.advisories.isEmpty, finding.advisories.allSatisfy(isAllowed) { return true }
        // A level whose day is still to come says nothing about how long it has been out of date.
        return finding.status == .outOfDate && grace > .zero && finding.date <= time && time - finding.date <= grace
    }
}
