internal import AsyncHTTPClient
internal import Files
internal import NIOCore
internal import NIOSSL
internal import StrictX509

/// The certificates in a file that somebody named for a service's TLS: the service's own, such as a PCCS makes itself,
/// or its authorities'.
public struct NamedCertificates: Sendable {
    private let certificates: [NIOSSLCertificate]
    private let encoded: Set<[UInt8]>

    /// - Parameter path: of a file, PEM or DER.
    /// - Throws: `CollateralError` of kind `malformed` when it holds none.
    public init(_ path: String) throws(CollateralError) {
        do {
            let all = try CertificateFile.certificates(in: Files.read(path, limit: 1 << 20))
            certificates = try all.map { try NIOSSLCertificate(bytes: $0, format: .der) }
            encoded = Set(all)
        } catch let error as FileError {
            throw CollateralError(path, .malformed, "\(error.problem); --collateral-ca takes certificates, PEM or DER")
        } catch let error as CertificateFileError {
            throw CollateralError(path, .malformed, "\(error); --collateral-ca takes certificates, PEM or DER")
        } catch {
            throw CollateralError(path, .malformed, "holds a certificate that can't be read")
        }
    }

    /// Verified in the ordinary way, names included.
    var asAuthorities: HTTPClient.Configuration {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .certificates(certificates)
        return HTTPClient.Configuration(tlsConfiguration: tls)
    }

    /// Of a server that shows one of these very certificates, and proves in the handshake that it has its key; nothing
    /// is asked of any other.
    /// - Parameter other: called when the server showed another certificate.
    func exactly(other: @escaping @Sendable () -> Void) -> HTTPClient.Configuration {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.certificateVerification = .none
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls)
        // Only connections of HTTP/1.1 are then made, and the library calls this before a request goes over one.
        configuration.httpVersion = .http1Only
        configuration.http1_1ConnectionDebugInitializer = { [encoded] channel in
            channel.nioSSL_peerCertificate().flatMapThrowing { certificate in
                guard let der = try certificate?.toDERBytes(), encoded.contains(der) else { throw OtherCertificate() }
            }.flatMapErrorThrowing { error in
                other()
                channel.close(promise: nil)
                throw error
            }
        }
        return configuration
    }

    private struct OtherCertificate: Error {}
}
