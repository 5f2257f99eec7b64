public import Notation
internal import StrictX509

/// What could be told about collateral without a quote: every reason against it, and how long it is good.
public struct CollateralExamination: Sendable {
    /// All that is wrong.
    public let reasons: [Reason]
    /// The earliest end of everything in it; nil when nothing could be read.
    public let validUntil: Timestamp?
    /// Whether the PCK CRL's signature could be proven; it needs the chain of its issuer.
    public let isPCKCRLProven: Bool

    /// Nothing is wrong.
    public var isConsistent: Bool { reasons.isEmpty }
}

extension QuoteExaminer {
    /// Judges collateral for itself: signatures, chains, dates, and that its parts belong together.
    /// - Parameters:
    ///   - collateral: as it was delivered.
    ///   - time: all dates are compared with it.
    public func examine(_ collateral: Collateral, at time: Timestamp) -> CollateralExamination {
        var result = Examination()
        let examined = ExaminedCollateral(collateral, anchor: anchor)
        result.add(examined.reasons)
        result.compare(examined.periods, with: time)
        if let info = examined.tcbInfo, let identity = examined.qeIdentity,
            (info.id == "TDX") != (identity.id == "TD_QE")
        {
            result.add([
                Reason(
                    .documentKind,
                    "TCB info and QE identity are of two kinds of enclaves",
                    expected: info.id == "TDX" ? "TD_QE" : "QE",
                    found: identity.id
                )
            ])
        }
        var isProven = false
        if let text = collateral.pckCRLChain, let list = examined.pckCRL {
            let chain = CertificateChain(
                text.span,
                .authority,
                named: "chain of the PCK CRL",
                allowsNUL: false,
                anchor: anchor
            )
            result.add(chain.reasons)
            result.compare(chain.periods, with: time)
            if let authority = chain.leaf {
                result.add(examined.objections(toListOf: authority))
                isProven = list.issuer.der == authority.subject.der && list.isSigned(by: authority.key)
            }
        }
        return CollateralExamination(reasons: result.reasons, validUntil: result.validUntil, isPCKCRLProven: isProven)
    }
}
