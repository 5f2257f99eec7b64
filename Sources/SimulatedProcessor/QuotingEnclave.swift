internal import Crypto
internal import SGXQuote

/// What an enclave is to the processor that launched it.
public struct LaunchedEnclave: Sendable {
    /// 32 bytes.
    public var measurement: [UInt8]
    public var productID: Int
    public var securityVersion: Int
    public var isDebug: Bool

    public init(measurement: [UInt8], productID: Int, securityVersion: Int, isDebug: Bool) {
        self.measurement = measurement
        self.productID = productID
        self.securityVersion = securityVersion
        self.isDebug = isDebug
    }
}

/// Signs reports of launched enclaves as SGX v3 quotes (DCAP SPEC §1).
struct QuotingEnclave {
    static let securityVersion = 8
    let pki: SimulatedPKI

    func quote(_ enclave: LaunchedEnclave, reportData: [UInt8]) throws -> [UInt8] {
        var flags: UInt8 = 0x05  // INIT, MODE64BIT
        if enclave.isDebug { flags |= 0x02 }
        let report = Self.report(
            flags: flags, mrenclave: enclave.measurement, mrsigner: pki.enclaveSigner, product: enclave.productID,
            svn: enclave.securityVersion,
            reportData: reportData)
        let header =
            Self.number(3, 2) + Self.number(2, 2) + Self.number(0, 4) + Self.number(Self.securityVersion, 2)
            + Self.number(SimulatedPKI.pceSVN, 2)
            + Quote.intelQEVendor + pki.ppid + [0, 0, 0, 0]
        let key = Array(pki.attestationKey.publicKey.rawRepresentation)
        let authentication = (0..<32).map { UInt8($0) }
        let binding = Array(SHA256.hash(data: key + authentication)) + [UInt8](repeating: 0, count: 32)
        // The quoting enclave's flags: INIT, PROVISION_KEY, MODE64BIT as its identity says.
        let qeReport = Self.report(
            flags: 0x15, mrenclave: Array(SHA256.hash(data: pki.quotingSigner)), mrsigner: pki.quotingSigner, product: 1,
            svn: Self.securityVersion,
            reportData: binding)
        let chain = pki.pckChain + [0]
        var data = Array(try pki.attestationKey.signature(for: header + report).rawRepresentation)
        data += key + qeReport
        data += Array(try pki.pck.key.signature(for: qeReport).rawRepresentation)
        data += Self.number(authentication.count, 2) + authentication
        data += Self.number(5, 2) + Self.number(chain.count, 4) + chain
        return header + report + Self.number(data.count, 4) + data
    }

    /// 32 bytes that only an enclave of this measurement gets; a debug enclave gets others.
    func sealingSecret(_ enclave: LaunchedEnclave) -> [UInt8] {
        let info = Array("mrenclave".utf8) + enclave.measurement + [enclave.isDebug ? 1 : 0]
        return HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: pki.fuse), salt: Array("mse-simulated-seal".utf8), info: info, outputByteCount: 32
        )
        .withUnsafeBytes { Array($0) }
    }

    private static func number(_ value: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }

    private static func report(flags: UInt8, mrenclave: [UInt8], mrsigner: [UInt8], product: Int, svn: Int, reportData: [UInt8]) -> [UInt8]
    {
        var report = [UInt8](repeating: 0, count: ReportBody.byteCount)
        func put(_ bytes: [UInt8], at offset: Int) { report.replaceSubrange(offset..<(offset + bytes.count), with: bytes) }
        put([UInt8](repeating: SimulatedPKI.platformSVN, count: 16), at: 0)
        put([flags], at: 48)
        put([0x07], at: 56)
        put(mrenclave, at: 64)
        put(mrsigner, at: 128)
        put(number(product, 2), at: 256)
        put(number(svn, 2), at: 258)
        put(reportData, at: 320)
        return report
    }
}
