public import DCAP
internal import Notation
internal import RATLS
internal import SGXQuote
internal import StrictX509

/// Turns evidence, collateral, policy and a time into a verdict. Every question is answered even when an earlier one
/// failed.
public struct Verifier: Sendable {
    public var policy: AttestationPolicy
    private let examiner: QuoteExaminer
    private var allowedAdvisories: Set<ExactText> { Set(policy.tcb.allowedAdvisories.map { ExactText($0) }) }
    public var anchor: TrustAnchor { examiner.anchor }

    public init(anchor: TrustAnchor = .intel, policy: AttestationPolicy) {
        self.policy = policy
        examiner = QuoteExaminer(anchor: anchor)
    }

    /// Takes what is already known to be good from there, and adds to it. The root is that of the objects.
    public init(remembering verified: VerifiedObjects, policy: AttestationPolicy) {
        self.policy = policy
        examiner = QuoteExaminer(remembering: verified)
    }

    /// - Parameter time: seconds since 1970.
    public func judge(
        _ evidence: Evidence,
        with collateral: Collateral?,
        expecting expectation: Expectation = Expectation(),
        at time: Int64
    ) -> Verdict {
        let examination = examiner.examine(evidence.quote, with: collateral, at: time)
        var reasons = examination.reasons
        judgeTCB(examination, time, &reasons)
        if let certificate = evidence.certificate {
            judge(certificate, expectation, time, &reasons)
            for further in certificate.furtherEvidence {
                judge(further, beside: examination, of: evidence.quote, collateral, time, &reasons)
            }
        }
        judgeMeasurement(evidence.quote, &reasons)
        if let td = evidence.quote.tdReport { judge(td, &reasons) }
        judge(examination.platform, &reasons)
        let ends = [examination.validUntil, evidence.certificate?.certificate.notAfter].compactMap { $0 }
        return Verdict(
            evidence: evidence,
            examination: examination,
            reasons: reasons,
            verifiedAt: time,
            validUntil: ends.min()
        )
    }

    /// Many at once, on all processors; the verdicts in the order of the evidence.
    public func judge(_ evidence: [Evidence], with collateral: Collateral?, at time: Int64) async -> [Verdict] {
        await BatchRun.map(evidence) { judge($0, with: collateral, at: time) }
    }

    // MARK: Up to date

    private func judgeTCB(_ examination: Examination, _ time: Int64, _ reasons: inout [Reason]) {
        let accepted = policy.tcb.accepted.map(\.rawValue).sorted().joined(separator: ", ")
        if examination.status == nil, !reasons.contains(where: { $0.code == .tcbNoLevel }) {
            reasons.append(Reason(.tcbUnknown, "the TCB status could not be told", expected: accepted))
        }
        for (part, finding) in examination.parts.all {
            let status = finding.status.rawValue
            if finding.status == .revoked {
                reasons.append(
                    Reason(.tcbRevoked, "\(part.description)'s TCB is Revoked", expected: accepted, found: status)
                )
            } else if !isGoodEnough(finding, examination.status, time) {
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
        if let issued = examination.earliestIssue, time - issued > policy.tcb.maximumCollateralAge {
            reasons.append(
                Reason(
                    .collateralTooOld,
                    "the collateral is too old",
                    expected: "issued at most \(policy.tcb.maximumCollateralAge / 86400) days ago",
                    found: CalendarTime.text(issued)
                )
            )
        }
        if let number = examination.evaluationDataNumber, number < policy.tcb.minimumEvaluationNumber {
            reasons.append(
                Reason(
                    .evaluationNumberTooLow,
                    "the collateral is of an old TCB evaluation",
                    expected: "at least \(policy.tcb.minimumEvaluationNumber)",
                    found: "\(number)"
                )
            )
        }
    }

    /// One part for itself: by its status, by advisories of its own that are all allowed, or by a date of its own.
    /// - Parameter whole: what all parts say together; a policy that names it accepts what it is made of, as far as it
    ///   names that too.
    private func isGoodEnough(_ finding: TCBFinding, _ whole: TCBStatus?, _ time: Int64) -> Bool {
        if policy.tcb.accepted.contains(finding.status) { return true }
        if let whole, policy.tcb.accepted.contains(whole), whole.names(finding.status) { return true }
        if !finding.advisories.isEmpty, allowedAdvisories.isSuperset(of: finding.advisories.map { ExactText($0) }) {
            return true
        }
        // A level whose day is still to come says nothing about how long it has been out of date.
        return finding.status == .outOfDate && policy.tcb.grace > 0 && finding.date <= time
            && time - finding.date <= policy.tcb.grace
    }

    // MARK: Mine

    private func judge(
        _ certificate: AttestedCertificate,
        _ expectation: Expectation,
        _ time: Int64,
        _ reasons: inout [Reason]
    ) {
        let x509 = certificate.certificate
        if time < x509.notBefore {
            reasons.append(
                Reason(
                    .enclaveCertificateNotYetValid,
                    "the enclave's certificate is not valid yet",
                    expected: "from \(CalendarTime.text(x509.notBefore))",
                    found: CalendarTime.text(time)
                )
            )
        }
        if time > x509.notAfter {
            reasons.append(
                Reason(
                    .enclaveCertificateExpired,
                    "the enclave's certificate is no longer valid",
                    expected: "until \(CalendarTime.text(x509.notAfter))",
                    found: CalendarTime.text(time)
                )
            )
        }
        if !certificate.bindsItsKey {
            let found = ReportDataBinding(point: x509.key.point, sealingKey: [])
            reasons.append(
                Reason(
                    .bindingDiffers,
                    "REPORTDATA binds another key than the certificate's",
                    expected: Hex.text(certificate.binding.keyDigest),
                    found: Hex.text(found.keyDigest)
                )
            )
        }
        if !certificate.isSelfSigned {
            reasons.append(Reason(.certificateSelfSignature, "the certificate is not signed by its own key"))
        }
        if let identifier = certificate.unknownCritical {
            reasons.append(
                Reason(
                    .certificateExtension,
                    "the certificate has an unknown critical extension",
                    found: identifier.description
                )
            )
        }
        if let host = expectation.host, !certificate.sans.contains(where: { $0.covers(host) }) {
            reasons.append(
                Reason(
                    .certificateHost,
                    "the certificate isn't for \(NotationError.printable(host))",
                    expected: NotationError.printable(host),
                    found: certificate.sans.map(\.description).joined(separator: ", ")
                )
            )
        }
        judgeLaunch(certificate, expectation, &reasons)
    }

    /// Evidence beside the one that was judged: it must bind the same key, be as genuine and as good, and say the same.
    private func judge(
        _ further: EvidenceExtension,
        beside examination: Examination,
        of quote: Quote,
        _ collateral: Collateral?,
        _ time: Int64,
        _ reasons: inout [Reason]
    ) {
        func contradiction(_ problem: String) {
            reasons.append(
                Reason(
                    .evidenceContradiction,
                    "the evidence in extension \(further.identifier): \(problem)",
                    expected: "the same as in extension \(AttestedCertificate.quoteIdentifier)",
                    found: further.dialect.name
                )
            )
        }
        guard case .quote(let other, let binds) = further.content else {
            if case .unreadable(let problem) = further.content { contradiction(problem) }
            return
        }
        if !binds {
            reasons.append(Reason(.bindingDiffers, "the quote in extension \(further.identifier) binds another key"))
        }
        if !other.isOfSameEnclave(as: quote) { contradiction("its quote is another enclave's") }
        let found = examiner.examine(other, with: collateral, at: time)
        if !found.isOfSamePlatform(as: examination) { contradiction("its quote is another platform's") }
        var its = found.reasons
        judgeTCB(found, time, &its)
        for reason in its where !reasons.contains(reason) { reasons.append(reason) }
    }

    private func judgeLaunch(_ certificate: AttestedCertificate, _ expectation: Expectation, _ reasons: inout [Reason])
    {
        if let problem = certificate.launchProblem {
            reasons.append(Reason(.launchMalformed, "the launch record: \(problem)"))
        }
        let names = policy.launch.names ?? expectation.name.map { [$0] }
        guard let launch = certificate.launch else {
            if certificate.launchProblem == nil,
                names != nil || policy.launch.latestExpiry != nil || expectation.id != nil
            {
                reasons.append(Reason(.launchMissing, "the certificate has no launch record"))
            }
            return
        }
        let sans = launch.sans.compactMap { SubjectAlternativeName($0) }
        if sans != certificate.sans || launch.notAfter != certificate.certificate.notAfter {
            reasons.append(Reason(.launchMalformed, "the launch record's names or end aren't those of the certificate"))
        }
        for allowed in [policy.launch.names, expectation.name.map { [$0] }].compactMap({ $0 })
        where !allowed.contains(launch.name) {
            reasons.append(
                Reason(
                    .launchName,
                    "the launch record is another service's",
                    expected: allowed.joined(separator: ", "),
                    found: launch.name
                )
            )
        }
        if let id = expectation.id, id != launch.id {
            reasons.append(
                Reason(.launchInstance, "the launch record is another instance's", expected: id, found: launch.id)
            )
        }
        if let latest = policy.launch.latestExpiry, launch.notAfter > latest {
            reasons.append(
                Reason(
                    .launchExpiry,
                    "the instance ends too late",
                    expected: "until \(CalendarTime.text(latest))",
                    found: CalendarTime.text(launch.notAfter)
                )
            )
        }
    }

    private func judgeMeasurement(_ quote: Quote, _ reasons: inout [Reason]) {
        if let report = quote.report {
            if report.attributes.contains(.debug), !policy.measurement.allowDebug {
                reasons.append(Reason(.debugEnclave, "the enclave has the DEBUG attribute"))
            }
            judgeSigner(report, &reasons)
            if let released = policy.measurement.released, !report.mrenclave.elementsEqual(released) {
                return reasons.append(
                    Reason(
                        .measurementDiffers,
                        "MRENCLAVE isn't that of what is to be released",
                        expected: Hex.text(released),
                        found: Hex.text(report.mrenclave)
                    )
                )
            }
            let references = policy.measurement.mrenclave
            guard !references.contains(where: { report.mrenclave.elementsEqual($0) }) else { return }
            if !references.isEmpty {
                reasons.append(
                    Reason(
                        .measurementDiffers,
                        "MRENCLAVE is another",
                        expected: Self.list(references),
                        found: Hex.text(report.mrenclave)
                    )
                )
            } else if policy.measurement.signer == nil, policy.measurement.released == nil {
                reasons.append(
                    Reason(
                        .measurementMissing,
                        "no measurement was named to compare with",
                        found: Hex.text(report.mrenclave)
                    )
                )
            }
        } else if policy.measurement.released != nil {
            reasons.append(
                Reason(
                    .measurementDiffers,
                    "what is to be released is for an SGX enclave, and this is a TD",
                    found: quote.tdReport?.mrtd.description
                )
            )
        } else if let td = quote.tdReport, !policy.tdx.mrtd.contains(where: { td.mrtd.elementsEqual($0) }) {
            if policy.tdx.mrtd.isEmpty {
                reasons.append(
                    Reason(.measurementMissing, "no measurement was named to compare with", found: Hex.text(td.mrtd))
                )
            } else {
                reasons.append(
                    Reason(
                        .measurementDiffers,
                        "MRTD is another",
                        expected: Self.list(policy.tdx.mrtd),
                        found: Hex.text(td.mrtd)
                    )
                )
            }
        }
    }

    private func judgeSigner(_ report: ReportBody, _ reasons: inout [Reason]) {
        guard let signer = policy.measurement.signer else { return }
        if !report.mrsigner.elementsEqual(signer.mrsigner) {
            reasons.append(
                Reason(
                    .signerDiffers,
                    "MRSIGNER is another",
                    expected: Hex.text(signer.mrsigner),
                    found: Hex.text(report.mrsigner)
                )
            )
        }
        if signer.productID != report.productID {
            reasons.append(
                Reason(
                    .signerDiffers,
                    "the product id is another",
                    expected: "\(signer.productID)",
                    found: "\(report.productID)"
                )
            )
        }
        if report.securityVersion < signer.minimumSVN {
            reasons.append(
                Reason(
                    .signerDiffers,
                    "the security version is too low",
                    expected: "at least \(signer.minimumSVN)",
                    found: "\(report.securityVersion)"
                )
            )
        }
    }

    private func judge(_ td: TDReport, _ reasons: inout [Reason]) {
        let attributes = td.attributes
        func object(_ message: String) {
            reasons.append(Reason(.tdxAttributes, message, found: "\(td.attributesBytes) (\(attributes))"))
        }
        if attributes.contains(.debug), !policy.measurement.allowDebug {
            reasons.append(Reason(.debugEnclave, "the TD has the DEBUG attribute"))
        }
        if !attributes.isDisjoint(with: .reserved) { object("the TD has reserved attributes") }
        if !attributes.contains(.septVEDisable), !policy.tdx.allowSeptVE { object("the TD lacks SEPT_VE_DISABLE") }
        if attributes.contains(.migratable), !policy.tdx.allowMigratable { object("the TD is migratable") }
        if let service = td.mrservicetd, !service.isZero, !policy.tdx.allowServiceTD {
            reasons.append(
                Reason(.tdxRegister, "the TD has a service TD", expected: "none", found: service.description)
            )
        }
        for (name, allowed) in policy.tdx.registers.sorted(by: { $0.key < $1.key }) {
            let found = td.register(name)
            guard found.map({ allowed.contains($0) }) != true else { continue }
            reasons.append(
                Reason(
                    .tdxRegister,
                    "\(name) has another value",
                    expected: Self.list(allowed),
                    found: found.map { Hex.text($0) } ?? "none"
                )
            )
        }
    }

    private func judge(_ platform: PCKExtension?, _ reasons: inout [Reason]) {
        func check(_ name: String, _ allowed: [[UInt8]]?, _ found: [UInt8]?) {
            guard let allowed, found.map({ allowed.contains($0) }) != true else { return }
            reasons.append(
                Reason(
                    .platformNotAllowed,
                    "\(name) isn't listed",
                    expected: Self.list(allowed),
                    found: found.map { Hex.text($0) } ?? "none"
                )
            )
        }
        func check(_ name: String, _ isAllowed: Bool, _ found: Bool?) {
            guard !isAllowed, found != false else { return }
            reasons.append(
                Reason(
                    .platformNotAllowed,
                    "\(name) isn't allowed",
                    expected: "off",
                    found: found == nil ? "not stated" : "on"
                )
            )
        }
        check("FMSPC", policy.platform.fmspc, platform.map { Array($0.fmspc) })
        check("PPID", policy.platform.ppid, platform.map { Array($0.ppid) })
        check(
            "the platform instance id",
            policy.platform.platformInstance,
            platform?.platformInstanceID.map { Array($0) }
        )
        check("SMT", policy.platform.allowSMT, platform?.configuration?.smtEnabled)
        check("a dynamic platform", policy.platform.allowDynamicPlatform, platform?.configuration?.dynamicPlatform)
        check("cached keys", policy.platform.allowCachedKeys, platform?.configuration?.cachedKeys)
    }

    private static func list(_ values: [[UInt8]]) -> String { values.map { Hex.text($0) }.joined(separator: ", ") }
}

extension TDReport {
    /// The value of a register by its name in a policy; nil when the report has none of that name.
    fileprivate func register(_ name: String) -> [UInt8]? {
        switch name {
        case "rtmr0": Array(self[rtmr: 0])
        case "rtmr1": Array(self[rtmr: 1])
        case "rtmr2": Array(self[rtmr: 2])
        case "rtmr3": Array(self[rtmr: 3])
        case "mrseam": Array(mrseam)
        case "mrsignerseam": Array(mrsignerseam)
        case "attributes": Array(attributesBytes)
        case "xfam": Array(xfamBytes)
        case "mrconfigid": Array(mrconfigid)
        case "mrowner": Array(mrowner)
        case "mrownerconfig": Array(mrownerconfig)
        case "mrservicetd": mrservicetd.map { Array($0) }
        default: nil
        }
    }
}

extension Examination {
    /// Whether both name the same platform, as far as either names one.
    fileprivate func isOfSamePlatform(as other: Examination) -> Bool {
        platform?.fmspc == other.platform?.fmspc && platform?.ppid == other.platform?.ppid
            && platform?.platformInstanceID == other.platform?.platformInstanceID
    }
}
