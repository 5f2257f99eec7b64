public import Attestation
internal import DCAP
internal import DCAPCollateral
internal import Notation
internal import PackageFormat
internal import RATLS
internal import SGXQuote
internal import StrictX509

/// A verdict about something with a name, as the commands show it.
public struct Judgement: Report {
    public var title: String
    public var verdict: Verdict
    /// The package whose measurement was a reference value.
    var package: JudgedPackage?
    /// Where the collateral came from.
    public var collateralSource: String
    /// What a person should know of how it came about.
    public var notes: [String] = []
    /// What became of the file for the pin, where one was named.
    var pin: PinFile.Outcome?

    init(title: String, verdict: Verdict, package: JudgedPackage?, collateral: CollateralDelivery) {
        self.title = title
        self.verdict = verdict
        self.package = package
        collateralSource = collateral.source
        notes = collateral.notes
    }

    /// Of the HOME that the enclave has since a release that followed this judgement.
    public var homeEpoch: String?
    /// Of HOMEs that lie there and that it hasn't.
    public var otherHomeEpochs: [String] = []
    /// What a person should know of how it started after that release.
    public var remarks: [String] = []

    public var isAccepted: Bool { verdict.isAccepted }
    /// The verdict's document, with where the collateral came from.
    public var json: String {
        guard case .object(var members) = verdict.node.value else { return JSON.pretty(verdict.node) }
        let origin = Node.object(["source": Node(collateralSource), "notes": Node(.array(notes.map { Node($0) }))])
        members.append(Member("collateral", origin))
        if let settings { members.append(Member("settings", settings.shown)) }
        if let pin { members.append(Member("pin", pin.node)) }
        if let homeEpoch { members.append(Member("homeEpoch", Node(homeEpoch))) }
        if !otherHomeEpochs.isEmpty {
            members.append(Member("otherHomeEpochs", Node(.array(otherHomeEpochs.map { Node($0) }))))
        }
        if !remarks.isEmpty { members.append(Member("remarks", Node(.array(remarks.map { Node($0) })))) }
        return JSON.pretty(Node(.object(members)))
    }

    /// One screen, the answer first.
    public var text: String {
        let examination = verdict.examination
        let root = examination.foreignRoot.map { "\($0.printable()), NOT Intel" } ?? "Intel SGX Root CA"
        let quote = verdict.evidence.quote
        let kind = quote.layout.tee == .sgx ? "SGX" : "TDX"
        var lines = ["\(verdict.isAccepted ? "ACCEPTED" : "REFUSED")  \(title.printable())", ""]
        lines.append("  genuine      \(yes(.genuine))  \(kind) quote v\(quote.version), root: \(root)")
        lines.append("  up to date   \(yes(.upToDate))  \(status)")
        lines += parts
        lines.append("  mine         \(yes(.mine))  \(subject)")
        if let launch = verdict.launch {
            lines.append(
                """
                               launch record: \(launch.name), \(launch.sans.joined(separator: " ")), port \
                \(launch.port), until \(launch.notAfter)
                """
            )
        } else if verdict.evidence.certificate != nil {
            lines.append("               no launch record: instance data is not vouched for")
        }
        if let settings {
            lines.append(
                "               \(settings.application.printable()), code \(settings.mode.words); \(settings.log.words)"
            )
        }
        if let end = verdict.validUntil, verdict.isAccepted { lines.append("  valid until  \(end)") }
        for note in notes { lines.append("  note         \(note.printable(limit: 500))") }
        if let pin { lines.append("  pin          \(pin.description.printable(limit: 500))") }
        lines += ReasonList(verdict.reasons).lines
        return lines.joined(separator: "\n") + "\n"
    }

    /// What is measured of the enclave that was found, where it is the package's.
    private var settings: EnclaveSettings? {
        package?.settings(of: verdict.evidence.quote.report?.mrenclave)
    }

    private func yes(_ question: Question) -> String { verdict.answers(question) ? "yes" : "no " }

    private var status: String {
        let examination = verdict.examination
        guard let status = examination.status else { return "no status" }
        return Self.status(status, since: examination.tcbDate, examination.advisories)
    }

    /// Platform, TDX module and quoting enclave, each for itself.
    private var parts: [String] {
        verdict.examination.parts.all.map { part, finding in
            let name = part.description.replacing("the ", with: "", maxReplacements: 1)
            return "               \(name): \(Self.status(finding.status, since: finding.date, finding.advisories))"
        }
    }

    private static func status(_ status: TCBStatus, since date: Timestamp?, _ advisories: [String]) -> String {
        let since = date.map { " since " + String($0.description.prefix(10)) } ?? ""
        guard !advisories.isEmpty else { return status.rawValue + since }
        let few = advisories.prefix(6).joined(separator: ", ").printable()
        return status.rawValue + since + " (\(few)\(advisories.count > 6 ? ", …" : ""))"
    }

    private var subject: String {
        let quote = verdict.evidence.quote
        if let report = quote.report {
            let debug = report.attributes.contains(.debug) ? ", DEBUG" : ""
            let reference = package.map { " against \($0.name.printable())" } ?? ""
            return "MRENCLAVE \(shorten(report.mrenclave.description))\(reference)\(debug)"
        }
        return quote.tdReport.map { "MRTD \(shorten($0.mrtd.description))" } ?? ""
    }

    private func shorten(_ text: String) -> String { ReasonList.shorten(text) }
}
