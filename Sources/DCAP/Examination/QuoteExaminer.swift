public import Notation
public import SGXQuote
internal import StrictX509

/// Examines quotes: genuine or not, and with which TCB status, in the order of Intel's DCAP quote verification
/// library. Everything is judged as far as
/// possible, and every reason reported.
public struct QuoteExaminer: Sendable {
    /// The root that is trusted.
    public let anchor: TrustAnchor
    private let verified: VerifiedObjects?

    /// Remembers nothing from one quote to the next.
    public init(anchor: TrustAnchor = .intel) {
        self.anchor = anchor
        verified = nil
    }

    /// Takes what is already known to be good from there, and adds to it. The root is that of the objects.
    public init(remembering verified: VerifiedObjects) {
        anchor = verified.anchor
        self.verified = verified
    }

    /// Examines one quote by Intel's whole chain.
    /// - Parameters:
    ///   - quote: as it was read.
    ///   - collateral: of its platform; nil proves nothing, and is a reason.
    ///   - time: all dates are compared with it.
    /// - Returns: what is known of it, with every reason to doubt.
    public func examine(_ quote: Quote, with collateral: Collateral?, at time: Timestamp) -> Examination {
        var result = Examination()
        if !anchor.isIntel { result.foreignRoot = anchor.description }
        checkVendor(quote, &result)
        let chain = pckChain(of: quote, outside: collateral?.pckChain, &result)
        if let chain {
            result.platform = chain.platform
            result.add(chain.reasons)
            result.compare(chain.periods, with: time)
        }
        checkSignatures(quote, by: chain?.leaf?.key, into: &result)
        guard let collateral else {
            result.add([Reason(.collateralMissing, "there is no collateral for this quote")])
            return result
        }
        let examined = examine(collateral)
        result.add(examined.reasons)
        result.compare(examined.periods, with: time)
        result.evaluationDataNumber = examined.evaluationDataNumber
        result.earliestIssue = examined.earliestIssue
        if let chain { checkRevocation(chain, by: examined, into: &result) }
        if let info = examined.tcbInfo { match(info, with: quote, into: &result) }
        if let identity = examined.qeIdentity { match(identity, with: quote, into: &result) }
        if let info = examined.tcbInfo, let identity = examined.qeIdentity, let platform = result.platform {
            evaluate(quote, by: TCBEvaluation(pck: platform, info: info, identity: identity), into: &result)
        }
        return result
    }

    /// Many quotes at once, on all processors; the examinations in the quotes' order.
    public func examine(_ quotes: [Quote], with collateral: Collateral?, at time: Timestamp) async -> [Examination] {
        await BatchRun.map(quotes) { examine($0, with: collateral, at: time) }
    }

    private func examine(_ collateral: Collateral) -> ExaminedCollateral {
        guard let verified else { return ExaminedCollateral(collateral, anchor: anchor) }
        return verified.collateral(collateral) { ExaminedCollateral(collateral, anchor: anchor) }
    }

    // MARK: Quote and quoting enclave

    private func checkVendor(_ quote: Quote, _ result: inout Examination) {
        let found = quote.header.qeVendor
        guard found != QuoteHeader.intelQEVendor else { return }
        result.add([
            Reason(
                .quoteVendor,
                "the quoting enclave's vendor is unknown",
                expected: QuoteHeader.intelQEVendor.description,
                found: found.description
            )
        ])
    }

    private func pckChain(of quote: Quote, outside: [UInt8]?, _ result: inout Examination) -> CertificateChain? {
        let layout = quote.layout
        if layout.certificationKind == .chain {
            return chain(quote.bytes.span.extracting(layout.certificationData), allowsNUL: true)
        }
        guard let outside else {
            result.add([Reason(.certificateChain, "the quote carries no PCK chain, and the collateral holds none")])
            return nil
        }
        let chain = chain(outside.span, allowsNUL: false)
        if layout.certificationKind == .leaf {
            let own = try? PEM.blocks(
                quote.bytes.span.extracting(layout.certificationData),
                label: "CERTIFICATE",
                limit: 1,
                allowsNUL: true
            )
            if own?.first == nil || own?.first != chain.leaf?.der {
                result.add([
                    Reason(
                        .certificateChain,
                        "the quote's PCK certificate isn't the first one of the chain in the collateral"
                    )
                ])
            }
        }
        return chain
    }

    private func chain(_ text: Span<UInt8>, allowsNUL: Bool) -> CertificateChain {
        func examine() -> CertificateChain {
            CertificateChain(text, .pck, named: "PCK chain", allowsNUL: allowsNUL, anchor: anchor)
        }
        // What may stand at the end differs, so chains from outside are kept apart by not being kept.
        guard let verified, allowsNUL else { return examine() }
        return verified.chain(text.bytes, examine: examine)
    }

    private func checkSignatures(_ quote: Quote, by pck: P256Key?, into result: inout Examination) {
        if let key = attestationKey(quote, by: pck, into: &result),
            !key.verifies(quote.view.signature.array, over: quote[quote.layout.signedRange])
        {
            result.add([
                Reason(.quoteSignature, "the quote's signature isn't the attestation key's over header and report")
            ])
        }
    }

    /// The attestation key, when it is a point of the curve.
    private func attestationKey(_ quote: Quote, by pck: P256Key?, into result: inout Examination) -> P256Key? {
        var reasons: [Reason] = []
        var key: P256Key?
        func verify() -> P256Key? {
            if let pck, !QuotingEnclaveReport(quote, pck: pck).isSigned {
                reasons.append(Reason(.qeSignature, "the quoting enclave's report is not signed by the PCK"))
            }
            let expected = QuotingEnclaveReport.binding(quote), found = quote.qeReport.reportData
            if found != expected {
                reasons.append(
                    Reason(
                        .qeBinding,
                        """
                        the quoting enclave's report data isn't SHA-256 of attestation key and authentication data, \
                        then zeros
                        """,
                        expected: expected.description,
                        found: found.description
                    )
                )
            }
            key = P256Key(point: [4] + quote[quote.layout.attestationKey])
            if key == nil {
                reasons.append(
                    Reason(
                        .quoteAttestationKey,
                        "the attestation key is no point of P-256",
                        found: quote.view.attestationKey.description
                    )
                )
            }
            return reasons.isEmpty ? key : nil
        }
        guard let verified, let pck else {
            _ = verify()
            result.add(reasons)
            return key
        }
        let known = verified.attestationKey(QuotingEnclaveReport(quote, pck: pck), verify: verify)
        result.add(reasons)
        return known ?? key
    }

    // MARK: Revocation

    private func checkRevocation(
        _ chain: CertificateChain,
        by collateral: ExaminedCollateral,
        into result: inout Examination
    ) {
        guard let certificates = chain.certificates else { return }
        let (leaf, authority, root) = (certificates[0], certificates[1], certificates[2])
        if let list = collateral.rootCRL {
            if list.issuer.der != root.subject.der {
                result.add([ExaminedCollateral.otherIssuer(.rootCRL, of: list, than: root)])
            }
            if list.revokes(authority) { result.add([ExaminedCollateral.revoked(chain.roles[1], authority)]) }
        }
        if let list = collateral.pckCRL {
            result.add(
                collateral.objections(toListOf: authority) { verified?.isSigned($0, by: $1) ?? $0.isSigned(by: $1) }
            )
            if list.revokes(leaf) { result.add([ExaminedCollateral.revoked(.pck, leaf)]) }
        }
    }

    // MARK: Matching

    private func match(_ info: TCBInfo, with quote: Quote, into result: inout Examination) {
        checkKind("TCB info", found: info.id, expected: quote.layout.tee == .sgx ? "SGX" : "TDX", into: &result)
        if info.tcbType != 0 {
            result.add([
                Reason(.tcbTypeUnknown, "TCB info has an unknown type", expected: "0", found: "\(info.tcbType)")
            ])
        }
        guard let platform = result.platform else { return }
        if info.fmspc != platform.fmspc {
            result.add([
                Reason(
                    .documentPlatform,
                    "TCB info is for another FMSPC",
                    expected: platform.fmspc.description,
                    found: info.fmspc.description
                )
            ])
        }
        if info.pceID != platform.pceID {
            result.add([
                Reason(
                    .documentPlatform,
                    "TCB info is for another PCE",
                    expected: platform.pceID.description,
                    found: info.pceID.description
                )
            ])
        }
    }

    private func match(_ identity: QEIdentity, with quote: Quote, into result: inout Examination) {
        checkKind("QE identity", found: identity.id, expected: quote.layout.tee == .sgx ? "QE" : "TD_QE", into: &result)
        identity.check(quote.qeReport, &result.reasons)
    }

    private func checkKind(_ what: String, found: String, expected: String, into result: inout Examination) {
        guard found != expected else { return }
        result.add([
            Reason(
                .documentKind,
                "\(what) is for another kind of enclave",
                expected: expected,
                found: found.printable()
            )
        ])
    }

    private func evaluate(_ quote: Quote, by evaluation: TCBEvaluation, into result: inout Examination) {
        let td = quote.tdReport
        if let td { checkModule(td, by: evaluation, into: &result) }
        result.parts = evaluation.parts(td, qeSVN: quote.qeReport.securityVersion)
        guard let finding = evaluation.evaluate(td, qeSVN: quote.qeReport.securityVersion) else {
            result.add([Reason(.tcbNoLevel, "no TCB level fits this platform")])
            return
        }
        result.status = finding.status
        result.tcbDate = finding.date
        result.advisories = finding.advisories
    }

    private func checkModule(_ td: TDReport, by evaluation: TCBEvaluation, into result: inout Examination) {
        let version = td.teeTCBSVN.moduleVersion
        guard let expected = version > 0 ? evaluation.moduleIdentity(version: version)?.module : evaluation.info.module
        else {
            result.add([Reason(.tdxModule, "TCB info describes no TDX module of version \(version)")])
            return
        }
        if td.mrsignerseam != expected.mrsigner {
            result.add([
                Reason(
                    .tdxModule,
                    "the TDX module has another signer",
                    expected: expected.mrsigner.description,
                    found: td.mrsignerseam.description
                )
            ])
        }
        if td.seamAttributes != 0 || !expected.attributes.isZero {
            result.add([
                Reason(
                    .tdxModule,
                    "the TDX module's SEAMATTRIBUTES aren't zero",
                    expected: "0",
                    found: String(td.seamAttributes, radix: 16)
                )
            ])
        }
    }
}
