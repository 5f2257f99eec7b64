public import Notation
public import SGXQuote
internal import StrictX509

/// What collateral says of itself. Nothing of it is proven: good for showing it, and for knowing when to ask for newer.
public struct CollateralStatement: Sendable {
    /// Something with dates.
    public struct Part: Hashable, Sendable {
        /// Such as `TCB info`.
        public let name: String
        public let start: Timestamp
        /// Nil when it doesn't say.
        public let end: Timestamp?
        /// What else there is to say of it.
        public let detail: String
    }

    /// In the order in which they are shown.
    public private(set) var parts: [Part] = []
    /// A sentence for each part that can't be read.
    public private(set) var problems: [String] = []
    /// "SGX" or "TDX".
    public private(set) var tee: String?
    /// Of the TCB info.
    public private(set) var fmspc: FixedBytes<6>?
    /// Of the TCB info: which of Intel's TCB recoveries it is.
    public private(set) var tcbEvaluationDataNumber: Int?
    /// The same of the quoting enclave's identity.
    public private(set) var qeEvaluationDataNumber: Int?
    private var earliestIssue: Timestamp?

    /// Reads what can be read.
    public init(_ collateral: Collateral) {
        if let info = document(collateral.tcbInfo, TCBInfo.self) {
            tee = info.id
            fmspc = info.fmspc
            tcbEvaluationDataNumber = info.evaluationDataNumber
            let newest = info.levels[0].finding
            parts.append(
                Part(
                    name: "TCB info",
                    start: info.issueDate,
                    end: info.nextUpdate,
                    detail:
                        """
                        \(info.id), FMSPC \(info.fmspc), evaluation \(info.evaluationDataNumber), \
                        \(Self.levels(info.levels.count)), newest of \(newest.date.description.prefix(10))
                        """
                )
            )
        }
        if let identity = document(collateral.qeIdentity, QEIdentity.self) {
            qeEvaluationDataNumber = identity.evaluationDataNumber
            parts.append(
                Part(
                    name: "QE identity",
                    start: identity.issueDate,
                    end: identity.nextUpdate,
                    detail:
                        """
                        \(identity.id), evaluation \(identity.evaluationDataNumber), \
                        \(Self.levels(identity.levels.count))
                        """
                )
            )
        }
        list(collateral.rootCRL, "root CRL")
        list(collateral.pckCRL, "PCK CRL")
        chain(collateral.tcbInfoChain, "signing chain")
        if collateral.qeIdentityChain != collateral.tcbInfoChain {
            chain(collateral.qeIdentityChain, "signing chain of QE identity")
        }
        if let own = collateral.pckCRLChain { chain(own, "chain of the PCK CRL") }
        if let own = collateral.pckChain { chain(own, "PCK chain") }
    }

    /// From the older issue date of the two documents to the earliest end of documents and lists; nil when one of the
    /// four can't be read.
    public var period: (start: Timestamp, end: Timestamp)? {
        guard let earliestIssue, parts.count >= 4, let end = parts.prefix(4).compactMap(\.end).min(),
            parts.prefix(4).map(\.name) == ["TCB info", "QE identity", "root CRL", "PCK CRL"]
        else { return nil }
        return (earliestIssue, end)
    }

    private static func levels(_ count: Int) -> String { count == 1 ? "1 level" : "\(count) levels" }

    private mutating func document<Body: DocumentBody>(_ bytes: [UInt8], _: Body.Type) -> Body? {
        do {
            let body = try SignedDocument<Body>(bytes).body.get()
            earliestIssue = min(earliestIssue ?? body.issueDate, body.issueDate)
            return body
        } catch DocumentError.version(let found) {
            problems.append("\(Body.part.description): version \(found), where \(Body.version) is read")
        } catch DocumentError.malformed(let problem) {
            problems.append("\(Body.part.description): \(problem)")
        } catch {
            problems.append("\(Body.part.description): \(error)")
        }
        return nil
    }

    private mutating func list(_ bytes: [UInt8], _ name: String) {
        do {
            let list = try RevocationList(delivered: bytes)
            parts.append(
                Part(
                    name: name,
                    start: list.thisUpdate,
                    end: list.nextUpdate,
                    detail: "\(list.issuer.commonName ?? "no common name"), \(list.revokedCount) revoked"
                )
            )
        } catch {
            problems.append("\(name): \(error)")
        }
    }

    private mutating func chain(_ text: [UInt8], _ name: String) {
        do {
            for der in try PEM.blocks(text.span, label: "CERTIFICATE") {
                let certificate = try Certificate(der)
                parts.append(
                    Part(
                        name: name,
                        start: certificate.notBefore,
                        end: certificate.notAfter,
                        detail: certificate.subject.commonName ?? "no common name"
                    )
                )
            }
        } catch {
            problems.append("\(name): \(error)")
        }
    }
}
