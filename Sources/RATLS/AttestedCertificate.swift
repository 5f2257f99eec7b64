public import Notation
public import SGXQuote
package import StrictX509

/// A certificate that carries a quote, as read and not yet judged.
public struct AttestedCertificate: Sendable {
    /// The quote's extension, not critical, its value the raw quote (docs/formats/certificate.md).
    package static let quoteIdentifier = ObjectIdentifier(arcs: 1, 2, 840, 113741, 1337, 6)
    private static let alternativeNames = ObjectIdentifier(arcs: 2, 5, 29, 17)
    /// What is understood when it is critical: basicConstraints, keyUsage, extended key usage, subjectAltName.
    private static let understood: Set<ObjectIdentifier> = [
        ObjectIdentifier(arcs: 2, 5, 29, 19), ObjectIdentifier(arcs: 2, 5, 29, 15),
        ObjectIdentifier(arcs: 2, 5, 29, 37), alternativeNames,
    ]

    package let certificate: Certificate
    /// What the certificate carries.
    public let quote: Quote
    /// Evidence in further extensions. A certificate is judged whole: all of it must bind and say the same.
    public let furtherEvidence: [EvidenceExtension]
    /// Its names and addresses, at most 64.
    public let sans: [SubjectAlternativeName]
    /// Nil in certificates of the original, which have none.
    public let launch: LaunchRecord?
    /// A record that is there and can't be read.
    public let launchProblem: String?
    /// A critical extension that nobody here understands.
    package let unknownCritical: ObjectIdentifier?

    /// Reads a certificate, DER.
    /// - Throws: `AttestedCertificateError` when it is no strict certificate, or carries no quote.
    public init(der: [UInt8]) throws(AttestedCertificateError) {
        do {
            certificate = try Certificate(der)
        } catch {
            throw .certificate("\(error)")
        }
        let carried = certificate.extensions.compactMap { one in
            EvidenceDialect(one.identifier).map { (one, dialect: $0) }
        }
        guard let value = certificate.value(of: Self.quoteIdentifier) else {
            if let other = carried.first {
                throw .otherDialect(other.dialect, identifier: other.0.identifier.description)
            }
            throw .noQuote
        }
        do {
            quote = try Quote(Array(der[value]))
        } catch {
            throw .quote(error)
        }
        furtherEvidence = carried.filter { $0.dialect != .quote }
            .map { [certificate] one, dialect in
                EvidenceExtension(one.identifier, dialect, value: Array(der[one.value]), beside: certificate.key)
            }
        do {
            sans = try Self.names(certificate)
        } catch {
            throw .certificate("subjectAltName: \(error)")
        }
        unknownCritical =
            certificate.extensions.first { $0.isCritical && !Self.understood.contains($0.identifier) }?.identifier
        var launch: LaunchRecord?
        var problem: String?
        if let value = certificate.value(of: LaunchRecord.identifier) {
            do {
                let record = try LaunchRecord(Array(der[value]))
                if record.encoded == Array(der[value]) {
                    launch = record
                } else {
                    problem = "the launch record isn't in its one form"
                }
            } catch {
                problem = "\(error)"
            }
        }
        self.launch = launch
        launchProblem = problem
    }

    /// Reads a PEM text of exactly one certificate.
    public init(pem: [UInt8]) throws(AttestedCertificateError) {
        let blocks: [[UInt8]]
        do {
            blocks = try PEM.blocks(pem[...], label: "CERTIFICATE", limit: 1, byteLimit: Certificate.byteLimit)
        } catch {
            throw .certificate("\(error)")
        }
        guard let only = blocks.first else { throw .certificate("no certificate in the PEM text") }
        try self.init(der: only)
    }

    /// The certificate itself, DER.
    public var der: [UInt8] { certificate.der }
    /// The certificate itself, PEM.
    public var pem: String { PEM.text(der) }
    /// What the quote says about key and sealing key.
    public var binding: ReportDataBinding { ReportDataBinding(reportData: quote.reportData) }
    /// Whether the quote is about this certificate's key.
    public var bindsItsKey: Bool { binding.binds(certificate.key.point) }
    /// Issued by itself, with a signature that says so.
    public var isSelfSigned: Bool {
        certificate.issuer.der == certificate.subject.der && certificate.isSigned(by: certificate.key)
    }

    private static func names(_ certificate: Certificate) throws(DERError) -> [SubjectAlternativeName] {
        guard let value = certificate.value(of: alternativeNames) else { return [] }
        var outer = DERReader(certificate.der.span, value)
        var list = try outer.enter(.sequence, "subjectAltName")
        try outer.finish("subjectAltName")
        var names: [SubjectAlternativeName] = []
        while !list.isAtEnd {
            let element = try list.element()
            let bytes = list.array(element.content)
            switch element.tag {
            case DERTag.implicit(2).rawValue:
                guard let name = SubjectAlternativeName(String(decoding: bytes, as: UTF8.self)), case .dns = name else {
                    continue
                }
                names.append(name)
            case DERTag.implicit(7).rawValue where bytes.count == 4 || bytes.count == 16: names.append(.address(bytes))
            default: continue  // a kind of name that no client of ours asks for
            }
            guard names.count <= 64 else { throw DERError(offset: element.whole.lowerBound, "more than 64 names") }
        }
        return names
    }
}

/// Why a certificate can't be judged at all.
public enum AttestedCertificateError: Error, CodedError, CustomStringConvertible {
    case certificate(String)
    case noQuote
    /// It carries evidence that isn't judged here.
    /// - Parameter identifier: of the extension, dotted.
    case otherDialect(EvidenceDialect, identifier: String)
    case quote(QuoteError)

    public var description: String {
        switch self {
        case .certificate(let problem): "no strict X.509 certificate: \(problem)"
        case .noQuote: "the certificate carries no quote (extension \(AttestedCertificate.quoteIdentifier))"
        case .otherDialect(let dialect, let identifier):
            """
            the certificate carries \(dialect.name) (extension \(identifier)), which isn't judged here; expected \
            extension \(AttestedCertificate.quoteIdentifier)
            """
        case .quote(let error): "the certificate's quote: \(error)"
        }
    }

    /// Stable; programs may depend on it.
    public var code: String { "evidence" }
}
