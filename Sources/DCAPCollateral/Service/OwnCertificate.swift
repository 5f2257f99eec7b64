internal import StrictX509

/// What a service's self-made certificate says of itself, as far as trust by name needs it.
struct OwnCertificate {
    /// Names no host, and is no authority's: nobody but its own service has it for TLS. So is X.509 version 1, which has no extensions, and what
    /// OpenSSL makes of a request without any.
    let isOneServicesOwn: Bool

    /// - Parameter der: what can't be read counts as an authority's.
    init(der: [UInt8]) { isOneServicesOwn = (try? Self.hasNoExtensions(der)) ?? false }

    /// Issuer and subject are the same, and there are no extensions.
    private static func hasNoExtensions(_ der: [UInt8]) throws(DERError) -> Bool {
        var outer = DERReader(der.span)
        var list = try outer.enter(.sequence, "certificate")
        var body = try list.enter(.sequence, "tbsCertificate")
        if body.nextTag == DERTag.explicit(0).rawValue { _ = try body.element() }
        _ = try body.element()
        _ = try body.element()
        let issuer = try body.element()
        _ = try body.element()
        let subject = try body.element()
        _ = try body.element()
        return body.isAtEnd && der[issuer.content].elementsEqual(der[subject.content])
    }
}
