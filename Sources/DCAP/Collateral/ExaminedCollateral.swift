internal import Notation
internal import StrictX509

/// Collateral judged once, for any quote and any time: what it says as far as its signatures hold, what stands against
/// it, and when its parts are valid.
struct ExaminedCollateral: Sendable {
    let rootCRL: RevocationList?
    /// Whose signature it bears can only be told with the chain that it is about.
    let pckCRL: RevocationList?
    private(set) var tcbInfo: TCBInfo?
    private(set) var qeIdentity: QEIdentity?
    private(set) var reasons: [Reason] = []
    private(set) var periods: [ValidityPeriod] = []

    init(_ collateral: Collateral, anchor: TrustAnchor) {
        var reasons: [Reason] = [], periods: [ValidityPeriod] = []
        rootCRL = Self.list(collateral.rootCRL, as: .rootCRL, into: &reasons, periods: &periods)
        pckCRL = Self.list(collateral.pckCRL, as: .pckCRL, into: &reasons, periods: &periods)
        if let rootCRL, !rootCRL.isSigned(by: anchor.key) {
            reasons.append(Reason(.crlSignature, "the root CRL is not signed by the trusted root's key"))
        }
        self.reasons = reasons
        self.periods = periods
        let tcbChain = signingChain(collateral.tcbInfoChain, named: "chain of TCB info", under: anchor)
        // The two documents usually have one chain.
        let isShared = collateral.qeIdentityChain.span.bytes.hasSameBytes(as: collateral.tcbInfoChain.span.bytes)
        let qeChain =
            isShared ? tcbChain : signingChain(collateral.qeIdentityChain, named: "chain of QE identity", under: anchor)
        tcbInfo = document(collateral.tcbInfo, tcbChain)
        qeIdentity = document(collateral.qeIdentity, qeChain)
    }

    /// The lower of the two documents' numbers.
    var evaluationDataNumber: Int? {
        if let tcbInfo, let qeIdentity {
            min(tcbInfo.evaluationDataNumber, qeIdentity.evaluationDataNumber)
        } else {
            nil
        }
    }

    /// The older issueDate of the two documents.
    var earliestIssue: Timestamp? {
        if let tcbInfo, let qeIdentity { min(tcbInfo.issueDate, qeIdentity.issueDate) } else { nil }
    }

    private static func list(
        _ bytes: [UInt8],
        as part: ValidityPeriod.Part,
        into reasons: inout [Reason],
        periods: inout [ValidityPeriod]
    )
        -> RevocationList?
    {
        do {
            let list = try RevocationList(delivered: bytes)
            for objection in list.objections {
                reasons.append(Reason(.crlMalformed, "\(part.description): \(objection)"))
            }
            periods.append(ValidityPeriod(part, from: list.thisUpdate, to: list.nextUpdate))
            return list
        } catch {
            reasons.append(Reason(.crlMalformed, "\(part.description): \(error)"))
            return nil
        }
    }

    private mutating func signingChain(_ text: [UInt8], named what: String, under anchor: TrustAnchor)
        -> CertificateChain
    {
        let chain = CertificateChain(text.span, .signing, named: what, allowsNUL: false, anchor: anchor)
        reasons += chain.reasons
        periods += chain.periods
        if let root = chain.root, let rootCRL, rootCRL.issuer.der != root.subject.der {
            reasons.append(Self.otherIssuer(.rootCRL, of: rootCRL, than: root))
        }
        if let signer = chain.leaf, let rootCRL, rootCRL.revokes(signer) {
            reasons.append(Self.revoked(.tcbSigner, signer))
        }
        return chain
    }

    /// What stands against the PCK CRL as the list of an authority.
    /// - Parameter isSigned: proves the signature; whoever remembers such proofs has a way of his own.
    func objections(
        toListOf authority: Certificate,
        isSigned: (RevocationList, P256Key) -> Bool = { $0.isSigned(by: $1) }
    ) -> [Reason] {
        guard let pckCRL else { return [] }
        if pckCRL.issuer.der != authority.subject.der {
            return [Self.otherIssuer(.pckCRL, of: pckCRL, than: authority)]
        }
        return isSigned(pckCRL, authority.key)
            ? [] : [Reason(.crlSignature, "the PCK CRL is not signed by its issuer's key")]
    }

    static func otherIssuer(_ part: ValidityPeriod.Part, of list: RevocationList, than issuer: Certificate) -> Reason {
        Reason(
            .crlIssuer,
            "\(part.description) is another issuer's",
            expected: issuer.subject.description.printable(),
            found: list.issuer.description.printable()
        )
    }

    static func revoked(_ role: CertificateRole, _ certificate: Certificate) -> Reason {
        Reason(.certificateRevoked, "the \(role.description) is revoked", found: "serial \(certificate.serial)")
    }

    /// The document's body; nil when it can't be read, or nobody who is trusted signed it: a stranger's word is told to
    /// nobody.
    private mutating func document<Body: DocumentBody>(_ bytes: [UInt8], _ chain: CertificateChain) -> Body? {
        let document: SignedDocument<Body>
        do {
            document = try SignedDocument(bytes)
        } catch {
            reasons.append(Reason(.documentMalformed, "\(Body.part.description): \(error)"))
            return nil
        }
        let signer = chain.leaf
        let isSigned = signer.map { document.isSigned(by: $0.key) } ?? false
        let isTrusted = chain.reasons.isEmpty && signer.map { rootCRL?.revokes($0) ?? false } == false
        if signer != nil, !isSigned {
            reasons.append(
                Reason(
                    .documentSignature,
                    "\(Body.part.description) is not signed by the TCB signer over the bytes delivered"
                )
            )
        }
        switch document.body {
        case .success(let body):
            guard isSigned, isTrusted else { return nil }
            periods.append(ValidityPeriod(Body.part, from: body.issueDate, to: body.nextUpdate))
            return body
        case .failure(.malformed(let problem)):
            reasons.append(Reason(.documentMalformed, "\(Body.part.description): \(problem)"))
        case .failure(.version(let found)):
            reasons.append(
                Reason(
                    .documentVersion,
                    "\(Body.part.description) is of a version that is not read",
                    expected: "\(Body.version)",
                    found: "\(found)"
                )
            )
        }
        return nil
    }
}
