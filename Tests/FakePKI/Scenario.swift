internal import Crypto
internal import DCAP
internal import Notation
internal import SGXQuote
internal import StrictX509

/// A platform, its PKI, its collateral and one quote, all made up: what a test turns before everything is signed.
struct Scenario {
    static let now = Timestamp(seconds: 1_751_600_000)
    private static let keys = (0..<6).map { _ in P256.Signing.PrivateKey() }
    static let rootKey = keys[0], authorityKey = keys[1], pckKey = keys[2], signerKey = keys[3],
        attestationKey = keys[4],
        strangerKey = keys[5]

    static func name(_ suffix: String, maker: String = "Test") -> [(ObjectIdentifier, String)] {
        [
            (DistinguishedName.commonName, "\(maker) \(suffix)"),
            (ObjectIdentifier(arcs: 2, 5, 4, 10), "Test Corporation"),
            (ObjectIdentifier(arcs: 2, 5, 4, 7), "Nowhere"), (ObjectIdentifier(arcs: 2, 5, 4, 8), "XX"),
            (ObjectIdentifier(arcs: 2, 5, 4, 6), "XX"),
        ]
    }

    // Certificates.
    var root: FakeCertificate
    var authority: FakeCertificate
    var pck: FakeCertificate
    var signer: FakeCertificate
    var platform = FakePlatform()
    /// Which certificate is trusted; nil is the root.
    var trusted: FakeCertificate?
    /// Changes the PEM texts.
    var pckText: ([String]) -> String = { $0.joined() }
    var signingText: ([String]) -> String = { $0.joined() }
    var carriesSGXExtension = true

    // Collateral.
    var rootCRL: FakeList
    var pckCRL: FakeList
    var tcbInfo: FakeTCBInfo
    var tcbDocument = FakeDocument(member: "tcbInfo", key: signerKey)
    var qeIdentity: FakeQEIdentity
    var qeDocument = FakeDocument(member: "enclaveIdentity", key: signerKey)
    var delivery: (inout Collateral) -> Void = { _ in }

    // The quote.
    var contents: QuoteContents
    /// Changes the quoting enclave's report before the PCK signs it.
    var qeReport: (inout ReportBody) -> Void = { _ in }
    /// Changes the quote after everything was signed.
    var quote: (inout QuoteContents) -> Void = { _ in }
    var time = now

    /// - Parameter version: of the quote; nil is the usual one for the body.
    init(_ kind: QuoteLayout.BodyKind = .sgx, version: UInt16? = nil) {
        func certificate(
            _ suffix: String,
            _ key: P256.Signing.PrivateKey,
            by issuer: P256.Signing.PrivateKey,
            named issuerName: String,
            serial: UInt8,
            _ extensions: [FakeCertificate.Extension]
        ) -> FakeCertificate {
            FakeCertificate(
                serial: [serial, 1, 2],
                issuer: Self.name(issuerName),
                notBefore: Self.now - .seconds(86400),
                notAfter: Self.now + .seconds(365 * 86400),
                subject: Self.name(suffix),
                key: key,
                extensions: extensions,
                issuerKey: issuer
            )
        }
        let rootName = "SGX Root CA", authorityName = "SGX PCK Platform CA"
        root = certificate(
            rootName,
            Self.rootKey,
            by: Self.rootKey,
            named: rootName,
            serial: 1,
            FakeCertificate.extensions(isCA: true, pathLength: 1)
        )
        authority = certificate(
            authorityName,
            Self.authorityKey,
            by: Self.rootKey,
            named: rootName,
            serial: 2,
            FakeCertificate.extensions(isCA: true, pathLength: 0)
        )
        pck = certificate(
            "SGX PCK Certificate",
            Self.pckKey,
            by: Self.authorityKey,
            named: authorityName,
            serial: 3,
            FakeCertificate.extensions(isCA: false)
        )
        signer = certificate(
            "SGX TCB Signing",
            Self.signerKey,
            by: Self.rootKey,
            named: rootName,
            serial: 4,
            FakeCertificate.extensions(isCA: false)
        )
        let issued = Self.now - .seconds(3600), next = Self.now + .seconds(29 * 86400)
        rootCRL = FakeList(issuer: Self.name(rootName), thisUpdate: issued, nextUpdate: next, key: Self.rootKey)
        pckCRL = FakeList(
            issuer: Self.name(authorityName),
            thisUpdate: issued,
            nextUpdate: next,
            key: Self.authorityKey
        )
        tcbInfo = FakeTCBInfo(issueDate: issued, nextUpdate: next)
        qeIdentity = FakeQEIdentity(issueDate: issued, nextUpdate: next)

        let version = version ?? (kind == .sgx ? 3 : kind == .td10 ? 4 : 5)
        let header = QuoteHeader(version: version, tee: kind == .sgx ? .sgx : .tdx)
        var qe = ReportBody()
        qe.attributes = [.initialised, .mode64Bit, .provisionKey]
        qe.mrsigner = FixedBytes(repeating: 0x8C)
        qe.productID = 1
        qe.securityVersion = 8
        if kind == .sgx {
            var report = ReportBody()
            report.attributes = [.initialised, .mode64Bit]
            report.mrenclave = FixedBytes(repeating: 0xAB)
            report.reportData = FixedBytes(repeating: 0xCD)
            contents = QuoteContents(header: header, body: .enclave(report), qeReport: qe)
        } else {
            var report = TDReport(kind: kind)
            report.attributes = .septVEDisable
            report.mrtd = FixedBytes(repeating: 0xAB)
            report.teeTCBSVN = Self.svn(5, 1)
            report.teeTCBSVN2 = Self.svn(5, 1)
            qe.productID = 2
            contents = QuoteContents(header: header, body: .td(report), qeReport: qe)
            tcbInfo.id = "TDX"
            tcbInfo.module = FakeModuleIdentity(id: "", levels: [])
            tcbInfo.identities = [FakeModuleIdentity(id: "TDX_01", levels: [FakeEnclaveLevel(svn: 4)])]
            tcbInfo.levels = [FakeLevel(tdx: [Int](repeating: 0, count: 16))]
            qeIdentity.id = "TD_QE"
            qeIdentity.productID = 2
        }
        contents.authenticationData = (0..<32).map { UInt8($0) }
        contents.attestationKey.replace(at: 0, with: Self.attestationKey.publicKey.rawRepresentation)
    }

    static func svn(_ module: UInt8, _ version: UInt8) -> TEETCBSVN {
        var bytes = FixedBytes<16>(repeating: 9)
        bytes[0] = module
        bytes[1] = version
        return TEETCBSVN(bytes)
    }

    /// PCK, PCK CA, root as PEM, for beside a quote that carries none.
    var pckChain: [UInt8] {
        var pck = pck
        pck.extensions.append(FakeCertificate.Extension(identifier: PCKExtension.identifier, value: platform.value))
        return Array((pck.pem + authority.pem + root.pem).utf8)
    }

    mutating func td(_ change: (inout TDReport) -> Void) {
        guard case .td(var report) = contents.body else { return }
        change(&report)
        contents.body = .td(report)
    }

    /// Signed, and ready to be examined.
    struct Made {
        var bytes: [UInt8]
        var collateral: Collateral
        var anchor: TrustAnchor
        var time: Timestamp

        func examine() throws -> Examination {
            QuoteExaminer(anchor: anchor).examine(try Quote(bytes), with: collateral, at: time)
        }
    }

    func make() throws -> Made {
        var pck = pck
        if carriesSGXExtension {
            pck.extensions.append(FakeCertificate.Extension(identifier: PCKExtension.identifier, value: platform.value))
        }
        var contents = contents
        var binding = SHA256()
        binding.update(data: Array(contents.attestationKey) + contents.authenticationData)
        contents.qeReport.reportData.replace(at: 0, with: Array(binding.finalize()))
        qeReport(&contents.qeReport)
        contents.qeReportSignature.replace(
            at: 0,
            with: try pck.key.signature(for: Array(contents.qeReport.bytes)).rawRepresentation
        )
        if contents.certificationData.isEmpty {
            contents.certificationData = Array(pckText([pck.pem, authority.pem, root.pem]).utf8)
        }
        contents.signature.replace(
            at: 0,
            with: try Self.attestationKey.signature(for: contents.signedBytes).rawRepresentation
        )
        quote(&contents)
        let chain = Array(signingText([signer.pem, root.pem]).utf8)
        var collateral = Collateral(
            rootCRL: rootCRL.der,
            pckCRL: pckCRL.der,
            tcbInfo: tcbDocument.delivered(tcbInfo.text),
            qeIdentity: qeDocument.delivered(qeIdentity.text),
            tcbInfoChain: chain,
            qeIdentityChain: chain
        )
        delivery(&collateral)
        return Made(
            bytes: contents.encoded,
            collateral: collateral,
            anchor: try TrustAnchor(root: Certificate((trusted ?? root).der)),
            time: time
        )
    }

    func examine() throws -> Examination { try make().examine() }

    func codes() throws -> Set<String> { Set(try examine().reasons.map(\.code.name)) }
}
