public import DCAP
public import Notation
internal import RATLS
internal import SGXQuote
internal import StrictX509

/// Turns evidence, collateral, policy and a time into a verdict. Every question is answered even when an earlier one
/// failed.
public struct Verifier: Sendable {
    /// What is expected.
    public var policy: AttestationPolicy
    private let examiner: QuoteExaminer
    /// The root that is trusted.
    public var anchor: TrustAnchor { examiner.anchor }

    /// Remembers nothing from one judgement to the next.
    public init(anchor: TrustAnchor = .intel, policy: AttestationPolicy) {
        self.policy = policy
        examiner = QuoteExaminer(anchor: anchor)
    }

    /// Takes what is already known to be good from there, and adds to it. The root is that of the objects.
    public init(remembering verified: VerifiedObjects, policy: AttestationPolicy) {
        self.policy = policy
        examiner = QuoteExaminer(remembering: verified)
    }

    /// Judges one piece of evidence.
    /// - Parameters:
    ///   - evidence: a quote, or a certificate that carries one.
    ///   - collateral: what it is examined with; nil proves nothing, and is a reason.
    ///   - expectation: what the certificate's names and launch record are compared with.
    ///   - time: all dates are compared with it.
    /// - Returns: yes or no, with every reason against it.
    public func judge(
        _ evidence: Evidence,
        with collateral: Collateral?,
        expecting expectation: Expectation = Expectation(),
        at time: Timestamp
    ) -> Verdict {
        let examination = examiner.examine(evidence.quote, with: collateral, at: time)
        var reasons = examination.reasons
        reasons += policy.tcb.judge(examination, at: time, beside: reasons)
        if let certificate = evidence.certificate {
            reasons += judge(certificate, expecting: expectation, at: time)
            reasons += policy.launch.judge(certificate, expecting: expectation)
            for further in certificate.furtherEvidence {
                judge(further, beside: examination, of: evidence.quote, with: collateral, at: time, into: &reasons)
            }
        }
        if let report = evidence.quote.report { reasons += policy.measurement.judge(report) }
        if let td = evidence.quote.tdReport { reasons += policy.tdx.judge(td, beside: policy.measurement) }
        reasons += policy.platform.judge(examination.platform)
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
    public func judge(_ evidence: [Evidence], with collateral: Collateral?, at time: Timestamp) async -> [Verdict] {
        await BatchRun.map(evidence) { judge($0, with: collateral, at: time) }
    }

    private func judge(
        _ certificate: AttestedCertificate,
        expecting expectation: Expectation,
        at time: Timestamp
    ) -> [Reason] {
        var reasons: [Reason] = []
        let x509 = certificate.certificate
        if time < x509.notBefore {
            reasons.append(
                Reason(
                    .enclaveCertificateNotYetValid,
                    "the enclave's certificate is not valid yet",
                    expected: "from \(x509.notBefore)",
                    found: time.description
                )
            )
        }
        if time > x509.notAfter {
            reasons.append(
                Reason(
                    .enclaveCertificateExpired,
                    "the enclave's certificate is no longer valid",
                    expected: "until \(x509.notAfter)",
                    found: time.description
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
                    "the certificate isn't for \(host.printable())",
                    expected: host.printable(),
                    found: certificate.sans.map(\.description).joined(separator: ", ")
                )
            )
        }
        return reasons
    }

    /// Evidence beside the one that was judged: it must bind the same key, be as genuine and as good, and say the same.
    private func judge(
        _ further: EvidenceExtension,
        beside examination: Examination,
        of quote: Quote,
        with collateral: Collateral?,
        at time: Timestamp,
        into reasons: inout [Reason]
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
        let its = found.reasons + policy.tcb.judge(found, at: time, beside: found.reasons)
        for reason in its where !reasons.contains(reason) { reasons.append(reason) }
    }
}

extension Examination {
    /// Whether both name the same platform, as far as either names one.
    fileprivate func isOfSamePlatform(as other: Examination) -> Bool {
        platform?.fmspc == other.platform?.fmspc && platform?.ppid == other.platform?.ppid
            && platform?.platformInstanceID == other.platform?.platformInstanceID
    }
}
