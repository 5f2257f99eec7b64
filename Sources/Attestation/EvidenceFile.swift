public import DCAP
public import Notation
public import RATLS
internal import SGXQuote
internal import StrictX509

/// `evidence.json`: certificate, quote and collateral in one file, for verification without a network
/// (docs/formats/evidence.md). The original's form is read as well; nothing in it is believed before it was judged.
public struct EvidenceFile: Sendable {
    /// Of a file, in bytes.
    public static let byteLimit = 8 << 20

    /// The certificate, which carries the quote.
    public var certificate: AttestedCertificate
    /// What it is to be examined with; believed by nobody before it was.
    public var collateral: Collateral
    /// Nil in the original's files.
    public var collectedAt: Timestamp?

    /// A file of what was collected, at that time.
    public init(certificate: AttestedCertificate, collateral: Collateral, collectedAt: Timestamp) {
        self.certificate = certificate
        self.collateral = collateral
        self.collectedAt = collectedAt
    }

    /// - Throws: `NotationError` or `AttestedCertificateError` for a file that can't be read.
    public init(_ bytes: [UInt8]) throws {
        guard bytes.count <= Self.byteLimit else {
            throw NotationError(at: .none, "an evidence file of more than \(Self.byteLimit) bytes")
        }
        var reader = try ObjectReader(JSON.read(bytes))
        func text(_ name: String) throws(NotationError) -> [UInt8] {
            guard let text = try reader.string(name) else {
                throw NotationError(at: reader.place, member: name, "is missing")
            }
            return Array(text.utf8)
        }
        func document(_ name: String) throws(NotationError) -> [UInt8] {
            guard let bytes = Base64.bytes(try text(name)) else {
                throw NotationError(at: reader.place, member: name, "base64 expected")
            }
            return bytes
        }
        certificate = try AttestedCertificate(pem: text("ratls_certificate"))
        let (rootCRL, pckCRL) = (try text("root_ca_crl"), try text("pck_platform_crl"))
        let (tcbInfo, qeIdentity) = (try document("tcb_info"), try document("qe_identity"))
        let signer = try text("tcb_cert")
        let signingChain: [UInt8]
        if let root = try reader.string("root_certificate") {
            signingChain = signer + root.utf8
        } else {
            // The original leaves the root out: readers take it from the quote, where it is compared with the trusted
            // one like any other.
            let chain = try? PEM.blocks(
                certificate.quote[certificate.quote.layout.certificationData],
                label: "CERTIFICATE",
                allowsNUL: true
            )
            signingChain = signer + (chain?.last.map { Array(PEM.text($0).utf8) } ?? [])
        }
        let qeChain = try reader.string("qe_identity_issuer_chain").map { Array($0.utf8) }
        let pckChain = try reader.string("pck_chain").map { Array($0.utf8) }
        collateral = Collateral(
            rootCRL: rootCRL,
            pckCRL: pckCRL,
            tcbInfo: tcbInfo,
            qeIdentity: qeIdentity,
            tcbInfoChain: signingChain,
            qeIdentityChain: qeChain ?? signingChain,
            pckChain: pckChain
        )
        collectedAt = try reader.string("collected_at").flatMap { Timestamp($0) }
    }

    /// The file's text, JSON in lines (docs/formats/evidence.md).
    /// - Throws: `PEMError` when the collateral isn't in the form that the file needs.
    public func json() throws -> String { JSON.pretty(try node()) }

    /// The original's members and ours.
    package func node() throws -> Node {
        let signing = try PEM.blocks(collateral.tcbInfoChain[...], label: "CERTIFICATE")
        let launch = certificate.launch
        func pem(_ bytes: [UInt8]) -> Node {
            bytes.first == 0x30
                ? Node(PEM.text(bytes, label: "X509 CRL")) : Node(String(decoding: bytes, as: UTF8.self))
        }
        return .object([
            "version": 1,
            "input_args": .object([
                "subject": launch?.subject.map { Node($0) } ?? Node(.null),
                "subject_alternative_name": Node(certificate.sans.first?.description ?? ""),
                "expiration_date": Node(Int(certificate.certificate.notAfter.seconds)),
                "app_id": launch.map { Node($0.id) },
            ]),
            "ratls_certificate": Node(certificate.pem), "root_ca_crl": pem(collateral.rootCRL),
            "pck_platform_crl": pem(collateral.pckCRL),
            "tcb_info": Node(Base64.text(collateral.tcbInfo)), "qe_identity": Node(Base64.text(collateral.qeIdentity)),
            "tcb_cert": signing.first.map { Node(PEM.text($0)) },
            "root_certificate": signing.last.map { Node(PEM.text($0)) },
            "qe_identity_issuer_chain": Node(String(decoding: collateral.qeIdentityChain, as: UTF8.self)),
            "pck_chain": collateral.pckChain.map { Node(String(decoding: $0, as: UTF8.self)) },
            "collected_at": collectedAt.map { Node($0.description) },
        ])
    }
}
