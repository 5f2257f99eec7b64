public import Attestation
internal import DCAP
internal import Notation
internal import RATLS
internal import SGXQuote
internal import StrictX509

/// A verdict about something with a name, as the commands show it.
public struct Judgement: Sendable {
    public var title: String
    public var verdict: Verdict
    /// The package whose measurement was the reference value.
    public var package: String?

    public var isAccepted: Bool { verdict.isAccepted }
    public var json: String { JSON.pretty(verdict.node) }

    /// One screen, the answer first (DESIGN §6).
    public var report: String {
        let examination = verdict.examination
        let root = examination.foreignRoot.map { "\($0), NOT Intel" } ?? "Intel SGX Root CA"
        let quote = verdict.evidence.quote
        let kind = quote.layout.tee == .sgx ? "SGX" : "TDX"
        var lines = ["\(verdict.isAccepted ? "ACCEPTED" : "REFUSED")  \(NotationError.printable(title))", ""]
        lines.append("  genuine      \(yes(.genuine))  \(kind) quote v\(quote.version), root: \(root)")
        lines.append("  up to date   \(yes(.upToDate))  \(status)")
        lines.append("  mine         \(yes(.mine))  \(subject)")
        if let launch = verdict.launch {
            lines.append(
                "               launch record: \(launch.name), \(launch.sans.joined(separator: " ")), port \(launch.port), until \(CalendarTime.text(launch.notAfter))"
            )
        } else if verdict.evidence.certificate != nil {
            lines.append("               no launch record: instance data is not vouched for")
        }
        if let end = verdict.validUntil, verdict.isAccepted { lines.append("  valid until  \(CalendarTime.text(end))") }
        if !verdict.reasons.isEmpty { lines.append("") }
        for reason in verdict.reasons {
            lines.append("  \(reason.code.name)   \(reason.message)")
            if let expected = reason.expected { lines.append("    expected \(shorten(expected))") }
            if let found = reason.found { lines.append("    found    \(shorten(found))") }
            lines.append("    → \(reason.mend)")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func yes(_ question: Question) -> String { verdict.answers(question) ? "yes" : "no " }

    private var status: String {
        let examination = verdict.examination
        guard let status = examination.status else { return "no status" }
        let since = examination.tcbDate.map { " since " + String(CalendarTime.text($0).prefix(10)) } ?? ""
        let advisories =
            examination.advisories.isEmpty
            ? "" : " (\(examination.advisories.prefix(6).joined(separator: ", "))\(examination.advisories.count > 6 ? ", …" : ""))"
        return status.rawValue + since + advisories
    }

    private var subject: String {
        let quote = verdict.evidence.quote
        if let report = quote.report {
            let debug = report.attributes.contains(.debug) ? ", DEBUG" : ""
            return "MRENCLAVE \(shorten(report.mrenclave.description))\(package.map { " against \($0)" } ?? "")\(debug)"
        }
        return quote.tdReport.map { "MRTD \(shorten($0.mrtd.description))" } ?? ""
    }

    /// Digests as their ends, so that a line stays a line.
    private func shorten(_ text: String) -> String {
        text.count >= 64 && !text.contains(" ") ? "\(text.prefix(8))…\(text.suffix(4))" : String(text.prefix(300))
    }
}
