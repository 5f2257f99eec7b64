public import DCAP
public import Notation
public import RATLS

/// The answer to the three questions, with all that was found (docs/verdicts.md).
public struct Verdict: Sendable {
    public let evidence: Evidence
    public let examination: Examination
    /// All of them, those of the examination first.
    public let reasons: [Reason]
    public let verifiedAt: Timestamp
    /// The earliest end of all that was used; nil when nothing could be.
    public let validUntil: Timestamp?

    public var isAccepted: Bool { reasons.isEmpty }
    public func answers(_ question: Question) -> Bool { !reasons.contains { $0.question == question } }
    public var launch: LaunchRecord? { evidence.certificate?.launch }
}
