internal import Notation
internal import StrictX509

/// A chain of certificates judged once, for any time: what it is, what stands against it, and when its parts are valid.
struct CertificateChain: Sendable {
    /// From the leaf to the root; nil when they can't be read.
    private(set) var certificates: [Certificate]?
    /// The places of the certificates.
    private(set) var roles: [CertificateRole] = []
    /// What the leaf of a PCK chain says about its platform.
    private(set) var platform: PCKExtension?
    private(set) var reasons: [Reason] = []
    private(set) var periods: [ValidityPeriod] = []

    var leaf: Certificate? { certificates?.first }
    var root: Certificate? { certificates?.last }

    /// Which certificates a chain must consist of, from the leaf to the root.
    enum Kind {
        /// PCK leaf, one of the two PCK CAs, root.
        case pck
        /// TCB signer, root.
        case signing
        /// One of the two PCK CAs, root.
        case authority

        var count: Int { self == .pck ? 3 : 2 }
    }

    /// - Parameters:
    ///   - what: the chain's name in messages.
    ///   - allowsNUL: whether one may stand at the end, as in quotes.
    init(_ text: Span<UInt8>, _ kind: Kind, named what: String, allowsNUL: Bool, anchor: TrustAnchor) {
        let certificates: [Certificate]
        do {
            let blocks = try PEM.blocks(text, label: "CERTIFICATE", allowsNUL: allowsNUL)
            guard blocks.count == kind.count else {
                reasons.append(
                    Reason(
                        .certificateChain,
                        "the \(what) has another number of certificates",
                        expected: "\(kind.count)",
                        found: "\(blocks.count)"
                    )
                )
                return
            }
            certificates = try blocks.map { try Certificate($0) }
        } catch {
            reasons.append(Reason(.certificateMalformed, "the \(what): \(error)"))
            return
        }
        self.certificates = certificates
        roles = Self.roles(kind, of: certificates, under: anchor)
        judge(certificates, CertificateRules(anchor: anchor))
        if kind == .pck { readPlatform(certificates[0]) }
    }

    private static func roles(_ kind: Kind, of certificates: [Certificate], under anchor: TrustAnchor)
        -> [CertificateRole]
    {
        func authority(_ index: Int) -> CertificateRole {
            certificates[index].subject.consists(of: anchor.subject(of: .processorCA)) ? .processorCA : .platformCA
        }
        return switch kind {
        case .pck: [.pck, authority(1), .root]
        case .signing: [.tcbSigner, .root]
        case .authority: [authority(0), .root]
        }
    }

    private mutating func readPlatform(_ leaf: Certificate) {
        do {
            platform = try PCKExtension(of: leaf)
        } catch {
            reasons.append(Reason(.pckExtension, "the PCK certificate: \(error)"))
        }
    }

    private mutating func judge(_ certificates: [Certificate], _ rules: CertificateRules) {
        let root = certificates[certificates.count - 1], anchor = rules.anchor
        if root.key != anchor.key {
            reasons.append(
                Reason(
                    .certificateRoot,
                    "the chain ends in a root that isn't trusted",
                    expected: "\(anchor.maker) SGX Root CA, key \(TrustAnchor.digest(of: anchor.key))",
                    found:
                        "\(root.subject.description.printable()), key \(TrustAnchor.digest(of: root.key))"
                )
            )
        }
        for (index, certificate) in certificates.enumerated().reversed() {
            rules.check(certificate, as: roles[index], &reasons)
            rules.check(
                certificate,
                as: roles[index],
                issuedBy: certificates[min(index + 1, certificates.count - 1)],
                &reasons
            )
            periods.append(
                ValidityPeriod(.certificate(roles[index]), from: certificate.notBefore, to: certificate.notAfter)
            )
        }
    }
}
