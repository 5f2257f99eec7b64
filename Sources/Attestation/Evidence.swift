public import RATLS
public import SGXQuote

/// What is judged: a quote, and the certificate that carries it if there is one.
public struct Evidence: Sendable {
    /// What is judged.
    public var quote: Quote
    /// The certificate that carried the quote; nil for a quote alone, of which nothing is bound.
    public var certificate: AttestedCertificate?

    /// A quote alone.
    public init(_ quote: Quote) {
        self.quote = quote
    }

    /// A certificate with what it carries.
    public init(_ certificate: AttestedCertificate) {
        quote = certificate.quote
        self.certificate = certificate
    }
}

/// What is known of the instance besides the policy, and must hold.
public struct Expectation: Hashable, Sendable {
    /// The host that was called; the certificate must be for it.
    public var host: String?
    /// Name and id of the instance that was launched here.
    public var name: String?
    /// The launch record's `id`, a UUID in lower case.
    public var id: String?

    /// What isn't named isn't compared.
    public init(host: String? = nil, name: String? = nil, id: String? = nil) {
        self.host = host
        self.name = name
        self.id = id
    }
}
