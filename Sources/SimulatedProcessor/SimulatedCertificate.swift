internal import Crypto
internal import FoundationEssentials
internal import Notation
internal import SwiftASN1
internal import X509

/// One certificate of the simulated PKI, in the shape of Intel's profile with a maker of its own.
struct SimulatedCertificate {
    enum Kind {
        case root, authority, pck, signer

        var commonName: String {
            switch self {
            case .root: "SGX Root CA"
            case .authority: "SGX PCK Platform CA"
            case .pck: "SGX PCK Certificate"
            case .signer: "SGX TCB Signing"
            }
        }

        var years: Int64 {
            switch self {
            case .root: 30
            case .authority: 15
            case .pck, .signer: 7
            }
        }

        var isCA: Bool { self == .root || self == .authority }
    }

    var kind: Kind
    var ppid: [UInt8]
    var now: Timestamp

    static func name(_ kind: Kind) throws -> DistinguishedName {
        try DistinguishedName([
            RelativeDistinguishedName(
                .init(type: .RDNAttributeType.commonName, utf8String: SimulatedPKI.maker + " " + kind.commonName)
            ),
            RelativeDistinguishedName(
                .init(type: .RDNAttributeType.organizationName, utf8String: "Simulated, NOT Intel")
            ),
            RelativeDistinguishedName(.init(type: .RDNAttributeType.localityName, utf8String: "This machine")),
            RelativeDistinguishedName(.init(type: .RDNAttributeType.stateOrProvinceName, utf8String: "XX")),
            RelativeDistinguishedName(.init(type: .RDNAttributeType.countryName, printableString: "XX")),
        ])
    }

    /// DER.
    func make(key: P256.Signing.PublicKey, issuer: Kind, issuerKey: P256.Signing.PrivateKey) throws -> [UInt8] {
        func identifier(_ key: P256.Signing.PublicKey) -> ArraySlice<UInt8> {
            Array(Insecure.SHA1.hash(data: key.x963Representation))[...]
        }
        let usage =
            kind.isCA
            ? KeyUsage(keyCertSign: true, cRLSign: true) : KeyUsage(digitalSignature: true, nonRepudiation: true)
        let extensions = try Certificate.Extensions {
            AuthorityKeyIdentifier(keyIdentifier: identifier(issuerKey.publicKey))
            SubjectKeyIdentifier(keyIdentifier: identifier(key))
            Critical(usage)
            switch kind {
            case .root: Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 1))
            case .authority: Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
            case .pck, .signer: Critical(BasicConstraints.notCertificateAuthority)
            }
            if kind == .pck {
                Certificate.Extension(
                    oid: SGXExtension.identifier,
                    critical: false,
                    value: try SGXExtension(ppid: ppid).encoded[...]
                )
            }
        }
        var serial = (0..<16).map { _ in UInt8.random(in: .min ... .max) }
        serial[0] = serial[0] & 0x7F | 0x40
        let certificate = try Certificate(
            version: .v3,
            serialNumber: .init(bytes: serial),
            publicKey: .init(key),
            notValidBefore: Date(timeIntervalSince1970: Double((now - .seconds(86400)).seconds)),
            notValidAfter: Date(timeIntervalSince1970: Double((now + .seconds(kind.years * 365 * 86400)).seconds)),
            issuer: Self.name(issuer),
            subject: Self.name(kind),
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: extensions,
            issuerPrivateKey: .init(issuerKey)
        )
        var serializer = DER.Serializer()
        try serializer.serialize(certificate)
        return serializer.serializedBytes
    }
}

/// Intel's extension of a PCK certificate, as Intel's certificate profile has it.
struct SGXExtension {
    static let identifier: ASN1ObjectIdentifier = [1, 2, 840, 113741, 1, 13, 1]
    var ppid: [UInt8]

    var encoded: [UInt8] {
        get throws {
            func oid(_ last: UInt...) throws -> ASN1ObjectIdentifier {
                try ASN1ObjectIdentifier(elements: [1, 2, 840, 113741, 1, 13, 1] + last)
            }
            var serializer = DER.Serializer()
            try serializer.appendConstructedNode(identifier: .sequence) { list in
                func pair(
                    _ list: inout DER.Serializer,
                    named identifier: ASN1ObjectIdentifier,
                    _ write: (inout DER.Serializer) throws -> Void
                )
                    throws
                {
                    try list.appendConstructedNode(identifier: .sequence) { pair in
                        try pair.serialize(identifier)
                        try write(&pair)
                    }
                }
                func octets(_ list: inout DER.Serializer, named identifier: ASN1ObjectIdentifier, _ bytes: [UInt8])
                    throws
                {
                    try pair(&list, named: identifier) { try $0.serialize(ASN1OctetString(contentBytes: bytes[...])) }
                }
                try octets(&list, named: oid(1), ppid)
                try pair(&list, named: oid(2)) { tcb in
                    try tcb.appendConstructedNode(identifier: .sequence) { components in
                        for index in 1...16 {
                            try pair(&components, named: oid(2, UInt(index))) {
                                try $0.serialize(Int(SimulatedPKI.platformSVN))
                            }
                        }
                        try pair(&components, named: oid(2, 17)) { try $0.serialize(SimulatedPKI.pceSVN) }
                        try octets(
                            &components,
                            named: oid(2, 18),
                            [UInt8](repeating: SimulatedPKI.platformSVN, count: 16)
                        )
                    }
                }
                try octets(&list, named: oid(3), SimulatedPKI.pceID)
                try octets(&list, named: oid(4), SimulatedPKI.fmspc)
                try pair(&list, named: oid(5)) { (pair: inout DER.Serializer) in
                    pair.appendPrimitiveNode(identifier: .enumerated) { $0.append(1) }
                }
                try octets(&list, named: oid(6), Array(ppid.reversed()))
                try pair(&list, named: oid(7)) { configuration in
                    try configuration.appendConstructedNode(identifier: .sequence) { members in
                        for (index, value) in [false, false, true].enumerated() {
                            try pair(&members, named: oid(7, UInt(index + 1))) { try $0.serialize(value) }
                        }
                    }
                }
            }
            return serializer.serializedBytes
        }
    }
}
