internal import Attestation
internal import DCAP
internal import Files
internal import Notation
internal import StrictX509

/// Whether collateral is consistent, for people and programs.
public struct CollateralCheck: Report {
    let path: String
    let examination: CollateralExamination
    let checkedAt: Timestamp

    public var isConsistent: Bool { examination.isConsistent }

    public var text: String {
        var lines = ["\(isConsistent ? "CONSISTENT" : "REFUSED")  \(path.printable(limit: nil))"]
        if let end = examination.validUntil { lines.append("  valid until  \(end)") }
        if !examination.isPCKCRLProven {
            lines.append(
                """
                  note         the PCK CRL's signature is proven with a quote's chain only: its \
                issuer's chain isn't here
                """
            )
        }
        lines += ReasonList(examination.reasons).lines
        return lines.joined(separator: "\n") + "\n"
    }

    public var json: String {
        JSON.pretty(
            .object([
                "consistent": Node(.boolean(isConsistent)), "checkedAt": Node(checkedAt.description),
                "validUntil": examination.validUntil.map { Node($0.description) } ?? Node(.null),
                "pckCRLProven": Node(.boolean(examination.isPCKCRLProven)),
                "reasons": Node(.array(examination.reasons.map(\.node))),
            ])
        )
    }
}
