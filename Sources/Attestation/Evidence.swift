public import RATLS
public import SGXQuote

/// What is judged: a quote, and the certificate that carries it if there is one.
public struct Evidence: Sendable {
    public var quote: Quote
    public var certificate: AttestedCertificate?

    public init(_ quote: Quote) {
        self.quote = quote
    }

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
    public var id: String?

    public init(host: String? = nil, name: String? = nil, id: String? = nil) {
        self.host = host
        self.name = name
        self.id = id
    }
}
