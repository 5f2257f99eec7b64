public import DCAP
public import Notation
public import RATLS

/// The answer to the three questions, with all that was found (docs/verdicts.md).
public struct Verdict: Sendable {
    /// What was judged.
    public let evidence: Evidence
    /// What Intel's chain said, whatever the policy.
    public let examination: Examination
    /// All of them, those of the examination first.
    public let reasons: [Reason]
    public let verifiedAt: Timestamp
    /// The earliest end of all that was used; nil when nothing could be.
    public let validUntil: Timestamp?

    /// Yes, without a single reason against it.
    public var isAccepted: Bool { reasons.isEmpty }
    /// Whether nothing speaks against it in one respect.
    public func answers(_ question: Question) -> Bool { !reasons.contains { $0.question == question } }
    /// What the enclave vouches for of its launch; nil without a record.
    public var launch: LaunchRecord? { evidence.certificate?.launch }
}
