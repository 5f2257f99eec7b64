internal import AsyncHTTPClient
internal import Files
internal import NIOCore
internal import NIOSSL
internal import Notation
internal import StrictX509

/// The certificates in a file that somebody named for a service's TLS: the service's own, such as a PCCS makes itself,
/// or its authorities'.
public struct NamedCertificates: Sendable {
    private let certificates: [NIOSSLCertificate]
    /// From when to when each is valid, by its bytes.
    private let periods: [[UInt8]: ClosedRange<Timestamp>]

    /// - Parameter path: of a file, PEM or DER.
    /// - Throws: `CollateralError` of kind `malformed` when it holds none.
    public init(_ path: String) throws(CollateralError) {
        do {
            let all = try CertificateFile.certificates(in: Files.read(path, limit: 1 << 20))
            certificates = try all.map { try NIOSSLCertificate(bytes: $0, format: .der) }
            periods = Dictionary(
                zip(all, certificates).map { der, certificate in
                    let start = Timestamp(seconds: Int64(certificate.notValidBefore))
                    return (der, start...max(start, Timestamp(seconds: Int64(certificate.notValidAfter))))
                },
                uniquingKeysWith: { first, _ in first }
            )
        } catch {
            let (problem, isOther) = Self.problem(error)
            throw CollateralError(path, kind: .malformed, problem, mend: isOther ? .nameCertificates : nil)
        }
    }

    /// - Returns: what is wrong, and whether another file was meant.
    private static func problem(_ error: any Error) -> (String, isOther: Bool) {
        switch error {
        case let error as FileError: (error.problem, true)
        case let error as CertificateFileError: ("\(error)", true)
        default: ("holds a certificate that can't be read", false)
        }
    }

    /// Verified in the ordinary way, names included.
    var asAuthorities: HTTPClient.Configuration {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .certificates(certificates)
        return HTTPClient.Configuration(tlsConfiguration: tls)
    }

    /// How a server's own certificate is none to trust.
    enum Mismatch: Error, Hashable, Sendable {
        /// It isn't among those that were named.
        case other
        case expired(since: Timestamp)
        case notYetValid(until: Timestamp)

        /// Nil for another certificate: others may vouch for that.
        var problem: String? {
            switch self {
            case .other: nil
            case .expired(let end):
                """
                its certificate is the one that was named for it, and has expired on \(end); \
                have its owner renew it, and name the new one
                """
            case .notYetValid(let start):
                """
                its certificate is the one that was named for it, and is valid only from \
                \(start) on; is this machine's clock right?
                """
            }
        }
    }

    /// - Parameter now: that somebody named a certificate makes it no younger.
    func mismatch(_ der: [UInt8], now: Timestamp) -> Mismatch? {
        guard let period = periods[der] else { return .other }
        if now > period.upperBound { return .expired(since: period.upperBound) }
        return now < period.lowerBound ? .notYetValid(until: period.lowerBound) : nil
    }

    /// Of a server that shows one of these very certificates, and proves in the handshake that it has its key; nothing
    /// is asked of any other.
    /// - Parameters:
    ///   - now: tells the time.
    ///   - refused: called when the server showed a certificate that isn't trusted as one of these.
    func exactly(
        now: @escaping @Sendable () -> Timestamp,
        refused: @escaping @Sendable (Mismatch) -> Void
    ) -> HTTPClient.Configuration {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.certificateVerification = .none
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls)
        // Only connections of HTTP/1.1 are then made, and the library calls this before a request goes over one.
        configuration.httpVersion = .http1Only
        configuration.http1_1ConnectionDebugInitializer = { [self] channel in
            channel.nioSSL_peerCertificate().flatMapThrowing { certificate in
                guard let der = try certificate?.toDERBytes() else { throw Mismatch.other }
                if let mismatch = mismatch(der, now: now()) { throw mismatch }
            }.flatMapErrorThrowing { error in
                refused(error as? Mismatch ?? .other)
                channel.close(promise: nil)
                throw error
            }
        }
        return configuration
    }
}
