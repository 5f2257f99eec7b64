public import Notation

/// An X.509 certificate of Intel's PCK certificate and CRL profile, strictly read (RFC 5280): version 3, ECDSA with
/// SHA-256 and P-256, no extension twice.
public struct Certificate: Sendable {
    /// What is read at all; chains of Intel have tighter limits of their own.
    public static let byteLimit = 65536

    public let der: [UInt8]
    /// What the issuer signed.
    public let signed: Range<Int>
    /// r ‖ s, 64 bytes.
    public let signature: [UInt8]
    public let serial: SerialNumber
    public let issuer: DistinguishedName
    public let subject: DistinguishedName
    public let notBefore: Timestamp
    public let notAfter: Timestamp
    public let key: P256Key
    public let extensions: [Extension]

    public struct Extension: Sendable {
        public let identifier: ObjectIdentifier
        public let isCritical: Bool
        /// The place of the value in the outermost bytes.
        public let value: Range<Int>

        public init(_ list: inout DERReader) throws(DERError) {
            var one = try list.enter(.sequence, "extension")
            identifier = try one.objectIdentifier("extension")
            if one.nextTag == DERTag.boolean.rawValue {
                isCritical = try one.boolean("critical")
                guard isCritical else { throw DERError(offset: one.offset, "a DEFAULT value that is written out") }
            } else {
                isCritical = false
            }
            value = try one.element(.octetString, "extension value").content
            try one.finish("extension")
        }
    }

    /// - Throws: `DERError` with the first thing that isn't as it must be.
    public init(_ der: [UInt8]) throws(DERError) {
        guard der.count <= Certificate.byteLimit else {
            throw DERError(offset: 0, "a certificate of more than \(Self.byteLimit) bytes")
        }
        var outer = DERReader(der.span)
        var certificate = try outer.enter(.sequence, "certificate")
        try outer.finish("certificate")
        let tbs = try certificate.element(.sequence, "tbsCertificate")
        signed = tbs.whole
        let algorithm = try certificate.element(.sequence, "signatureAlgorithm")
        signature = try ECDSASignatureEncoding.raw(&certificate)
        try certificate.finish("certificate")

        var reader = certificate.reader(of: tbs)
        var version = try reader.enter(.explicit(0), "version")
        guard try version.integer("version", in: 0...2) == 2 else {
            throw DERError(offset: tbs.content.lowerBound, "X.509 version 3 expected")
        }
        try version.finish("version")
        serial = try SerialNumber(&reader, "serialNumber")
        let inner = try reader.element(.sequence, "signature")
        try ECDSASignatureEncoding.requireAlgorithm(inner, algorithm, in: reader)
        issuer = try DistinguishedName(&reader, "issuer")
        var validity = try reader.enter(.sequence, "validity")
        notBefore = try validity.time("notBefore")
        notAfter = try validity.time("notAfter")
        try validity.finish("validity")
        subject = try DistinguishedName(&reader, "subject")
        let spki = try reader.element(.sequence, "subjectPublicKeyInfo")
        guard spki.whole.count == Self.p256Prefix.count + 65, reader.holds(Self.p256Prefix, at: spki.whole.lowerBound),
            let key = P256Key(point: reader.array((spki.whole.upperBound - 65)..<spki.whole.upperBound))
        else {
            throw DERError(
                offset: spki.whole.lowerBound,
                "a key on the named curve P-256 as an uncompressed point expected"
            )
        }
        self.key = key
        // Whether there must be any is for whoever judges the certificate's place.
        if reader.isAtEnd {
            extensions = []
        } else {
            var explicit = try reader.enter(.explicit(3), "extensions")
            extensions = try Self.extensions(&explicit)
            try explicit.finish("extensions")
        }
        try reader.finish("tbsCertificate")
        self.der = der
    }

    /// SEQUENCE { SEQUENCE { id-ecPublicKey, prime256v1 }, BIT STRING } up to the point.
    public static let p256Prefix: [UInt8] = [
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48,
        0xCE, 0x3D, 0x03, 0x01,
        0x07, 0x03,
        0x42, 0x00,
    ]

    /// The extensions of a certificate or a list.
    public static func extensions(_ explicit: inout DERReader) throws(DERError) -> [Extension] {
        var list = try explicit.enter(.sequence, "extensions")
        var extensions: [Extension] = []
        extensions.reserveCapacity(8)
        while !list.isAtEnd {
            let one = try Extension(&list)
            guard !extensions.contains(where: { $0.identifier == one.identifier }) else {
                throw DERError(offset: one.value.lowerBound, "extension \(one.identifier) stands twice")
            }
            guard extensions.count < 64 else { throw DERError(offset: one.value.lowerBound, "more than 64 extensions") }
            extensions.append(one)
        }
        return extensions
    }

    /// The place of an extension's value; nil when there is none.
    public func value(of identifier: ObjectIdentifier) -> Range<Int>? {
        extensions.first { $0.identifier == identifier }?.value
    }

    public func isSigned(by issuer: P256Key) -> Bool {
        issuer.verifies(signature, over: der[signed])
    }
}

/// ECDSA-Sig-Value of RFC 3279 in a BIT STRING, and the algorithm identifier that goes with SHA-256.
public enum ECDSASignatureEncoding {
    public static let algorithm: [UInt8] = [0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02]

    public static func isAlgorithm(_ element: DERElement, _ reader: borrowing DERReader) -> Bool {
        element.whole.count == algorithm.count && reader.holds(algorithm, at: element.whole.lowerBound)
    }

    /// Who signs says how in two places, which have to agree.
    /// - Parameters:
    ///   - inner: within what is signed.
    ///   - outer: beside the signature.
    package static func requireAlgorithm(
        _ inner: DERElement,
        _ outer: DERElement,
        in reader: borrowing DERReader
    ) throws(DERError) {
        guard isAlgorithm(inner, reader), isAlgorithm(outer, reader) else {
            throw DERError(
                offset: inner.whole.lowerBound,
                "ecdsa-with-SHA256 without parameters expected in both places"
            )
        }
    }

    /// r ‖ s, 32 bytes each.
    public static func raw(_ reader: inout DERReader) throws(DERError) -> [UInt8] {
        let bits = try reader.bitString("signature")
        var outer = DERReader(reader.bytes, bits)
        var pair = try outer.enter(.sequence, "signature")
        try outer.finish("signature")
        let r = try pair.positive("r", limit: 32), s = try pair.positive("s", limit: 32)
        try pair.finish("signature")
        var raw = [UInt8](repeating: 0, count: 64)
        for (offset, index) in r.enumerated() { raw[32 - r.count + offset] = reader.bytes[index] }
        for (offset, index) in s.enumerated() { raw[64 - s.count + offset] = reader.bytes[index] }
        return raw
    }
}
