internal import Crypto
internal import Notation
public import SGXQuote
internal import StrictX509

/// Examines quotes: genuine or not, and with which TCB status (DCAP SPEC §4.4). Everything is judged as far as possible, and every reason reported.
public struct QuoteExaminer: Sendable {
    public let anchor: TrustAnchor

    public init(anchor: TrustAnchor = .intel) {
        self.anchor = anchor
    }

    /// - Parameter time: seconds since 1970; all dates are compared with it.
    public func examine(_ quote: Quote, with collateral: Collateral?, at time: Int64) -> Examination {
        var result = Examination()
        if !anchor.isIntel { result.foreignRoot = anchor.maker + " SGX Root CA" }
        let rules = CertificateRules(anchor: anchor, time: time)
        if quote.qeVendor != Quote.intelQEVendor[...] {
            result.reasons.append(
                Reason(
                    .quoteVendor, "the quoting enclave's vendor is unknown", expected: Hex.text(Quote.intelQEVendor),
                    found: Hex.text(quote.qeVendor)))
        }
        let chain = pckChain(of: quote, outside: collateral?.pckChain, rules, &result)
        if let chain { result.platform = readPlatform(chain.leaf, &result) }
        checkSignatures(quote, chain, &result)
        guard let collateral else {
            result.reasons.append(Reason(.collateralMissing, "there is no collateral for this quote"))
            return result
        }
        let rootCRL = list(collateral.rootCRL, "root CRL", issuer: chain?.root, time, &result)
        let pckCRL = list(collateral.pckCRL, "PCK CRL", issuer: chain?.authority, time, &result)
        if let chain {
            checkRevocation(chain.leaf, .pck, pckCRL, &result)
            checkRevocation(chain.authority, chain.authorityRole, rootCRL, &result)
        }
        let info = tcbInfo(collateral, rootCRL, rules, &result)
        let identity = qeIdentity(collateral, rootCRL, rules, &result)
        if let info { match(info, quote, result.platform, &result) }
        if let identity { match(identity, quote, &result) }
        if let info, let identity {
            result.evaluationDataNumber = min(info.evaluationDataNumber, identity.evaluationDataNumber)
            result.earliestIssue = min(info.issueDate, identity.issueDate)
            evaluate(quote, info, identity, &result)
        }
        return result
    }

    // MARK: PCK chain

    private struct PCKChain {
        var leaf: Certificate
        var authority: Certificate
        var authorityRole: CertificateRole
        var root: Certificate
    }

    private func pckChain(of quote: Quote, outside: [UInt8]?, _ rules: CertificateRules, _ result: inout Examination) -> PCKChain? {
        let ownChain = quote.layout.certificationKind == .chain
        guard let text = ownChain ? quote[quote.layout.certificationData] : outside?[...] else {
            result.reasons.append(Reason(.certificateChain, "the quote carries no PCK chain, and the collateral holds none"))
            return nil
        }
        guard let certificates = certificates(text, "PCK chain", count: 3, allowsNUL: ownChain, &result) else { return nil }
        if quote.layout.certificationKind == .leaf {
            let blocks = try? PEM.blocks(quote[quote.layout.certificationData], label: "CERTIFICATE", limit: 1, allowsNUL: true)
            if blocks?.first != certificates[0].der {
                result.reasons.append(
                    Reason(.certificateChain, "the quote's PCK certificate isn't the first one of the chain in the collateral"))
            }
        }
        let authority = certificates[1]
        let processor = rules.anchor.subject(of: .processorCA)
        let chain = PCKChain(
            leaf: certificates[0], authority: authority,
            authorityRole: authority.subject.attributes == processor ? .processorCA : .platformCA,
            root: certificates[2])
        checkRoot(chain.root, rules, &result)
        check(chain.authority, as: chain.authorityRole, issuedBy: chain.root, rules, &result)
        check(chain.leaf, as: .pck, issuedBy: chain.authority, rules, &result)
        return chain
    }

    private func certificates(_ text: ArraySlice<UInt8>, _ what: String, count: Int, allowsNUL: Bool, _ result: inout Examination)
        -> [Certificate]?
    {
        do {
            let blocks = try PEM.blocks(text, label: "CERTIFICATE", allowsNUL: allowsNUL)
            guard blocks.count == count else {
                result.reasons.append(
                    Reason(
                        .certificateChain, "the \(what) has another number of certificates", expected: "\(count)", found: "\(blocks.count)")
                )
                return nil
            }
            return try blocks.map { try Certificate($0) }
        } catch {
            result.reasons.append(Reason(.certificateMalformed, "the \(what): \(error)"))
            return nil
        }
    }

    private func checkRoot(_ root: Certificate, _ rules: CertificateRules, _ result: inout Examination) {
        if root.key != anchor.key {
            result.reasons.append(
                Reason(
                    .certificateRoot, "the chain ends in a root that isn't trusted",
                    expected: "\(anchor.maker) SGX Root CA, key \(Self.digest(anchor.key))",
                    found: "\(NotationError.printable(root.subject.description)), key \(Self.digest(root.key))"))
        }
        check(root, as: .root, issuedBy: root, rules, &result)
    }

    private func check(
        _ certificate: Certificate, as role: CertificateRole, issuedBy issuer: Certificate, _ rules: CertificateRules,
        _ result: inout Examination
    ) {
        rules.check(certificate, as: role, &result.reasons)
        rules.check(certificate, as: role, issuedBy: issuer, &result.reasons)
        result.expires(certificate.notAfter)
    }

    private static func digest(_ key: P256Key) -> String { Hex.text(SHA256.hash(data: Certificate.p256Prefix + key.point).prefix(8)) + "…" }

    private func readPlatform(_ leaf: Certificate, _ result: inout Examination) -> PCKExtension? {
        do {
            return try PCKExtension(of: leaf)
        } catch {
            result.reasons.append(Reason(.pckExtension, "the PCK certificate: \(error)"))
            return nil
        }
    }

    // MARK: Quote and quoting enclave

    private func checkSignatures(_ quote: Quote, _ chain: PCKChain?, _ result: inout Examination) {
        let layout = quote.layout
        if let chain, !chain.leaf.key.verifies(quote[layout.qeReportSignature], over: quote[layout.qeReport]) {
            result.reasons.append(Reason(.qeSignature, "the quoting enclave's report is not signed by the PCK"))
        }
        let digest = SHA256.hash(data: Array(quote[layout.attestationKey]) + Array(quote[layout.authenticationData]))
        if !quote.qeReport.reportData.elementsEqual(Array(digest) + [UInt8](repeating: 0, count: 32)) {
            result.reasons.append(
                Reason(
                    .qeBinding, "the quoting enclave's report data isn't SHA-256 of attestation key and authentication data, then zeros",
                    expected: Hex.text(digest), found: Hex.text(quote.qeReport.reportData)))
        }
        guard let key = P256Key(point: [4] + quote[layout.attestationKey]) else {
            result.reasons.append(
                Reason(.quoteAttestationKey, "the attestation key is no point of P-256", found: Hex.text(quote[layout.attestationKey])))
            return
        }
        if !key.verifies(quote[layout.signature], over: quote[layout.signedRange]) {
            result.reasons.append(Reason(.quoteSignature, "the quote's signature isn't the attestation key's over header and report"))
        }
    }

    // MARK: Revocation

    private func list(_ bytes: [UInt8], _ what: String, issuer: Certificate?, _ time: Int64, _ result: inout Examination) -> RevocationList?
    {
        let list: RevocationList
        do {
            list = try RevocationList(delivered: bytes)
        } catch {
            result.reasons.append(Reason(.crlMalformed, "the \(what): \(error)"))
            return nil
        }
        let now = CalendarTime.text(time)
        if time < list.thisUpdate {
            result.reasons.append(
                Reason(
                    .crlNotYetValid, "the \(what) is from the future", expected: "from \(CalendarTime.text(list.thisUpdate))", found: now))
        }
        for objection in list.objections { result.reasons.append(Reason(.crlMalformed, "the \(what): \(objection)")) }
        if let nextUpdate = list.nextUpdate {
            if time > nextUpdate {
                result.reasons.append(
                    Reason(.crlExpired, "the \(what) is out of date", expected: "until \(CalendarTime.text(nextUpdate))", found: now))
            }
            result.collateralExpires(nextUpdate)
        }
        guard let issuer else { return list }
        guard list.issuer.der == issuer.subject.der else {
            result.reasons.append(
                Reason(
                    .crlIssuer, "the \(what) is another issuer's", expected: NotationError.printable(issuer.subject.description),
                    found: NotationError.printable(list.issuer.description)))
            return list
        }
        if !list.isSigned(by: issuer.key) { result.reasons.append(Reason(.crlSignature, "the \(what) is not signed by its issuer's key")) }
        return list
    }

    private func checkRevocation(_ certificate: Certificate, _ role: CertificateRole, _ list: RevocationList?, _ result: inout Examination)
    {
        guard let list, list.revokes(certificate) else { return }
        result.reasons.append(
            Reason(.certificateRevoked, "the \(role.description) is revoked", found: "serial \(Hex.text(certificate.serial))"))
    }

    // MARK: Documents

    private func tcbInfo(_ collateral: Collateral, _ rootCRL: RevocationList?, _ rules: CertificateRules, _ result: inout Examination)
        -> TCBInfo?
    {
        guard let document = document(collateral.tcbInfo, "tcbInfo", "TCB info", chain: collateral.tcbInfoChain, rootCRL, rules, &result)
        else { return nil }
        do {
            let info = try TCBInfo(document)
            checkDates("TCB info", info.issueDate, info.nextUpdate, rules.time, &result)
            return info
        } catch {
            report(error, "TCB info", version: 3, &result)
            return nil
        }
    }

    private func qeIdentity(_ collateral: Collateral, _ rootCRL: RevocationList?, _ rules: CertificateRules, _ result: inout Examination)
        -> QEIdentity?
    {
        guard
            let document = document(
                collateral.qeIdentity, "enclaveIdentity", "QE identity", chain: collateral.qeIdentityChain, rootCRL, rules, &result)
        else { return nil }
        do {
            let identity = try QEIdentity(document)
            checkDates("QE identity", identity.issueDate, identity.nextUpdate, rules.time, &result)
            return identity
        } catch {
            report(error, "QE identity", version: 2, &result)
            return nil
        }
    }

    private func document(
        _ bytes: [UInt8], _ body: String, _ what: String, chain: [UInt8], _ rootCRL: RevocationList?, _ rules: CertificateRules,
        _ result: inout Examination
    ) -> SignedDocument? {
        let document: SignedDocument
        do {
            document = try SignedDocument(bytes, body: body)
        } catch {
            result.reasons.append(Reason(.documentMalformed, "\(what): \(error)"))
            return nil
        }
        guard let certificates = certificates(chain[...], "chain of \(what)", count: 2, allowsNUL: false, &result) else { return nil }
        let known = result.reasons.count
        checkRoot(certificates[1], rules, &result)
        check(certificates[0], as: .tcbSigner, issuedBy: certificates[1], rules, &result)
        checkRevocation(certificates[0], .tcbSigner, rootCRL, &result)
        // The two documents usually have one chain: what is wrong with it is said once.
        result.reasons = result.reasons.enumerated().filter { index, reason in index < known || !result.reasons[..<known].contains(reason) }
            .map(\.element)
        guard document.isSigned(by: certificates[0].key) else {
            result.reasons.append(Reason(.documentSignature, "\(what) is not signed by the TCB signer over the bytes delivered"))
            return nil
        }
        return document
    }

    private func checkDates(_ what: String, _ issueDate: Int64, _ nextUpdate: Int64, _ time: Int64, _ result: inout Examination) {
        let now = CalendarTime.text(time)
        if time < issueDate {
            result.reasons.append(
                Reason(.documentNotYetValid, "\(what) is from the future", expected: "from \(CalendarTime.text(issueDate))", found: now))
        }
        if time > nextUpdate {
            result.reasons.append(
                Reason(.documentExpired, "\(what) is out of date", expected: "until \(CalendarTime.text(nextUpdate))", found: now))
        }
        result.collateralExpires(nextUpdate)
    }

    private func report(_ error: DocumentError, _ what: String, version: Int, _ result: inout Examination) {
        switch error {
        case .malformed(let problem): result.reasons.append(Reason(.documentMalformed, "\(what): \(problem)"))
        case .version(let found):
            result.reasons.append(
                Reason(.documentVersion, "\(what) is of a version that is not read", expected: "\(version)", found: "\(found)"))
        }
    }

    // MARK: Matching

    private func match(_ info: TCBInfo, _ quote: Quote, _ platform: PCKExtension?, _ result: inout Examination) {
        let id = quote.layout.tee == .sgx ? "SGX" : "TDX"
        if info.id != id {
            result.reasons.append(
                Reason(.documentKind, "TCB info is for another TEE", expected: id, found: NotationError.printable(info.id)))
        }
        if info.tcbType != 0 {
            result.reasons.append(Reason(.tcbTypeUnknown, "TCB info has an unknown type", expected: "0", found: "\(info.tcbType)"))
        }
        guard let platform else { return }
        if info.fmspc != platform.fmspc {
            result.reasons.append(
                Reason(.documentPlatform, "TCB info is for another FMSPC", expected: Hex.text(platform.fmspc), found: Hex.text(info.fmspc)))
        }
        if info.pceID != platform.pceID {
            result.reasons.append(
                Reason(.documentPlatform, "TCB info is for another PCE", expected: Hex.text(platform.pceID), found: Hex.text(info.pceID)))
        }
    }

    private func match(_ identity: QEIdentity, _ quote: Quote, _ result: inout Examination) {
        let id = quote.layout.tee == .sgx ? "QE" : "TD_QE"
        if identity.id != id {
            result.reasons.append(
                Reason(.documentKind, "QE identity is another enclave's", expected: id, found: NotationError.printable(identity.id)))
        }
        result.reasons += identity.objections(to: quote.qeReport)
    }

    private func evaluate(_ quote: Quote, _ info: TCBInfo, _ identity: QEIdentity, _ result: inout Examination) {
        guard let platform = result.platform else { return }
        let evaluation = TCBEvaluation(pck: platform, info: info, identity: identity)
        if let td = quote.tdReport { checkModule(td, evaluation, &result) }
        guard let finding = evaluation.evaluate(quote) else {
            result.reasons.append(Reason(.tcbNoLevel, "no TCB level fits this platform"))
            return
        }
        result.status = finding.status
        result.tcbDate = finding.date
        result.advisories = finding.advisories
    }

    private func checkModule(_ td: TDReport, _ evaluation: TCBEvaluation, _ result: inout Examination) {
        let version = td.teeTCBSVN[td.teeTCBSVN.startIndex + 1]
        var expected: (mrsigner: [UInt8], attributes: [UInt8])?
        if version > 0 {
            expected = evaluation.moduleIdentity(version: version).map { ($0.mrsigner, $0.attributes) }
        } else {
            expected = evaluation.info.module.map { ($0.mrsigner, $0.attributes) }
        }
        guard let expected else {
            result.reasons.append(Reason(.tdxModule, "TCB info describes no TDX module of version \(version)"))
            return
        }
        if !td.mrsignerseam.elementsEqual(expected.mrsigner) {
            result.reasons.append(
                Reason(
                    .tdxModule, "the TDX module has another signer", expected: Hex.text(expected.mrsigner), found: Hex.text(td.mrsignerseam)
                ))
        }
        if td.seamAttributes != 0 || expected.attributes.contains(where: { $0 != 0 }) {
            result.reasons.append(
                Reason(
                    .tdxModule, "the TDX module's SEAMATTRIBUTES aren't zero", expected: "0", found: String(td.seamAttributes, radix: 16)))
        }
    }
}
