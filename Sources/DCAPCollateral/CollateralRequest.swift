internal import DCAP
internal import Notation
public import SGXQuote
internal import StrictX509

/// What decides which collateral belongs to a quote.
public struct CollateralRequest: Hashable, Sendable {
    /// Which CA issued the PCK certificate.
    public enum Authority: String, Sendable, CaseIterable { case platform, processor }
    /// Whose TCB info is wanted.
    public enum TEE: String, Sendable, CaseIterable { case sgx, tdx }

    /// Which of the editions that a service keeps at one time (PCS API, version 4, parameter `update`).
    public enum Edition: Hashable, Sendable {
        /// A TCB recovery counts some 12 months after it was announced.
        case standard
        /// It counts at once.
        case early
        /// Of one evaluation.
        case number(Int)
    }

    /// Of the PCK certificate.
    public var fmspc: FixedBytes<6>
    /// Which CA issued the PCK certificate.
    public var authority: Authority
    /// Whose TCB info is wanted.
    public var tee: TEE
    /// Which of Intel's TCB recoveries.
    public var edition: Edition
    /// PEM: PCK CA and root as the quote shows them, unproven. With them the PCK CRL can be proven where its service
    /// sends no chain; what is asked for doesn't depend on it.
    public var authorityChain: [UInt8]?

    public static func == (left: Self, right: Self) -> Bool {
        left.fmspc == right.fmspc && left.authority == right.authority && left.tee == right.tee
            && left.edition == right.edition
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(fmspc)
        hasher.combine(authority)
        hasher.combine(tee)
        hasher.combine(edition)
    }

    /// What is asked for by name.
    public init(fmspc: FixedBytes<6>, authority: Authority, tee: TEE, edition: Edition = .standard) {
        self.fmspc = fmspc
        self.authority = authority
        self.tee = tee
        self.edition = edition
    }

    /// What a quote says of its platform: unproven, and good enough to ask with.
    /// - Throws: `CollateralError` when it carries no PCK certificate that can be read.
    public init(_ quote: Quote, edition: Edition = .standard) throws(CollateralError) {
        let layout = quote.layout
        guard layout.certificationKind == .chain || layout.certificationKind == .leaf,
            let blocks = try? PEM.blocks(quote[layout.certificationData], label: "CERTIFICATE", allowsNUL: true),
            let first = blocks.first,
            let leaf = try? Certificate(first), let platform = try? PCKExtension(of: leaf)
        else {
            throw CollateralError(
                "the quote",
                kind: .refused,
                "carries no readable PCK certificate, so no service can be asked about its platform; name a folder"
            )
        }
        self.init(
            fmspc: platform.fmspc,
            authority: ExactText(leaf.issuer.commonName ?? "").contains("Processor") ? .processor : .platform,
            tee: layout.tee == .sgx ? .sgx : .tdx,
            edition: edition
        )
        if blocks.count > 1 { authorityChain = Array(blocks[1...].map { PEM.text($0) }.joined().utf8) }
    }
}

extension CollateralRequest: CustomStringConvertible {
    public var description: String {
        let edition =
            switch edition {
            case .standard: "standard"
            case .early: "early"
            case .number(let number): "evaluation \(number)"
            }
        return "\(tee.rawValue.uppercased()), FMSPC \(fmspc), \(authority.rawValue) CA, \(edition)"
    }
}
