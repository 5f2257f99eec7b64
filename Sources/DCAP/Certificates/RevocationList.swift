internal import Notation
internal import StrictX509

/// A full certificate revocation list of Intel's PCK certificate and CRL profile, strictly read (RFC 5280, section 5).
struct RevocationList: Sendable {
    static let byteLimit = 1 << 20
    /// One is enough to refuse a list, and a stranger's list can have one in each of its entries.
    private static let objectionLimit = 8

    let der: [UInt8]
    private let signed: Range<Int>
    private let signature: [UInt8]
    let issuer: DistinguishedName
    let thisUpdate: Timestamp
    let nextUpdate: Timestamp?
    /// What of its form isn't as it must be, though it can be read: it revokes all the same, and is refused.
    let objections: [String]
    private let serials: [SerialNumber]

    private static let crlNumber = ObjectIdentifier(arcs: 2, 5, 29, 20)
    private static let reasonCode = ObjectIdentifier(arcs: 2, 5, 29, 21)
    private static let deltaIndicator = ObjectIdentifier(arcs: 2, 5, 29, 27)
    private static let certificateIssuer = ObjectIdentifier(arcs: 2, 5, 29, 29)
    private static let issuingDistributionPoint = ObjectIdentifier(arcs: 2, 5, 29, 28)

    /// A list as services deliver it: DER, PEM, or DER as hexadecimal text. The first byte decides.
    init(delivered bytes: [UInt8]) throws(RevocationListError) {
        guard bytes.count <= 2 * Self.byteLimit else { throw RevocationListError("more than \(Self.byteLimit) bytes") }
        do {
            try self.init(Self.der(delivered: bytes))
        } catch {
            throw error as? RevocationListError ?? RevocationListError("\(error)")
        }
    }

    private static func der(delivered bytes: [UInt8]) throws -> [UInt8] {
        if bytes.first == 0x30 { return bytes }
        let text = bytes.drop(while: isBlank)
        if text.starts(with: "-----BEGIN".utf8) {
            guard let only = try PEM.blocks(text, label: "X509 CRL", limit: 1, byteLimit: byteLimit).first else {
                throw RevocationListError("no list in the PEM text")
            }
            return only
        }
        let digits = text.prefix { !isBlank($0) }
        guard let der = Hex.bytes(String(decoding: digits, as: UTF8.self)), !der.isEmpty,
            text.dropFirst(digits.count).allSatisfy(isBlank)
        else {
            throw RevocationListError("neither DER nor PEM nor hexadecimal text")
        }
        return der
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }

    private init(_ der: [UInt8]) throws(DERError) {
        guard der.count <= Self.byteLimit else { throw DERError(offset: 0, "more than \(Self.byteLimit) bytes") }
        var outer = DERReader(der.span)
        var list = try outer.enter(.sequence, "CRL")
        try outer.finish("CRL")
        let tbs = try list.element(.sequence, "tbsCertList")
        let algorithm = try list.element(.sequence, "signatureAlgorithm")
        signature = try ECDSASignatureEncoding.raw(&list)
        try list.finish("CRL")

        var reader = list.reader(of: tbs)
        guard try reader.integer("version", in: 0...1) == 1 else {
            throw DERError(offset: tbs.content.lowerBound, "CRL version 2 expected")
        }
        let inner = try reader.element(.sequence, "signature")
        try ECDSASignatureEncoding.requireAlgorithm(inner, algorithm, in: reader)
        issuer = try DistinguishedName(&reader, "issuer")
        thisUpdate = try reader.time("thisUpdate")
        var objections: [String] = []
        if reader.nextTag == DERTag.utcTime.rawValue || reader.nextTag == DERTag.generalizedTime.rawValue {
            nextUpdate = try reader.time("nextUpdate")
        } else {
            nextUpdate = nil
            objections.append("nextUpdate is missing")
        }
        serials = try Self.entries(&reader, &objections)
        if reader.isAtEnd {
            objections.append("there is no CRL number")
        } else {
            var explicit = try reader.enter(.explicit(0), "crlExtensions")
            try Self.checkExtensions(&explicit, &objections)
            try explicit.finish("crlExtensions")
        }
        try reader.finish("tbsCertList")
        self.objections = objections
        signed = tbs.whole
        self.der = der
    }

    private static func entries(_ reader: inout DERReader, _ objections: inout [String]) throws(DERError)
        -> [SerialNumber]
    {
        var serials: [SerialNumber] = []
        guard let element = try reader.optional(.sequence) else { return serials }
        var list = reader.reader(of: element)
        while !list.isAtEnd {
            var entry = try list.enter(.sequence, "revokedCertificate")
            serials.append(try SerialNumber(&entry, "userCertificate"))
            _ = try entry.time("revocationDate")
            if !entry.isAtEnd { try check(&entry, &objections) }
            try entry.finish("revokedCertificate")
        }
        return serials
    }

    /// The extensions of an entry: nearly always one, so no list is made of them.
    private static func check(_ entry: inout DERReader, _ objections: inout [String]) throws(DERError) {
        var list = try entry.enter(.sequence, "crlEntryExtensions")
        let first = try Certificate.Extension(&list)
        check(first, &objections)
        var seen: Set<ObjectIdentifier> = []
        while !list.isAtEnd {
            let item = try Certificate.Extension(&list)
            guard item.identifier != first.identifier, seen.insert(item.identifier).inserted, seen.count < 64 else {
                throw DERError(
                    offset: item.value.lowerBound,
                    "extension \(item.identifier) stands twice, or there are more than 64"
                )
            }
            check(item, &objections)
        }
    }

    private static func check(_ item: Certificate.Extension, _ objections: inout [String]) {
        guard objections.count < objectionLimit else { return }
        if item.identifier == certificateIssuer {
            objections.append("an entry of another issuer")
        } else if item.isCritical, item.identifier != reasonCode {
            objections.append("an entry with the unknown critical extension \(item.identifier)")
        }
    }

    private static func checkExtensions(_ explicit: inout DERReader, _ objections: inout [String]) throws(DERError) {
        let extensions = try Certificate.extensions(&explicit)
        for item in extensions {
            if item.identifier == issuingDistributionPoint || item.identifier == deltaIndicator {
                objections.append("a partial, indirect or delta list")
            }
            if item.isCritical, item.identifier != crlNumber {
                objections.append("the unknown critical extension \(item.identifier)")
            }
        }
        guard let number = extensions.first(where: { $0.identifier == crlNumber }) else {
            return objections.append("there is no CRL number")
        }
        var reader = DERReader(explicit.bytes, number.value)
        _ = try reader.integerBytes("CRL number")
        try reader.finish("CRL number")
    }

    func isSigned(by key: P256Key) -> Bool { key.verifies(signature, over: der[signed]) }

    var revokedCount: Int { serials.count }

    func revokes(_ certificate: Certificate) -> Bool { serials.contains(certificate.serial) }
}

struct RevocationListError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
