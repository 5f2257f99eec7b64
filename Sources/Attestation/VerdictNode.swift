internal import DCAP
public import Notation
internal import RATLS
internal import SGXQuote
internal import StrictX509

extension Verdict {
    /// The document of DESIGN §6.
    public var node: Node {
        .object([
            "accepted": Node(.boolean(isAccepted)), "genuine": Node(.boolean(answers(.genuine))), "tcb": tcb, "subject": subject,
            "launch": launch?.node, "verifiedAt": Node(CalendarTime.text(verifiedAt)),
            "validUntil": validUntil.map { Node(CalendarTime.text($0)) } ?? Node(.null),
            "trustedRoot": examination.foreignRoot.map { Node($0) }, "reasons": Node(.array(reasons.map(Self.node))),
        ])
    }

    private var tcb: Node {
        .object([
            "status": examination.status.map { Node($0.rawValue) } ?? Node(.null),
            "date": examination.tcbDate.map { Node(CalendarTime.text($0)) } ?? Node(.null),
            "evaluationDataNumber": examination.evaluationDataNumber.map { Node($0) } ?? Node(.null),
            "advisories": Node(.array(examination.advisories.map { Node($0) })),
        ])
    }

    private var subject: Node {
        let fmspc = examination.platform.map { Node(Hex.text($0.fmspc)) }
        if let report = evidence.quote.report {
            return .object([
                "kind": "sgx", "mrenclave": Node(Hex.text(report.mrenclave)), "mrsigner": Node(Hex.text(report.mrsigner)),
                "productID": Node(Int(report.productID)), "svn": Node(Int(report.securityVersion)),
                "debug": Node(.boolean(report.attributes.contains(.debug))), "reportData": Node(Hex.text(report.reportData)),
                "fmspc": fmspc,
            ])
        }
        guard let td = evidence.quote.tdReport else { return Node(.null) }
        return .object([
            "kind": "tdx", "mrtd": Node(Hex.text(td.mrtd)), "rtmr": Node(.array(td.rtmr.map { Node(Hex.text($0)) })),
            "mrseam": Node(Hex.text(td.mrseam)), "mrsignerseam": Node(Hex.text(td.mrsignerseam)), "teeTcbSvn": Node(Hex.text(td.teeTCBSVN)),
            "tdAttributes": Node(Hex.text(td.bytes.dropFirst(120).prefix(8))), "xfam": Node(Hex.text(td.bytes.dropFirst(128).prefix(8))),
            "mrconfigid": Node(Hex.text(td.mrconfigid)), "mrowner": Node(Hex.text(td.mrowner)),
            "mrownerconfig": Node(Hex.text(td.mrownerconfig)),
            "mrServiceTD": td.mrservicetd.map { Node(Hex.text($0)) }, "debug": Node(.boolean(td.tdAttributes & 1 != 0)),
            "septVEDisable": Node(.boolean(td.tdAttributes >> 28 & 1 != 0)), "reportData": Node(Hex.text(td.reportData)), "fmspc": fmspc,
        ])
    }

    private static func node(_ reason: Reason) -> Node {
        .object([
            "code": Node(reason.code.name), "question": Node(reason.question.rawValue), "message": Node(reason.message),
            "expected": reason.expected.map { Node($0) }, "found": reason.found.map { Node($0) }, "mend": Node(reason.mend),
        ])
    }
}
