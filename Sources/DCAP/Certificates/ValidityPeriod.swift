internal import Notation
internal import StrictX509

/// From when to when a part may be used, both ends included. Kept with what was verified, and compared with the time
/// anew each time.
struct ValidityPeriod: Hashable, Sendable {
    /// What has dates.
    enum Part: Hashable, Sendable {
        case certificate(CertificateRole)
        case rootCRL, pckCRL
        case tcbInfo, qeIdentity

        var description: String {
            switch self {
            case .certificate(let role): "the \(role.description)"
            case .rootCRL: "the root CRL"
            case .pckCRL: "the PCK CRL"
            case .tcbInfo: "TCB info"
            case .qeIdentity: "QE identity"
            }
        }

        var isCollateral: Bool { if case .certificate = self { false } else { true } }

        fileprivate var codes: (notYet: ReasonCode, expired: ReasonCode) {
            switch self {
            case .certificate: (.certificateNotYetValid, .certificateExpired)
            case .rootCRL, .pckCRL: (.crlNotYetValid, .crlExpired)
            case .tcbInfo, .qeIdentity: (.documentNotYetValid, .documentExpired)
            }
        }
    }

    let part: Part
    let start: Timestamp
    /// Nil when the part doesn't say, which is a reason of its own.
    let end: Timestamp?

    init(_ part: Part, from start: Timestamp, to end: Timestamp?) {
        self.part = part
        self.start = start
        self.end = end
    }

    /// What a time outside says against the part.
    func check(at time: Timestamp, _ reasons: inout [Reason]) {
        if time < start {
            reasons.append(
                Reason(
                    part.codes.notYet,
                    "\(part.description) is not valid yet",
                    expected: "from \(start)",
                    found: time.description
                )
            )
        }
        if let end, time > end {
            reasons.append(
                Reason(
                    part.codes.expired,
                    "\(part.description) is no longer valid",
                    expected: "until \(end)",
                    found: time.description
                )
            )
        }
    }
}
