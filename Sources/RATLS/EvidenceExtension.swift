internal import Crypto
internal import Notation
public import SGXQuote
package import StrictX509

/// The ways in which makers put evidence into certificates, known by the identifiers of their extensions.
///
/// All are known, so that a certificate that carries evidence of two ways is judged whole; few are read.
public enum EvidenceDialect: Sendable, CaseIterable {
    /// Ours, and Cosmian VM for SGX; before 2022 Enclave-TLS and RATS-TLS too.
    case quote
    case cosmianSNP, cosmianTDX
    /// Gramine's own, an identifier that was encoded twice.
    case gramine
    /// Interoperable RA-TLS of TCG DICE.
    case dice
    case openEnclave, dstack, contrast, constellation, privasys, occlum

    /// As it stands in a message.
    public var name: String {
        switch self {
        case .quote: "a quote as this product writes it"
        case .cosmianSNP: "Cosmian VM's SNP report"
        case .cosmianTDX: "Cosmian VM's TDX quote"
        case .gramine: "Gramine's quote"
        case .dice: "interoperable RA-TLS (TCG DICE)"
        case .openEnclave: "Open Enclave's report"
        case .dstack: "dstack's attestation"
        case .contrast: "Contrast's attestation"
        case .constellation: "Constellation's attestation"
        case .privasys: "Privasys's evidence"
        case .occlum: "Occlum's quote"
        }
    }

    /// Whole identifiers, and arcs below which each one is evidence.
    private var identifiers: (exact: [ObjectIdentifier], below: [ObjectIdentifier]) {
        switch self {
        case .quote: ([AttestedCertificate.quoteIdentifier], [])
        case .cosmianSNP: ([ObjectIdentifier(arcs: 1, 2, 840, 113741, 1337, 7)], [])
        case .cosmianTDX: ([ObjectIdentifier(arcs: 1, 2, 840, 113741, 1337, 8)], [])
        case .gramine: ([ObjectIdentifier(arcs: 0, 6, 9, 42, 840, 113741, 1337, 6)], [])
        case .dice: ([ObjectIdentifier(arcs: 2, 23, 133, 5, 4, 9)], [])
        case .openEnclave:
            (
                [
                    ObjectIdentifier(arcs: 1, 3, 6, 1, 4, 1, 311, 105, 1),
                    ObjectIdentifier(arcs: 1, 3, 6, 1, 4, 1, 311, 105, 2),
                    ObjectIdentifier(arcs: 1, 2, 840, 113556, 10, 1, 1),
                    ObjectIdentifier(arcs: 1, 2, 840, 113556, 10, 1, 2),
                ], []
            )
        // .2 is an event log, .3, .4 and .9 describe the application.
        case .dstack:
            (
                [
                    ObjectIdentifier(arcs: 1, 3, 6, 1, 4, 1, 62397, 1, 1),
                    ObjectIdentifier(arcs: 1, 3, 6, 1, 4, 1, 62397, 1, 8),
                ], []
            )
        case .contrast: ([], [ObjectIdentifier(arcs: 1, 3, 9901, 2)])
        case .constellation: ([], [ObjectIdentifier(arcs: 1, 3, 9900)])
        // Not 1.2.840.113741.1.13.1: Intel's SDK repeats the quote there, and it binds nothing.
        case .privasys:
            (
                [
                    ObjectIdentifier(arcs: 1, 2, 840, 113741, 1, 13, 1, 0),
                    ObjectIdentifier(arcs: 1, 2, 840, 113741, 1, 5, 5, 1, 6),
                    ObjectIdentifier(arcs: 1, 3, 6, 1, 4, 1, 65230, 4, 1),
                ], []
            )
        case .occlum: ([ObjectIdentifier(arcs: 1, 2, 840, 113741, 1)], [])
        }
    }

    /// Nil for an extension that carries no evidence.
    package init?(_ identifier: ObjectIdentifier) {
        let encoded = identifier.encoded
        let found = Self.allCases.first { dialect in
            dialect.identifiers.exact.contains(identifier)
                || dialect.identifiers.below.contains {
                    encoded.count > $0.encoded.count && encoded.starts(with: $0.encoded)
                }
        }
        guard let found else { return nil }
        self = found
    }

    /// Whether the extension's value is a quote and nothing else.
    fileprivate var isRawQuote: Bool {
        switch self {
        case .quote, .cosmianTDX, .gramine, .occlum: true
        default: false
        }
    }

    /// Whether the first half of REPORTDATA is about the whole SubjectPublicKeyInfo, and the second is zero.
    fileprivate var bindsKeyInfo: Bool { self == .gramine || self == .occlum }
}

/// One extension with evidence, as read and not yet judged.
public struct EvidenceExtension: Sendable {
    package let identifier: ObjectIdentifier
    /// Whose way it is.
    public let dialect: EvidenceDialect
    /// What could be read of it.
    public let content: Content

    /// What could be read of it.
    public enum Content: Sendable {
        /// A quote, and whether its REPORTDATA binds the certificate's key as its dialect does.
        case quote(Quote, binds: Bool)
        /// A quote that can't be read, or a dialect that isn't judged here.
        case unreadable(String)
    }

    init(_ identifier: ObjectIdentifier, _ dialect: EvidenceDialect, value: [UInt8], beside key: P256Key) {
        self.identifier = identifier
        self.dialect = dialect
        guard dialect.isRawQuote else {
            content = .unreadable("\(dialect.name) isn't judged here")
            return
        }
        do {
            let quote = try Quote(value)
            let data = Array(quote.reportData)
            let bound = dialect.bindsKeyInfo ? Certificate.p256Prefix + key.point : key.point
            let restFits = !dialect.bindsKeyInfo || data.dropFirst(32).allSatisfy { $0 == 0 }
            content = .quote(quote, binds: data.prefix(32).elementsEqual(SHA256.hash(data: bound)) && restFits)
        } catch {
            content = .unreadable("\(error)")
        }
    }
}

extension Quote {
    /// Whether the other is of the same enclave or TD, whatever it says in REPORTDATA: all of the report but that.
    public func isOfSameEnclave(as other: Quote) -> Bool {
        guard layout.tee == other.layout.tee, layout.body == other.layout.body else { return false }
        let dataOffset = layout.body == .sgx ? 320 : 520
        let mine = Array(self[layout.bodyRange]), theirs = Array(other[other.layout.bodyRange])
        return mine[..<dataOffset] == theirs[..<dataOffset]
            && mine[(dataOffset + 64)...] == theirs[(dataOffset + 64)...]
    }
}
