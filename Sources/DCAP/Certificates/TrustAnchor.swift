internal import Crypto
public import Notation
package import StrictX509

/// The root that chains must end in: its key, and the maker's name that all its certificates carry.
public struct TrustAnchor: Sendable, Hashable, CustomStringConvertible {
    /// The root's public key.
    package let key: P256Key
    /// `Intel`, or whoever made the given root.
    public let maker: String
    let place: [DistinguishedName.Attribute]
    /// SHA-256 of certificates with this key that were looked at already, the root's own signature included.
    private let knownCertificates: [[UInt8]]
    private let subjects: [CertificateRole: [DistinguishedName.Attribute]]
    /// Whether it is the one that is built in.
    public var isIntel: Bool { key == Self.intel.key }

    /// Intel's, pinned by its public key; two certificates with it are in use.
    public static let intel = TrustAnchor(
        key: P256Key(point: intelPoint)!,  // the constant is a point
        maker: "Intel",
        place: intelPlace,
        knownCertificates: [
            // Valid until 2049, and until 2033 in quotes of 2019 to 2021.
            // the constants are hexadecimal
            Hex.bytes("44a0196b2b99f889b8e149e95b807a350e7424964399e885a7cbb8ccfab674d3")!,
            Hex.bytes("fc64f8076d79a4fee9d1d473d74c89eb8d8fd55c5abafeabeba7366d20429404")!,
        ]
    )

    /// O, L, ST, C as Intel writes them.
    private static let intelPlace: [DistinguishedName.Attribute] = [
        .init(type: ObjectIdentifier(arcs: 2, 5, 4, 10), value: "Intel Corporation"),
        .init(type: ObjectIdentifier(arcs: 2, 5, 4, 7), value: "Santa Clara"),
        .init(type: ObjectIdentifier(arcs: 2, 5, 4, 8), value: "CA"),
        .init(type: ObjectIdentifier(arcs: 2, 5, 4, 6), value: "US"),
    ]

    private static let intelPoint: [UInt8] =
        Hex.bytes(
            "04"
                + "0ba9c4c0c0c86193a3fe23d6b02cda10a8bbd4e88e48b4458561a36e705525f5"
                + "67918e2edc88e40d860bd0cc4ee26aacc988e505a953558c453f6b0904ae7394"
        )!

    private init(key: P256Key, maker: String, place: [DistinguishedName.Attribute], knownCertificates: [[UInt8]]) {
        self.key = key
        self.maker = maker
        self.place = place
        self.knownCertificates = knownCertificates
        subjects = Dictionary(
            uniqueKeysWithValues: CertificateRole.allCases.map { role in
                (
                    role,
                    [
                        DistinguishedName.Attribute(
                            type: DistinguishedName.commonName,
                            value: maker + " " + role.nameSuffix
                        )
                    ] + place
                )
            }
        )
    }

    /// The root's common name; with the start of its key's digest when it bears Intel's name without being Intel's.
    public var description: String {
        let name = maker + " " + CertificateRole.root.nameSuffix
        return maker == "Intel" && !isIntel ? "\(name) with key \(Self.digest(of: key))" : name
    }

    /// The first bytes of SHA-256 over a SubjectPublicKeyInfo.
    static func digest(of key: P256Key) -> String {
        Hex.text(SHA256.hash(data: Certificate.p256Prefix + key.point).prefix(8)) + "…"
    }

    func isKnown(_ certificate: Certificate) -> Bool {
        certificate.key == key && knownCertificates.contains(Array(SHA256.hash(data: certificate.der)))
    }

    /// A root certificate that replaces Intel's. Its subject must be `CN=<maker> SGX Root CA` and further attributes.
    /// - Throws: `DERError` when it isn't such a certificate.
    package init(root: Certificate) throws(DERError) {
        let suffix = " SGX Root CA"
        guard let first = root.subject.attributes.first, first.type == DistinguishedName.commonName else {
            throw DERError(
                offset: 0,
                """
                a root whose subject begins with 'CN=<maker>\(suffix)' expected, found \
                '\(root.subject.description.printable())'
                """
            )
        }
        // A root of another name is taken as it is; what it issued is then refused for its names.
        let maker = first.value.hasSuffix(suffix) ? String(first.value.dropLast(suffix.count)) : first.value
        self.init(
            key: root.key,
            maker: maker,
            place: Array(root.subject.attributes.dropFirst()),
            knownCertificates: root.isSigned(by: root.key) ? [Array(SHA256.hash(data: root.der))] : []
        )
    }

    /// A root from a file, PEM or DER. Where it holds several certificates, the only one that issued itself is taken: a
    /// chain ends in its root.
    public init(file bytes: [UInt8]) throws(TrustAnchorError) {
        do {
            let all = try Set(CertificateFile.certificates(in: bytes))
            let read = try all.map { try Certificate($0) }
            let roots = read.count == 1 ? read : read.filter { $0.issuer.der == $0.subject.der }
            guard let only = roots.first, roots.count == 1 else {
                throw TrustAnchorError(
                    "holds \(read.count) certificates, \(roots.count) of them roots; one root is expected"
                )
            }
            try self.init(root: only)
        } catch {
            throw .wrapping(error)
        }
    }

    func subject(of role: CertificateRole) -> [DistinguishedName.Attribute] { subjects[role] ?? [] }
}

/// Why a file can't be a root.
public struct TrustAnchorError: Error, CodedError, Hashable, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = description }

    /// Any error of the parts below as one of ours.
    static func wrapping(_ error: any Error) -> TrustAnchorError {
        switch error {
        case let error as TrustAnchorError: error
        case let error as CertificateFileError: TrustAnchorError(error.description)
        default: TrustAnchorError("is no root certificate: \(error)")
        }
    }

    /// Stable; programs may depend on it.
    public var code: String { "file.kind" }
}

/// The places a certificate can have in a chain.
public enum CertificateRole: Sendable, Hashable, CaseIterable {
    case root, platformCA, processorCA, pck, tcbSigner

    var nameSuffix: String {
        switch self {
        case .root: "SGX Root CA"
        case .platformCA: "SGX PCK Platform CA"
        case .processorCA: "SGX PCK Processor CA"
        case .pck: "SGX PCK Certificate"
        case .tcbSigner: "SGX TCB Signing"
        }
    }

    var isCA: Bool { self != .pck && self != .tcbSigner }

    var description: String {
        switch self {
        case .root: "root certificate"
        case .platformCA, .processorCA: "PCK CA certificate"
        case .pck: "PCK certificate"
        case .tcbSigner: "TCB signing certificate"
        }
    }
}
