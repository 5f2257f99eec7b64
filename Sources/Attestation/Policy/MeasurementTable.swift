internal import DCAP
internal import Notation
public import SGXQuote

extension AttestationPolicy {
    /// `[measurement]`: whose code this is.
    public struct Measurement: Hashable, Sendable {
        /// Any of these.
        public var mrenclave: [FixedBytes<32>] = []
        /// Also compared when MRENCLAVE is named.
        public var signer: Signer?
        /// Whether an enclave that its operator can look into is accepted.
        public var allowDebug = false
        /// Of the very thing that is to be released. MRENCLAVE must be this one, whatever else the policy allows; no
        /// document says it.
        public var released: FixedBytes<32>?

        /// No enclave is named, and none with DEBUG.
        public init() {}

        var namesReference: Bool { released != nil || !mrenclave.isEmpty || signer != nil }
    }

    /// Whose enclave, which of his products, and from which version on. A signer signs many things, old and faulty ones
    /// among them: so none of the three stands alone.
    public struct Signer: Hashable, Sendable {
        /// SHA-256 of the signer's public key.
        public let mrsigner: FixedBytes<32>
        /// ISVPRODID, which has to be this one.
        public let productID: UInt16
        /// ISVSVN, which may be higher.
        public let minimumSVN: UInt16

        /// A signer's product from a version on.
        public init(mrsigner: FixedBytes<32>, productID: UInt16, minimumSVN: UInt16) {
            self.mrsigner = mrsigner
            self.productID = productID
            self.minimumSVN = minimumSVN
        }
    }
}

extension AttestationPolicy.Measurement: PolicyTable {
    static let name = "measurement"

    enum Key: String, PolicyKey {
        case mrenclave, mrsigner
        case productID = "product_id"
        case minimumSVN = "min_svn"
        case allowDebug = "allow_debug"

        var form: String {
            switch self {
            case .mrenclave: "64 hex digits, or a list of such"
            case .mrsigner: "64 hex digits"
            case .productID, .minimumSVN: "0 to 65535"
            case .allowDebug: "`true` or `false`"
            }
        }

        var standard: String { self == .allowDebug ? "`false`" : "–" }

        var meaning: String {
            switch self {
            case .mrenclave: "the enclave's measurement is one of these"
            case .mrsigner:
                "SHA-256 of the signer's key; compared beside `mrenclave`, too. Stands only with the next two"
            case .productID: "which of the signer's products"
            case .minimumSVN: "the lowest security version that will do"
            case .allowDebug: "debug enclaves and TDs, which the operator can read, are good enough"
            }
        }
    }

    init(_ keys: inout PolicyKeys<Key>) throws(NotationError) {
        mrenclave = try keys.values(.mrenclave) ?? []
        signer = try Self.signer(&keys)
        allowDebug = try keys.boolean(.allowDebug) ?? false
    }

    private static func signer(_ keys: inout PolicyKeys<Key>) throws(NotationError) -> AttestationPolicy.Signer? {
        let mrsigner: FixedBytes<32>? = try keys.value(.mrsigner)
        let product = try keys.integer(.productID, in: 0...65535)
        let version = try keys.integer(.minimumSVN, in: 0...65535)
        if let mrsigner, let product, let version {
            return AttestationPolicy.Signer(mrsigner: mrsigner, productID: UInt16(product), minimumSVN: UInt16(version))
        }
        let stated: [(Key, Bool)] = [
            (.mrsigner, mrsigner != nil), (.productID, product != nil), (.minimumSVN, version != nil),
        ]
        guard let (key, _) = stated.first(where: \.1) else { return nil }
        throw keys.error(key, "mrsigner, product_id and min_svn stand only together, all three")
    }
}

extension AttestationPolicy.Measurement {
    func judge(_ report: ReportBody) -> [Reason] {
        var reasons: [Reason] = []
        if report.attributes.contains(.debug), !allowDebug {
            reasons.append(Reason(.debugEnclave, "the enclave has the DEBUG attribute"))
        }
        if let signer { reasons += signer.judge(report) }
        if let reason = judge(report.mrenclave) { reasons.append(reason) }
        return reasons
    }

    private func judge(_ found: FixedBytes<32>) -> Reason? {
        // What is released must be this, and whatever the policy names besides.
        if let released, found != released {
            return Reason(
                .measurementDiffers,
                "MRENCLAVE isn't that of what is to be released",
                expected: released.description,
                found: found.description
            )
        }
        guard !mrenclave.contains(found) else { return nil }
        if !mrenclave.isEmpty {
            return Reason(
                .measurementDiffers,
                "MRENCLAVE is another",
                expected: mrenclave.listed,
                found: found.description
            )
        }
        guard signer == nil, released == nil else { return nil }
        return Reason(.measurementMissing, "no measurement was named to compare with", found: found.description)
    }
}

extension AttestationPolicy.Signer {
    fileprivate func judge(_ report: ReportBody) -> [Reason] {
        var reasons: [Reason] = []
        if report.mrsigner != mrsigner {
            reasons.append(
                Reason(
                    .signerDiffers,
                    "MRSIGNER is another",
                    expected: mrsigner.description,
                    found: report.mrsigner.description
                )
            )
        }
        if report.productID != productID {
            reasons.append(
                Reason(
                    .signerDiffers,
                    "the product id is another",
                    expected: "\(productID)",
                    found: "\(report.productID)"
                )
            )
        }
        if report.securityVersion < minimumSVN {
            reasons.append(
                Reason(
                    .signerDiffers,
                    "the security version is too low",
                    expected: "at least \(minimumSVN)",
                    found: "\(report.securityVersion)"
                )
            )
        }
        return reasons
    }
}
