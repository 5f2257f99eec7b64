internal import Notation
internal import StrictX509

/// What a certificate must be for its place in a chain (Intel's PCK certificate and CRL profile).
///
/// What depends on the time isn't here: see `ValidityPeriod`.
struct CertificateRules {
    let anchor: TrustAnchor

    private static let basicConstraints = ObjectIdentifier(arcs: 2, 5, 29, 19)
    private static let keyUsage = ObjectIdentifier(arcs: 2, 5, 29, 15)

    /// Judges one certificate, all but its issuer's part.
    func check(_ certificate: Certificate, as role: CertificateRole, _ reasons: inout [Reason]) {
        let expected = anchor.subject(of: role)
        if !certificate.subject.consists(of: expected) {
            let wanted = expected.map(\.value).joined(separator: ", ")
            reasons.append(
                Reason(
                    .certificateName,
                    "the \(role.description) has another subject",
                    expected: wanted,
                    found: certificate.subject.description.printable()
                )
            )
        }
        do {
            try checkExtensions(certificate, as: role, into: &reasons)
        } catch {
            reasons.append(Reason(.certificateMalformed, "the \(role.description): \(error)"))
        }
    }

    /// Judges what ties a certificate to its issuer.
    func check(
        _ certificate: Certificate,
        as role: CertificateRole,
        issuedBy issuer: Certificate,
        _ reasons: inout [Reason]
    ) {
        if certificate.issuer.der != issuer.subject.der {
            reasons.append(
                Reason(
                    .certificateIssuer,
                    "the \(role.description) names another issuer",
                    expected: issuer.subject.description.printable(),
                    found: certificate.issuer.description.printable()
                )
            )
        }
        // A root that is the pinned certificate needs no proof; one with the pinned key and another content does.
        if !(role == .root && anchor.isKnown(certificate)), !certificate.isSigned(by: issuer.key) {
            reasons.append(Reason(.certificateSignature, "the \(role.description) is not signed by its issuer's key"))
        }
    }

    private func checkExtensions(_ certificate: Certificate, as role: CertificateRole, into reasons: inout [Reason])
        throws(DERError)
    {
        func refuse(_ problem: String) {
            reasons.append(Reason(.certificateConstraints, "the \(role.description) \(problem)"))
        }
        var constraints: (isCA: Bool, pathLength: Int?)?
        var usage: Range<Int>?
        for item in certificate.extensions {
            switch item.identifier {
            case Self.basicConstraints: constraints = try readConstraints(certificate, item)
            case Self.keyUsage:
                var reader = DERReader(certificate.der.span, item.value)
                let bits = try reader.element(.bitString, "keyUsage")
                try reader.finish("keyUsage")
                usage = bits.content
            case PCKExtension.identifier:
                if role != .pck {
                    reasons.append(
                        Reason(
                            .pckExtension,
                            "the \(role.description) carries an SGX extension, which only the PCK certificate may"
                        )
                    )
                }
            default:
                // SKI, AKI and distribution points aren't critical in Intel's certificates either.
                if item.isCritical { refuse("has a critical extension \(item.identifier), which none may be") }
            }
        }
        for identifier in [Self.basicConstraints, Self.keyUsage]
        where certificate.extensions.contains(where: { $0.identifier == identifier && !$0.isCritical }) {
            refuse("has an extension \(identifier) that isn't critical")
        }
        guard let constraints, constraints.isCA == role.isCA else {
            return refuse(role.isCA ? "is no CA" : "is a CA, or says nothing of it")
        }
        // The number of CAs that may stand below: one below the root, none below the PCK CA.
        if role.isCA, let length = constraints.pathLength, length < (role == .root ? 1 : 0) {
            refuse("has path length \(length)")
        }
        // keyCertSign and cRLSign; digitalSignature and nonRepudiation.
        let expected: [UInt8] = role.isCA ? [0x01, 0x06] : [0x06, 0xC0]
        if usage.map({ certificate.der[$0].elementsEqual(expected) }) != true {
            refuse(
                """
                has another key usage than \
                \(role.isCA ? "certificate and CRL signing" : "signature and non-repudiation")
                """
            )
        }
    }

    private func readConstraints(_ certificate: Certificate, _ item: Certificate.Extension) throws(DERError) -> (
        isCA: Bool, pathLength: Int?
    ) {
        var outer = DERReader(certificate.der.span, item.value)
        var reader = try outer.enter(.sequence, "basicConstraints")
        try outer.finish("basicConstraints")
        var isCA = false
        if reader.nextTag == DERTag.boolean.rawValue {
            isCA = try reader.boolean("cA")
            guard isCA else { throw DERError(offset: reader.offset, "a DEFAULT value that is written out") }
        }
        var pathLength: Int?
        if !reader.isAtEnd { pathLength = try reader.integer("pathLenConstraint", in: 0...255) }
        try reader.finish("basicConstraints")
        return (isCA, pathLength)
    }
}
