public import DCAP
public import Notation

/// What collateral must stand before it is kept, read from the cache, or taken instead of another source's. It decides
/// whom to ask and what to keep; whoever judges verifies all of it again.
public struct CollateralTrial: Sendable {
    private let examiner: QuoteExaminer
    private let now: @Sendable () -> Timestamp

    /// - Parameters:
    ///   - anchor: the root that its chains must end in.
    ///   - now: tells the time, with which its dates are compared.
    public init(anchor: TrustAnchor, now: @escaping @Sendable () -> Timestamp) {
        examiner = QuoteExaminer(anchor: anchor)
        self.now = now
    }

    /// What stands against it; nil where all that it brings a proof for is proven.
    func objection(to collateral: Collateral) -> String? {
        examiner.examine(collateral, at: now()).reasons.first.map { "\($0)" }
    }

    /// What stands against keeping it, which takes a proof for all of it.
    func objection(toKeeping collateral: Collateral) -> String? {
        let examination = examiner.examine(collateral, at: now())
        if let reason = examination.reasons.first { return "\(reason)" }
        return examination.isPCKCRLProven ? nil : "nothing with it proves the PCK CRL's signature"
    }
}
