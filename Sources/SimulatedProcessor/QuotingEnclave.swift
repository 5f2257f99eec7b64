internal import Crypto
public import PackageMeasurement
public import SGXQuote

/// What an enclave is to the processor that launched it.
public struct LaunchedEnclave: Sendable {
    public var measurement: FixedBytes<32>
    public var productID: Int
    public var securityVersion: Int
    public var isDebug: Bool

    public init(measurement: FixedBytes<32>, productID: Int, securityVersion: Int, isDebug: Bool) {
        self.measurement = measurement
        self.productID = productID
        self.securityVersion = securityVersion
        self.isDebug = isDebug
    }

    /// - Parameter isDebug: whether it is launched for its operator to look into, where it wasn't packaged so.
    public init(_ enclave: PackageEnclave, isDebug: Bool = false) {
        self.init(
            measurement: enclave.measurement,
            productID: enclave.productID,
            securityVersion: enclave.securityVersion,
            isDebug: enclave.isDebug || isDebug
        )
    }
}

/// Signs reports of launched enclaves as SGX v3 quotes (DCAP quote library reference, appendix A).
struct QuotingEnclave {
    static let securityVersion = 8
    let pki: SimulatedPKI

    func quote(_ enclave: LaunchedEnclave, reportData: [UInt8]) throws -> [UInt8] {
        let authentication = (0..<32).map { UInt8($0) }
        let key = pki.attestationKey.publicKey.rawRepresentation
        var header = QuoteHeader(version: 3, tee: .sgx)
        header.qeSVN = UInt16(Self.securityVersion)
        header.pceSVN = UInt16(SimulatedPKI.pceSVN)
        header.userData.replace(at: 0, with: pki.ppid)
        let report = Self.report(
            enclave.isDebug ? [.initialised, .mode64Bit, .debug] : [.initialised, .mode64Bit],
            mrenclave: enclave.measurement,
            mrsigner: pki.enclaveSigner,
            product: enclave.productID,
            svn: enclave.securityVersion,
            reportData: reportData
        )
        let qeReport = Self.report(
            [.initialised, .mode64Bit, .provisionKey],
            mrenclave: Self.digest(of: pki.quotingSigner),
            mrsigner: pki.quotingSigner,
            product: 1,
            svn: Self.securityVersion,
            reportData: Array(SHA256.hash(data: key + authentication))
        )
        var quote = QuoteContents(
            header: header,
            body: .enclave(report),
            qeReport: qeReport,
            authenticationData: authentication,
            certificationData: pki.pckChain + [0]
        )
        quote.attestationKey.replace(at: 0, with: key)
        quote.signature.replace(at: 0, with: try pki.attestationKey.signature(for: quote.signedBytes).rawRepresentation)
        quote.qeReportSignature.replace(
            at: 0,
            with: try pki.pck.key.signature(for: Array(qeReport.bytes)).rawRepresentation
        )
        return quote.encoded
    }

    /// 32 bytes that only an enclave of this measurement gets; a debug enclave gets others.
    func sealingSecret(_ enclave: LaunchedEnclave) -> [UInt8] {
        let info = Array("mrenclave".utf8) + enclave.measurement.array + [enclave.isDebug ? 1 : 0]
        return HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: pki.fuse),
            salt: Array("mse-simulated-seal".utf8),
            info: info,
            outputByteCount: 32
        )
        .withUnsafeBytes { Array($0) }
    }

    private static func digest(of bytes: [UInt8]) -> FixedBytes<32> {
        var digest = FixedBytes<32>()
        digest.replace(at: 0, with: Array(SHA256.hash(data: bytes)))
        return digest
    }

    private static func report(
        _ attributes: EnclaveAttributes,
        mrenclave: FixedBytes<32>,
        mrsigner: [UInt8],
        product: Int,
        svn: Int,
        reportData: [UInt8]
    ) -> ReportBody {
        var report = ReportBody()
        report.cpuSVN = FixedBytes(repeating: SimulatedPKI.platformSVN)
        report.attributes = attributes
        report.xfrm = ExtendedFeatures(rawValue: 7)
        report.mrenclave = mrenclave
        report.mrsigner.replace(at: 0, with: mrsigner)
        report.productID = UInt16(product)
        report.securityVersion = UInt16(svn)
        report.reportData.replace(at: 0, with: reportData)
        return report
    }
}
