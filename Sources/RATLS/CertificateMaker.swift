public import Crypto
internal import FoundationEssentials
public import Notation
internal import StrictX509
internal import SwiftASN1
internal import X509

/// Makes the enclave's certificate (docs/formats/certificate.md): good as a pin, and unable to issue others.
public struct CertificateMaker: Sendable {
    /// The record that the certificate carries; nil for none.
    public var launch: LaunchRecord?
    /// DNS names and addresses.
    public var sans: [String]
    /// RFC 4514; absent: CN=<first name>.
    public var subject: String?
    public var notAfter: Timestamp

    /// For an instance that has a launch record.
    public init(_ launch: LaunchRecord) {
        self.launch = launch
        sans = launch.sans
        subject = launch.subject
        notAfter = launch.notAfter
    }

    /// For the original's command line, which has none.
    public init(sans: [String], subject: String?, notAfter: Timestamp) {
        self.sans = sans
        self.subject = subject
        self.notAfter = notAfter
    }

    /// Makes the certificate, DER, signed by its own key.
    /// - Parameters:
    ///   - key: the enclave's own.
    ///   - quote: raw; its REPORTDATA should bind the key.
    ///   - now: the certificate is valid from an hour before.
    /// - Throws: `CertificateMakerError` for an end that has passed or lies too far ahead, and for names that can't be
    ///   written.
    public func make(key: P256.Signing.PrivateKey, quote: [UInt8], now: Timestamp) throws(CertificateMakerError)
        -> [UInt8]
    {
        guard notAfter > now else {
            throw CertificateMakerError("the certificate would have ended at \(notAfter)")
        }
        if launch != nil, notAfter > now + LaunchRecord.longestLife {
            let days = LaunchRecord.longestLife.components.seconds / 86400
            throw CertificateMakerError("the certificate would be valid for more than \(days) days")
        }
        do {
            let name = try Self.name(subject ?? "CN=" + (sans.first ?? "localhost").replacing(":", with: "\\:"))
            let publicKey = X509.Certificate.PublicKey(key.publicKey)
            let identifier = Array(Insecure.SHA1.hash(data: key.publicKey.x963Representation))
            let extensions = try X509.Certificate.Extensions {
                SubjectAlternativeNames(sans.compactMap { SubjectAlternativeName($0) }.map(Self.generalName))
                X509.Certificate.Extension(
                    oid: try Self.oid(AttestedCertificate.quoteIdentifier),
                    critical: false,
                    value: quote[...]
                )
                if let launch {
                    X509.Certificate.Extension(
                        oid: try Self.oid(LaunchRecord.identifier),
                        critical: false,
                        value: launch.encoded[...]
                    )
                }
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage([.serverAuth])
                SubjectKeyIdentifier(keyIdentifier: identifier[...])
                AuthorityKeyIdentifier(keyIdentifier: identifier[...])
            }
            var serial = (0..<16).map { _ in UInt8.random(in: .min ... .max) }
            serial[0] = serial[0] & 0x7F | 0x40
            let certificate = try X509.Certificate(
                version: .v3,
                serialNumber: .init(bytes: serial),
                publicKey: publicKey,
                notValidBefore: Date(timeIntervalSince1970: Double((now - .seconds(3600)).seconds)),
                notValidAfter: Date(timeIntervalSince1970: Double(notAfter.seconds)),
                issuer: name,
                subject: name,
                signatureAlgorithm: .ecdsaWithSHA256,
                extensions: extensions,
                issuerPrivateKey: .init(key)
            )
            var serializer = DER.Serializer()
            try serializer.serialize(certificate)
            return serializer.serializedBytes
        } catch {
            // The library's words are about its types.
            throw error as? CertificateMakerError
                ?? CertificateMakerError(
                    """
                    the certificate can't be made of subject '\((subject ?? "").printable())' and the names \
                    \(sans.joined(separator: ", ").printable())
                    """
                )
        }
    }

    private static func oid(_ identifier: ObjectIdentifier) throws -> ASN1ObjectIdentifier {
        try ASN1ObjectIdentifier(dotRepresentation: identifier.description)
    }

    private static func generalName(_ san: SubjectAlternativeName) -> GeneralName {
        switch san {
        case .dns(let name): .dnsName(name)
        case .address(let bytes): .ipAddress(ASN1OctetString(contentBytes: bytes[...]))
        }
    }

    private static func name(_ text: String) throws -> X509.DistinguishedName {
        guard let attributes = RFC4514.attributes(text) else {
            throw CertificateMakerError("'\(text.printable())' is no name such as 'CN=service,O=Company'")
        }
        let types: [String: ASN1ObjectIdentifier] = [
            "CN": .RDNAttributeType.commonName, "O": .RDNAttributeType.organizationName,
            "OU": .RDNAttributeType.organizationalUnitName,
            "L": .RDNAttributeType.localityName, "ST": .RDNAttributeType.stateOrProvinceName,
            "C": .RDNAttributeType.countryName,
        ]
        return try X509.DistinguishedName(
            attributes.reversed().compactMap { type, value in
                try types[type].map { oid in
                    RelativeDistinguishedName(
                        try type == "C" ? .init(type: oid, printableString: value) : .init(type: oid, utf8String: value)
                    )
                }
            }
        )
    }
}

/// Why no certificate can be made.
public struct CertificateMakerError: Error, CodedError, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = description }

    /// Stable; programs may depend on it.
    public var code: String { "certificate" }
}
