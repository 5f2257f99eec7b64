public import CodeEncryption
public import DCAP
public import Files
public import RATLS
public import RATLSTransport
public import SGXQuote
public import SimulatedProcessor
public import StrictX509

// Stable codes of what the parts below throw, for programs. Files, code, packages, collateral and operations have
// theirs where they are declared.

extension TransportError: CodedError {
    public var code: String {
        switch self {
        case .unreachable, .broken: "network.unreachable"
        case .notListening: "network.notListening"
        case .certificate: "evidence"
        case .refused: "refused"
        case .otherProtocol: "network.protocol"
        case .judging: "judging"
        case .protocolError: "network.protocol"
        }
    }
}

extension AttestedCertificateError: CodedError { public var code: String { "evidence" } }
extension CertificateFileError: CodedError { public var code: String { "file.kind" } }
extension CertificateMakerError: CodedError { public var code: String { "certificate" } }
extension DERError: CodedError { public var code: String { "certificate" } }
extension PEMError: CodedError { public var code: String { "certificate" } }
extension QuoteError: CodedError { public var code: String { "evidence" } }
extension EvidenceInputError: CodedError { var code: String { "evidence" } }
extension TrustAnchorError: CodedError { public var code: String { "file.kind" } }
extension SealedLogError: CodedError { public var code: String { "log" } }
extension AlteredLog: CodedError { public var code: String { "log.altered" } }
extension SimulatorError: CodedError { public var code: String { "simulator" } }
