package import DCAP
package import Notation
internal import RATLS
internal import SGXQuote
internal import StrictX509

extension Verdict {
    /// The verdict as JSON, in lines; its codes are explained in docs/verdicts.md.
    public var json: String { JSON.pretty(node) }

    package var node: Node {
        .object([
            "accepted": Node(.boolean(isAccepted)), "genuine": Node(.boolean(answers(.genuine))), "tcb": tcb,
            "subject": subject,
            "launch": launch?.node, "verifiedAt": Node(verifiedAt.description),
            "validUntil": validUntil.map { Node($0.description) } ?? Node(.null),
            "trustedRoot": examination.foreignRoot.map { Node($0) }, "reasons": Node(.array(reasons.map(\.node))),
        ])
    }

    private var tcb: Node {
        .object([
            "status": examination.status.map { Node($0.rawValue) } ?? Node(.null),
            "date": examination.tcbDate.map { Node($0.description) } ?? Node(.null),
            "evaluationDataNumber": examination.evaluationDataNumber.map { Node($0) } ?? Node(.null),
            "advisories": Node(.array(examination.advisories.map { Node($0) })), "parts": parts,
        ])
    }

    /// Platform, quoting enclave and TDX module are always named, null when there is none or no level fits it.
    private var parts: Node {
        let always: [TCBParts.Part] = [.platform, .qe, .tdxModule]
        let shown = always + TCBParts.Part.allCases.filter { !always.contains($0) && examination.parts[$0] != nil }
        return Node(.object(shown.map { Member($0.rawValue, examination.parts[$0].map(Self.node) ?? Node(.null)) }))
    }

    private static func node(_ finding: TCBFinding) -> Node {
        .object([
            "status": Node(finding.status.rawValue), "date": Node(finding.date.description),
            "advisories": Node(.array(finding.advisories.map { Node($0) })),
        ])
    }

    private var subject: Node {
        let fmspc = examination.platform.map { Node($0.fmspc.description) }
        if let report = evidence.quote.report {
            return .object([
                "kind": "sgx", "mrenclave": Node(report.mrenclave.description),
                "mrsigner": Node(report.mrsigner.description),
                "productID": Node(Int(report.productID)), "svn": Node(Int(report.securityVersion)),
                "debug": Node(.boolean(report.attributes.contains(.debug))),
                "reportData": Node(report.reportData.description),
                "fmspc": fmspc,
            ])
        }
        guard let td = evidence.quote.tdReport else { return Node(.null) }
        return .object([
            "kind": "tdx", "mrtd": Node(td.mrtd.description),
            "rtmr": Node(.array(td.rtmr.map { Node($0.description) })),
            "mrseam": Node(td.mrseam.description), "mrsignerseam": Node(td.mrsignerseam.description),
            "teeTcbSvn": Node(td.teeTCBSVN.description),
            "tdAttributes": Node(td.attributesBytes.description), "xfam": Node(td.xfamBytes.description),
            "mrconfigid": Node(td.mrconfigid.description), "mrowner": Node(td.mrowner.description),
            "mrownerconfig": Node(td.mrownerconfig.description),
            "mrServiceTD": td.mrservicetd.map { Node($0.description) },
            "debug": Node(.boolean(td.attributes.contains(.debug))),
            "septVEDisable": Node(.boolean(td.attributes.contains(.septVEDisable))),
            "reportData": Node(td.reportData.description),
            "fmspc": fmspc,
        ])
    }

}

extension Reason {
    /// As verdicts list it.
    package var node: Node {
        .object([
            "code": Node(code.name), "question": Node(question.rawValue), "message": Node(message),
            "expected": expected.map { Node($0) },
            "found": found.map { Node($0) }, "mend": Node(mend),
        ])
    }
}
