internal import Files
public import Notation

/// Why collateral could not be had: from where, what happened, and in words what it means.
public struct CollateralError: Error, CodedError, Hashable, CustomStringConvertible {
    /// What happened.
    public enum Kind: Hashable, Sendable {
        /// No connection, no answer in time, or one that broke off.
        case unreachable
        /// The service knows no such platform (404; 461 and 462 of a PCCS).
        case unknown
        /// What is asked for is no longer served (410).
        case gone
        /// Asked too often (429); after so many seconds again, if it says.
        case throttled(retryAfter: Int?)
        /// The service is out of order (5xx).
        case unavailable
        /// The question isn't one that is answered (400, 401 and the rest).
        case refused
        /// The answer, or the file, isn't what it should be.
        case malformed
    }

    /// What helps; how it is done here, whoever asks knows.
    public enum Mend: Hashable, Sendable, CustomStringConvertible {
        /// To name an authority of the service's TLS, or its own certificate.
        case nameAuthority
        /// To name certificates for that, and no other file.
        case nameCertificates
        /// To put the file that names the source right, or to name another source.
        case nameSource

        /// In words that name no place where it is done.
        public var description: String {
            switch self {
            case .nameAuthority: "name its authority, or its own certificate"
            case .nameCertificates: "name certificates, PEM or DER"
            case .nameSource: "mend it, or say where else collateral comes from"
            }
        }
    }

    /// Folder, file or address.
    public var source: String
    /// What happened.
    public var kind: Kind
    /// In words, without the source.
    public var problem: String
    /// Nil where nothing is known that would help.
    public var mend: Mend?

    /// What happened with a source, and in words what it means.
    public init(_ source: String, kind: Kind, _ problem: String, mend: Mend? = nil) {
        self.source = source
        self.kind = kind
        self.problem = problem
        self.mend = mend
    }

    /// Any error of the parts below as one of ours.
    /// - Parameter mend: of a text that isn't what it should be.
    package static func wrapping(_ error: any Error, source: String, mend: Mend? = nil) -> CollateralError {
        switch error {
        case let error as CollateralError: error
        case let error as FileError: CollateralError(source, kind: .malformed, error.problem)
        default: CollateralError(source, kind: .malformed, "\(error)", mend: mend)
        }
    }

    /// Whether the same question may be answered a little later.
    public var isTemporary: Bool {
        switch kind {
        case .unreachable, .throttled, .unavailable: true
        case .unknown, .gone, .refused, .malformed: false
        }
    }

    public var code: String {
        switch kind {
        case .unreachable: "collateral.unreachable"
        case .unknown: "collateral.unknown"
        case .gone: "collateral.gone"
        case .throttled: "collateral.throttled"
        case .unavailable: "collateral.unavailable"
        case .refused: "collateral.refused"
        case .malformed: "collateral.malformed"
        }
    }

    public var description: String { "\(source): \(problem)" + (mend.map { "; \($0)" } ?? "") }
}
