internal import SGXQuote
internal import StrictX509
internal import Synchronization

/// What was verified before and need not be verified again: collateral, chains, revocation lists and quoting enclaves,
/// under their exact bytes and the root they led to.
///
/// Verdicts aren't kept, nor anything that something stood against; dates are compared anew each time.
/// Bounded: of each kind the oldest goes first. Whoever makes one owns it, and may share it between threads.
public final class VerifiedObjects: Sendable {
    /// The root for which objects are kept.
    public let anchor: TrustAnchor
    private let state: Mutex<State>

    private struct State {
        var collaterals: BoundedList<(delivered: Collateral, examined: ExaminedCollateral)>
        var chains: BoundedList<(text: [UInt8], chain: CertificateChain)>
        var lists: BoundedList<(list: [UInt8], authority: P256Key)>
        var quotingEnclaves: BoundedList<(report: QuotingEnclaveReport, attestationKey: P256Key)>
    }

    /// How many of each kind are kept; 0 keeps none.
    public struct Limits: Hashable, Sendable {
        /// At most, of collateral.
        public var collaterals: Int
        /// At most, of PCK chains.
        public var chains: Int
        /// At most, of quoting enclaves' reports.
        public var quotingEnclaves: Int

        /// Of each kind; the oldest make room.
        public init(collaterals: Int = 64, chains: Int = 64, quotingEnclaves: Int = 64) {
            self.collaterals = collaterals
            self.chains = chains
            self.quotingEnclaves = quotingEnclaves
        }
    }

    /// Empty; nothing is remembered across roots.
    public init(anchor: TrustAnchor = .intel, limits: Limits = Limits()) {
        self.anchor = anchor
        state = Mutex(
            State(
                collaterals: BoundedList(limit: limits.collaterals),
                chains: BoundedList(limit: limits.chains),
                // The two authorities of each collateral.
                lists: BoundedList(limit: 2 * limits.collaterals),
                quotingEnclaves: BoundedList(limit: limits.quotingEnclaves)
            )
        )
    }

    func collateral(_ delivered: Collateral, examine: () -> ExaminedCollateral) -> ExaminedCollateral {
        let fingerprint = delivered.tcbInfo.span.bytes.fingerprint ^ delivered.pckCRL.span.bytes.fingerprint
        let known = state.withLock { $0.collaterals.first(fingerprint) { $0.delivered.hasSameBytes(as: delivered) } }
        if let known { return known.examined }
        let examined = examine()
        if examined.reasons.isEmpty { state.withLock { $0.collaterals.insert(fingerprint, (delivered, examined)) } }
        return examined
    }

    func chain(_ text: RawSpan, examine: () -> CertificateChain) -> CertificateChain {
        let fingerprint = text.fingerprint
        let known = state.withLock { $0.chains.first(fingerprint) { $0.text.span.bytes.hasSameBytes(as: text) } }
        if let known { return known.chain }
        let chain = examine()
        guard chain.reasons.isEmpty else { return chain }
        var copy: [UInt8] = []
        copy.reserveCapacity(text.byteCount)
        for offset in 0..<text.byteCount { copy.append(text.unsafeLoad(fromByteOffset: offset, as: UInt8.self)) }
        state.withLock { $0.chains.insert(fingerprint, (copy, chain)) }
        return chain
    }

    /// Whether the list bears the authority's signature.
    func isSigned(_ list: RevocationList, by authority: P256Key) -> Bool {
        let fingerprint = list.der.span.bytes.fingerprint ^ authority.point.span.bytes.fingerprint
        let known = state.withLock {
            $0.lists.first(fingerprint) {
                $0.authority == authority && $0.list.span.bytes.hasSameBytes(as: list.der.span.bytes)
            }
        }
        if known != nil { return true }
        guard list.isSigned(by: authority) else { return false }
        state.withLock { $0.lists.insert(fingerprint, (list.der, authority)) }
        return true
    }

    /// The attestation key that a quoting enclave's report binds, if all of it holds.
    func attestationKey(_ report: QuotingEnclaveReport, verify: () -> P256Key?) -> P256Key? {
        let fingerprint: UInt64 = report.signature.integer(at: 0)
        let known = state.withLock { $0.quotingEnclaves.first(fingerprint) { $0.report == report } }
        if let known { return known.attestationKey }
        guard let key = verify() else { return nil }
        state.withLock { $0.quotingEnclaves.insert(fingerprint, (report, key)) }
        return key
    }
}

extension Collateral {
    fileprivate func hasSameBytes(as other: Collateral) -> Bool {
        func same(_ left: [UInt8], _ right: [UInt8]) -> Bool { left.span.bytes.hasSameBytes(as: right.span.bytes) }
        return same(rootCRL, other.rootCRL) && same(pckCRL, other.pckCRL) && same(tcbInfo, other.tcbInfo)
            && same(qeIdentity, other.qeIdentity)
            && same(tcbInfoChain, other.tcbInfoChain) && same(qeIdentityChain, other.qeIdentityChain)
    }
}
