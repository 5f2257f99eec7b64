import Crypto
import DCAP
import Notation
import SGXQuote
import StrictX509
import Testing

@testable import FakePKI

/// One thing wrong in an otherwise good scenario, and the codes that must be found: these and no others.
struct Wrong: Sendable, CustomTestStringConvertible {
    var codes: Set<String>
    var what: String
    var kind = QuoteLayout.BodyKind.sgx
    var turn: @Sendable (inout Scenario) -> Void

    init(
        _ codes: String...,
        what: String,
        kind: QuoteLayout.BodyKind = .sgx,
        turn: @escaping @Sendable (inout Scenario) -> Void
    ) {
        self.codes = Set(codes)
        self.what = what
        self.kind = kind
        self.turn = turn
    }

    var testDescription: String { what }
}

@Suite("Every objection")
struct ObjectionTests {
    private typealias Identifier = FakeCertificate.Identifier
    private static let now = Scenario.now

    @Test(
        "nothing wrong: genuine, with a status",
        arguments: [(.sgx, 3), (.sgx, 4), (.sgx, 5), (.td10, 4), (.td10, 5), (.td15, 5), (.td15Extended, 5)]
            as [(QuoteLayout.BodyKind, UInt16)]
    )
    func plain(kind: QuoteLayout.BodyKind, version: UInt16) throws {
        let result = try Scenario(kind, version: version).examine()
        #expect(result.reasons.isEmpty, "\(result.reasons)")
        #expect(result.status == .upToDate && result.evaluationDataNumber == 17)
        #expect(
            result.validUntil == Self.now + .seconds(29 * 86400) && result.earliestIssue == Self.now - .seconds(3600)
        )
    }

    // MARK: Quote and quoting enclave

    static let quotes: [Wrong] = [
        Wrong("quote.vendor", what: "another vendor, signed") {
            $0.contents.header.qeVendor = FixedBytes(repeating: 7)
        },
        Wrong("quote.attestationKey", what: "an attestation key off the curve, bound") {
            $0.contents.attestationKey[63] ^= 1
        },
        Wrong("quote.attestationKey", what: "an attestation key of zeros, bound") {
            $0.contents.attestationKey = FixedBytes()
        },
        Wrong("quote.signature", what: "a signature of zeros") { $0.quote = { $0.signature = FixedBytes() } },
        Wrong("quote.signature", what: "r = 0") {
            $0.quote = { $0.signature.replace(at: 0, with: [UInt8](repeating: 0, count: 32)) }
        },
        Wrong("quote.signature", what: "s = 0") {
            $0.quote = { $0.signature.replace(at: 32, with: [UInt8](repeating: 0, count: 32)) }
        },
        Wrong("quote.signature", what: "r = s = n") { scenario in
            scenario.quote = { $0.signature.replace(at: 0, with: ObjectionTests.order + ObjectionTests.order) }
        },
        Wrong("quote.signature", what: "another report than was signed") { scenario in
            scenario.quote = {
                guard case .enclave(var report) = $0.body else { return }
                report.mrenclave[0] ^= 1
                $0.body = .enclave(report)
            }
        },
        Wrong("quote.signature", what: "user data changed after signing") {
            $0.quote = { $0.header.userData[19] ^= 1 }
        },
        Wrong("qe.signature", what: "a report of the quoting enclave that the PCK didn't sign") {
            $0.quote = { $0.qeReport.cpuSVN[0] ^= 1 }
        },
        Wrong("qe.signature", what: "the quoting enclave's report signed by somebody else") { scenario in
            scenario.quote = { quote in
                let raw = Scenario.strangerKey.rawSignature(over: Array(quote.qeReport.bytes))
                quote.qeReportSignature.replace(at: 0, with: raw)
            }
        },
        Wrong("qe.binding", what: "another key bound") { $0.qeReport = { $0.reportData[0] ^= 1 } },
        Wrong("qe.binding", what: "the second half of the binding isn't zero") {
            $0.qeReport = { $0.reportData[63] = 1 }
        },
        Wrong("qe.binding", what: "other authentication data than were bound") {
            $0.quote = { $0.authenticationData[0] ^= 1 }
        },
        Wrong("qe.identity", what: "MISCSELECT under the mask") {
            $0.contents.qeReport.miscSelect = MiscSelect(rawValue: 1)
        },
        Wrong("qe.identity", what: "MISCSELECT in the report's byte order") {
            $0.qeIdentity.miscSelectMask = "000000FF"
            $0.contents.qeReport.miscSelect = MiscSelect(rawValue: 1 << 24)
        },
        Wrong("qe.identity", what: "ATTRIBUTES under the mask") { $0.contents.qeReport.attributes.insert(.kss) },
        Wrong("qe.identity", what: "MRSIGNER") { $0.contents.qeReport.mrsigner[31] ^= 1 },
        Wrong("qe.identity", what: "product id") { $0.contents.qeReport.productID = 2 },
        Wrong("qe.debug", what: "a debug quoting enclave, whatever the mask says") {
            $0.qeIdentity.attributesMask = "F9FFFFFFFFFFFFFF0000000000000000"
            $0.contents.qeReport.attributes.insert(.debug)
        },
        Wrong("collateral.missing", "tcb.noLevel", what: "see the test of its own") { _ in },
    ]

    static let order: [UInt8] = [
        0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xBC, 0xE6, 0xFA, 0xAD,
        0xA7, 0x17, 0x9E, 0x84,
        0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51,
    ]

    // MARK: Certificates

    private static func extend(
        _ certificate: inout FakeCertificate,
        critical: Bool,
        _ identifier: ObjectIdentifier = Identifier.unknown
    ) {
        certificate.extensions.append(.init(identifier: identifier, isCritical: critical, value: DER.octets([1])))
    }

    private static func explicitCurve(_ key: P256.Signing.PrivateKey) -> [UInt8] {
        let prime =
            [0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 1] + [UInt8](repeating: 0, count: 12)
            + [UInt8](repeating: 0xFF, count: 12)
        let field = DER.sequence(DER.identifier(ObjectIdentifier(arcs: 1, 2, 840, 10045, 1, 1)), DER.integer(prime))
        let parameters = DER.sequence(DER.integer(1), field, DER.integer(order))
        return DER.sequence(
            DER.sequence(DER.identifier(ObjectIdentifier(arcs: 1, 2, 840, 10045, 2, 1)), parameters),
            DER.bits(Array(key.publicKey.x963Representation))
        )
    }

    private static func compressed(_ key: P256.Signing.PrivateKey) -> [UInt8] {
        DER.sequence(
            DER.sequence(
                DER.identifier(ObjectIdentifier(arcs: 1, 2, 840, 10045, 2, 1)),
                DER.identifier(ObjectIdentifier(arcs: 1, 2, 840, 10045, 3, 1, 7))
            ),
            DER.bits(Array(key.publicKey.compressedRepresentation))
        )
    }

    static let certificates: [Wrong] = [
        Wrong("certificate.malformed", what: "X.509 version 1") { $0.pck.version = nil },
        Wrong("certificate.malformed", what: "signature algorithms that differ") {
            $0.pck.outerAlgorithm = FakeCertificate.sha384
        },
        Wrong("certificate.malformed", what: "SHA-384") { $0.authority.algorithm = FakeCertificate.sha384 },
        Wrong("certificate.malformed", what: "an explicit curve (CVE-2020-0601)") {
            $0.pck.publicKey = explicitCurve(Scenario.pckKey)
        },
        Wrong("certificate.malformed", what: "a compressed point") {
            $0.authority.publicKey = compressed(Scenario.authorityKey)
        },
        Wrong("certificate.malformed", what: "a byte behind the certificate") { $0.pck.trailing = [0] },
        Wrong("certificate.malformed", what: "one extension twice") { $0.pck.extensions.append($0.pck.extensions[0]) },
        Wrong("certificate.malformed", what: "two SGX extensions") {
            $0.pck.extensions.append(.init(identifier: PCKExtension.identifier, value: $0.platform.value))
        },
        Wrong("certificate.malformed", what: "a default that is written out") {
            $0.pck.extensions[0].spellsDefault = true
        },
        Wrong("certificate.malformed", what: "a serial number of 21 octets") {
            $0.pck.serial = [UInt8](repeating: 0x11, count: 21)
        },
        Wrong("certificate.malformed", what: "serial number 0") { $0.pck.serial = [0] },
        Wrong("certificate.malformed", what: "text between the certificates") {
            $0.pckText = { $0.joined(separator: "text\n") }
        },
        Wrong("certificate.malformed", what: "another block in the PEM text") {
            $0.pckText = { $0.joined() + "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n" }
        },
        Wrong("certificate.malformed", what: "a blank within the base64") {
            $0.pckText = { $0.joined().replacing("\nMII", with: "\n MII") }
        },
        Wrong("certificate.malformed", what: "two NULs at the end") { $0.pckText = { $0.joined() + "\0\0" } },
        Wrong("certificate.malformed", what: "a NUL in a file of collateral") {
            $0.signingText = { $0.joined() + "\0" }
        },
        Wrong("certificate.malformed", what: "text in the signing chain") { $0.signingText = { "x" + $0.joined() } },
        Wrong("certificate.chain", what: "the PCK CA twice") {
            $0.pckText = { [$0[0], $0[1], $0[1], $0[2]].joined() }
        },
        Wrong("certificate.chain", what: "no root in the chain") { $0.pckText = { $0[0] + $0[1] } },
        Wrong("certificate.chain", what: "three certificates where two sign") {
            $0.signingText = { $0[0] + $0[1] + $0[1] }
        },
        Wrong("certificate.chain", what: "a quote without a chain, and none beside it") {
            $0.contents.certificationKind = .ppidClear
            $0.contents.certificationData = [UInt8](repeating: 0, count: 36)
        },
        Wrong("certificate.chain", what: "another leaf in the quote than in the chain beside it") { scenario in
            scenario.contents.certificationKind = .leaf
            scenario.contents.certificationData = Array(scenario.pck.pem.utf8)
            let other = Scenario()
            scenario.delivery = { $0.pckChain = other.pckChain }
        },
        Wrong(
            "certificate.root",
            "crl.signature",
            "certificate.signature",
            what: "a root with the right name and another key"
        ) {
            scenario in
            scenario.trusted = scenario.root
            scenario.root.key = Scenario.strangerKey
            scenario.root.issuerKey = Scenario.strangerKey
            scenario.rootCRL.key = Scenario.strangerKey
        },
        Wrong("certificate.signature", what: "the root's own signature changed, its key as pinned") { scenario in
            scenario.trusted = scenario.root
            scenario.root.issuerKey = Scenario.strangerKey
        },
        Wrong("certificate.name", "certificate.issuer", "crl.issuer", what: "a CA of another name") {
            $0.authority.subject = Scenario.name("SGX Other CA")
        },
        Wrong("certificate.name", what: "a PCK of another maker") {
            $0.pck.subject = Scenario.name("SGX PCK Certificate", maker: "Toast")
        },
        Wrong("certificate.name", what: "a PCK with an attribute more") {
            $0.pck.subject.append((ObjectIdentifier(arcs: 2, 5, 4, 11), "Unit"))
        },
        Wrong("certificate.name", what: "documents signed by who has the PCK's name") {
            $0.signer.subject = Scenario.name("SGX PCK Certificate")
        },
        Wrong("certificate.issuer", what: "a PCK that names the root as its issuer") {
            $0.pck.issuer = Scenario.name("SGX Root CA")
        },
        Wrong("certificate.signature", what: "a PCK signed by the root") { $0.pck.issuerKey = Scenario.rootKey },
        Wrong("certificate.signature", what: "a TCB signer that signed itself") {
            $0.signer.issuerKey = Scenario.signerKey
        },
        Wrong("certificate.constraints", what: "a PCK CA that is no CA") {
            $0.authority[Identifier.basicConstraints] = DER.sequence()
        },
        Wrong("certificate.constraints", what: "a PCK that is a CA") {
            $0.pck[Identifier.basicConstraints] = FakeCertificate.constraints(nil)
        },
        Wrong("certificate.constraints", what: "a root that may have no CA below it") {
            $0.root[Identifier.basicConstraints] = FakeCertificate.constraints(0)
        },
        Wrong("certificate.constraints", what: "no constraints") { $0.signer.remove(Identifier.basicConstraints) },
        Wrong("certificate.constraints", what: "a PCK CA that may not sign certificates") {
            $0.authority[Identifier.keyUsage] = DER.element(0x03, [0x01, 0x02])
        },
        Wrong("certificate.constraints", what: "a PCK that may do more than sign") {
            $0.pck[Identifier.keyUsage] = DER.element(0x03, [0x05, 0xE0])
        },
        Wrong("certificate.constraints", what: "key usage that isn't critical") {
            $0.pck.extensions[2].isCritical = false
        },
        Wrong("certificate.constraints", what: "an unknown critical extension") { extend(&$0.pck, critical: true) },
        Wrong("certificate.constraints", what: "an authority key identifier that is critical") {
            $0.pck.extensions[0].isCritical = true
        },
        Wrong("certificate.revoked", what: "the PCK is revoked") { $0.pckCRL.entries = [($0.pck.serial, [])] },
        Wrong("certificate.revoked", what: "the PCK CA is revoked") {
            $0.rootCRL.entries = [($0.authority.serial, [])]
        },
        Wrong("certificate.revoked", what: "the TCB signer is revoked, with a reason") {
            let reason = FakeCertificate.Extension(
                identifier: ObjectIdentifier(arcs: 2, 5, 29, 21),
                value: DER.element(0x0A, [1])
            )
            $0.rootCRL.entries = [([9], []), ($0.signer.serial, [reason])]
        },
        Wrong("certificate.notYetValid", what: "a PCK of tomorrow") { $0.pck.notBefore = now + .seconds(1) },
        Wrong("certificate.notYetValid", what: "a root of tomorrow") { $0.root.notBefore = now + .seconds(1) },
        Wrong("certificate.expired", what: "a PCK of yesterday") { $0.pck.notAfter = now - .seconds(1) },
        Wrong("certificate.expired", what: "a TCB signer of yesterday") { $0.signer.notAfter = now - .seconds(1) },
        Wrong("certificate.expired", what: "a PCK CA of yesterday") { $0.authority.notAfter = now - .seconds(1) },
    ]

    // MARK: The SGX extension

    static let platforms: [Wrong] = [
        Wrong("pck.extension", what: "none") { $0.carriesSGXExtension = false },
        Wrong("pck.extension", what: "in the CA") {
            $0.authority.extensions.append(.init(identifier: PCKExtension.identifier, value: $0.platform.value))
        },
        Wrong("pck.extension", what: "critical") {
            $0.carriesSGXExtension = false
            $0.pck.extensions.append(
                .init(identifier: PCKExtension.identifier, isCritical: true, value: $0.platform.value)
            )
        },
        Wrong("pck.extension", what: "component 256") { $0.platform.components[3] = [1, 0] },
        Wrong("pck.extension", what: "component -1") { $0.platform.components[3] = [0xFF] },
        Wrong("pck.extension", what: "a padded component") { $0.platform.components[3] = [0, 13] },
        Wrong("pck.extension", what: "an empty component") { $0.platform.components[3] = [] },
        Wrong("pck.extension", what: "PCESVN 65536") { $0.platform.pceSVN = [1, 0, 0] },
        Wrong("pck.extension", what: "CPUSVN that differs") { $0.platform.cpuSVN[15] ^= 1 },
        Wrong("pck.extension", what: "15 components") { $0.platform.components.removeLast() },
        Wrong("pck.extension", what: "FMSPC of five bytes") { $0.platform.fmspc.removeLast() },
        Wrong("pck.extension", what: "PPID twice") {
            $0.platform.more = [$0.platform.member(1, DER.octets($0.platform.ppid))]
        },
        Wrong("pck.extension", what: "an unknown member twice") {
            $0.platform.more = [$0.platform.member(99, DER.integer(1)), $0.platform.member(99, DER.integer(1))]
        },
        Wrong("pck.extension", what: "SGX type 3") { $0.platform.sgxType = 3 },
        Wrong("pck.extension", what: "a BOOLEAN of 01") { $0.platform.configuration?[1] = [1] },
        Wrong("pck.extension", what: "no TCB") { $0.platform.leavesOut = [2] },
    ]

    // MARK: Lists

    private static func extend(_ list: inout FakeList, _ identifier: ObjectIdentifier, critical: Bool) {
        list.extensions.append(.init(identifier: identifier, isCritical: critical, value: DER.sequence()))
    }

    static let lists: [Wrong] = [
        Wrong("crl.malformed", what: "version 1") { $0.pckCRL.version = nil },
        Wrong("crl.malformed", what: "a byte behind the list") { $0.pckCRL.trailing = [0] },
        Wrong("crl.malformed", what: "algorithms that differ") { $0.rootCRL.outerAlgorithm = FakeCertificate.sha384 },
        Wrong("crl.malformed", what: "no nextUpdate") { $0.pckCRL.nextUpdate = nil },
        Wrong("crl.malformed", what: "no CRL number") { $0.pckCRL.extensions = [] },
        Wrong("crl.malformed", what: "a delta") {
            extend(&$0.pckCRL, ObjectIdentifier(arcs: 2, 5, 29, 27), critical: true)
        },
        Wrong("crl.malformed", what: "a partial list") {
            extend(&$0.pckCRL, ObjectIdentifier(arcs: 2, 5, 29, 28), critical: false)
        },
        Wrong("crl.malformed", what: "an unknown critical extension") {
            extend(&$0.rootCRL, Identifier.unknown, critical: true)
        },
        Wrong("crl.malformed", what: "an entry with an unknown critical extension") {
            $0.pckCRL.entries = [([9], [.init(identifier: Identifier.unknown, isCritical: true, value: [])])]
        },
        Wrong("crl.malformed", what: "an entry of another issuer, whose extension isn't critical") {
            $0.pckCRL.entries = [
                ([9], [.init(identifier: ObjectIdentifier(arcs: 2, 5, 29, 29), value: DER.sequence())])
            ]
        },
        Wrong("crl.malformed", what: "two lists in hexadecimal") {
            $0.delivery = { $0.pckCRL = Array((Hex.text($0.pckCRL) + "\n30").utf8) }
        },
        Wrong("crl.malformed", what: "no list at all") { $0.delivery = { $0.rootCRL = Array("<html>".utf8) } },
        Wrong("crl.issuer", what: "the list of the other CA") {
            $0.pckCRL.issuer = Scenario.name("SGX PCK Processor CA")
        },
        Wrong("crl.issuer", what: "the two lists exchanged") { $0.delivery = { $0.pckCRL = $0.rootCRL } },
        Wrong("crl.issuer", what: "a root CRL of another root's name") {
            $0.rootCRL.issuer = Scenario.name("SGX Root CA", maker: "Toast")
        },
        Wrong("crl.signature", what: "signed by somebody else") { $0.pckCRL.key = Scenario.strangerKey },
        Wrong("crl.signature", what: "the PCK CRL signed by the root") { $0.pckCRL.key = Scenario.rootKey },
        Wrong("crl.signature", what: "the root CRL signed by the PCK CA") { $0.rootCRL.key = Scenario.authorityKey },
        Wrong("crl.notYetValid", what: "of tomorrow") { $0.pckCRL.thisUpdate = now + .seconds(1) },
        Wrong("crl.expired", what: "of last month") { $0.rootCRL.nextUpdate = now - .seconds(1) },
    ]

    // MARK: Documents

    static let documents: [Wrong] = [
        Wrong("document.signature", what: "signed by the PCK CA's key") { $0.tcbDocument.key = Scenario.authorityKey },
        Wrong("document.signature", what: "QE identity signed by somebody else (CVE-2026-22696)") {
            $0.qeDocument.key = Scenario.strangerKey
        },
        Wrong("document.signature", what: "blanks put in after signing") {
            $0.tcbDocument.frame = { "{\"tcbInfo\":\($0.replacing(",", with: ", ")),\"signature\":\"\($1)\"}" }
        },
        Wrong("document.signature", what: "a status changed after signing") {
            $0.tcbDocument.frame = {
                "{\"tcbInfo\":\($0.replacing("\"UpToDate\"", with: "\"OutOfDate\"")),\"signature\":\"\($1)\"}"
            }
        },
        Wrong("document.version", what: "TCB info of version 2") { $0.tcbInfo.version = 2 },
        Wrong("document.version", what: "QE identity of version 1") { $0.qeIdentity.version = 1 },
        Wrong("document.kind", what: "identity of the QVE") { $0.qeIdentity.id = "QVE" },
        Wrong("document.kind", "qe.identity", what: "identity of the TD QE for SGX") {
            $0.qeIdentity.id = "TD_QE"
            $0.qeIdentity.productID = 2
        },
        Wrong("document.kind", "tcb.noLevel", "tdx.module", what: "TCB info of SGX for a TD", kind: .td10) {
            $0.tcbInfo.id = "SGX"
            $0.tcbInfo.module = nil
            $0.tcbInfo.identities = nil
            $0.tcbInfo.levels = [FakeLevel()]
        },
        Wrong("document.platform", what: "another FMSPC") { $0.tcbInfo.fmspc = "00906ED50001" },
        Wrong("document.platform", what: "another PCEID") { $0.tcbInfo.pceID = "0001" },
        Wrong("document.notYetValid", what: "TCB info of tomorrow") { $0.tcbInfo.issueDate = now + .seconds(1) },
        Wrong("document.expired", what: "QE identity of last month") { $0.qeIdentity.nextUpdate = now - .seconds(1) },
        Wrong("tcb.type", what: "another way to compare") { $0.tcbInfo.tcbType = 1 },
        Wrong("tcb.noLevel", what: "no level is low enough") { $0.tcbInfo.levels[0].sgx[15] = 99 },
        Wrong("tcb.noLevel", what: "PCESVN too low") { $0.tcbInfo.levels[0].pceSVN = 14 },
        Wrong("tcb.noLevel", what: "no level of the quoting enclave") { $0.qeIdentity.levels[0].svn = 9 },
        Wrong("tcb.noLevel", what: "module SVN below every level", kind: .td10) {
            $0.td { $0.teeTCBSVN = Scenario.svn(3, 1) }
        },
        Wrong("tcb.noLevel", what: "a current module that nobody knows", kind: .td15) {
            $0.td { $0.teeTCBSVN2 = Scenario.svn(5, 2) }
        },
        Wrong("tdx.module", "tcb.noLevel", what: "a module that nobody knows", kind: .td10) {
            $0.td { $0.teeTCBSVN = Scenario.svn(5, 2) }
        },
        Wrong("tdx.module", what: "another signer of the module", kind: .td10) { $0.td { $0.mrsignerseam[0] = 1 } },
        Wrong("tdx.module", what: "SEAMATTRIBUTES", kind: .td10) { $0.td { $0.seamAttributes = 1 } },
        Wrong("tdx.module", what: "attributes of the module that Intel would allow under its mask", kind: .td10) {
            $0.tcbInfo.identities?[0].attributes = "0100000000000000"
        },
        Wrong("tdx.module", what: "the module without an identity has another signer", kind: .td10) {
            $0.td { $0.teeTCBSVN = Scenario.svn(5, 0) }
            $0.tcbInfo.module?.mrsigner = String(repeating: "01", count: 48)
        },
    ]

    /// What is wrong with the text of TCB info, signed as it is.
    static let texts: [Wrong] = {
        func signed(_ what: String, kind: QuoteLayout.BodyKind = .sgx, _ edit: @escaping @Sendable (String) -> String)
            -> Wrong
        {
            Wrong("document.malformed", what: what, kind: kind) { $0.tcbDocument.edit = edit }
        }
        func framed(_ what: String, _ frame: @escaping @Sendable (String, String) -> String) -> Wrong {
            Wrong("document.malformed", what: what) { $0.tcbDocument.frame = frame }
        }
        func replacing(_ what: String, _ old: String, _ new: String, kind: QuoteLayout.BodyKind = .sgx) -> Wrong {
            signed(what, kind: kind) { text in
                guard let range = text.firstRange(of: old) else { return "\(old) isn't there" }
                return text[..<range.lowerBound] + new + text[range.upperBound...]
            }
        }
        return [
            replacing("a member twice", "\"tcbType\":0", "\"tcbType\":0,\"tcbType\":0"),
            replacing("a member twice, once with an escape", "\"tcbType\":0", "\"tcbType\":0,\"tcb\\u0054ype\":0"),
            replacing("an svn twice in a component", "{\"svn\":0", "{\"svn\":0,\"svn\":0"),
            replacing("a long unknown member twice", "\"tcbType\":0", "\"tcbType\":0,\"\(long)\":1,\"\(long)\":2"),
            replacing(
                "a member twice among many",
                "\"tcbType\":0",
                "\"tcbType\":0," + (0..<40).map { "\"m\($0)\":1" }.joined(separator: ",") + ",\"m39\":2"
            ),
            replacing("svn 256", "{\"svn\":0", "{\"svn\":256"), replacing("svn -1", "{\"svn\":0", "{\"svn\":-1"),
            replacing("svn 1.0", "{\"svn\":0", "{\"svn\":1.0"), replacing("svn 1e0", "{\"svn\":0", "{\"svn\":1e0"),
            replacing("svn 01", "{\"svn\":0", "{\"svn\":01"),
            replacing("svn as a string", "{\"svn\":0", "{\"svn\":\"0\""),
            replacing("an svn beyond every integer", "{\"svn\":0", "{\"svn\":99999999999999999999"),
            replacing("pcesvn 65536", "\"pcesvn\":0", "\"pcesvn\":65536"),
            replacing("15 components", "{\"svn\":0,\"category\":\"BIOS\"},", ""),
            replacing("17 components", "[{\"svn\":0", "[{\"svn\":0},{\"svn\":0"),
            replacing("no levels", "\"tcbLevels\":[", "\"tcbLevels\":[],\"other\":["),
            replacing("a status in lower case", "\"UpToDate\"", "\"uptodate\""),
            replacing("a status that only a verifier computes", "\"UpToDate\"", "\"TDRelaunchAdvised\""),
            replacing("a date with an offset", "T00:00:00Z", "T00:00:00+00:00"),
            replacing("the 30th of February", "2024-03-13", "2024-02-30"),
            replacing("FMSPC of five bytes", "00906ED50000", "00906ED500"),
            replacing("no TDX module", "\"tdxModule\":", "\"other\":", kind: .td10),
            replacing(
                "two identities of one module",
                "{\"id\":\"TDX_01\"",
                """
                {"id":"tdx_01","mrsigner":"\(zeros)",\
                "attributes":"0000000000000000","attributesMask":"FFFFFFFFFFFFFFFF",\
                "tcbLevels":[{"tcb":{"isvsvn":1},"tcbDate":"2024-03-13T00:00:00Z","tcbStatus":"UpToDate"}]},\
                {"id":"TDX_01"
                """,
                kind: .td10
            ),
            replacing("module SVN 256", "{\"isvsvn\":4}", "{\"isvsvn\":256}", kind: .td10),
            signed("no TDX components in a level of TDX", kind: .td10) {
                $0.replacing("tdxtcbcomponents", with: "other")
            },
            signed("nested 17 deep") {
                $0.dropLast() + ",\"deep\":" + String(repeating: "[", count: 17) + String(repeating: "]", count: 17)
                    + "}"
            },
            framed("a third, unsigned member") { "{\"tcbInfo\":\($0),\"signature\":\"\($1)\",\"more\":1}" },
            framed("the signature twice") { "{\"tcbInfo\":\($0),\"signature\":\"\($1)\",\"signature\":\"\($1)\"}" },
            framed("an unsigned body before the signed one") {
                "{\"tcbInfo\":{},\"tcbInfo\":\($0),\"signature\":\"\($1)\"}"
            },
            framed("a signature one digit short") { "{\"tcbInfo\":\($0),\"signature\":\"\($1.dropLast())\"}" },
            framed("something behind the end") { "{\"tcbInfo\":\($0),\"signature\":\"\($1)\"} x" },
            framed("a byte order mark") { "\u{FEFF}{\"tcbInfo\":\($0),\"signature\":\"\($1)\"}" },
            framed("a body that is a string") { "{\"tcbInfo\":\"\($0.count)\",\"signature\":\"\($1)\"}" },
            framed("no signature") { body, _ in "{\"tcbInfo\":\(body)}" },
            Wrong("document.malformed", what: "a byte that is no UTF-8") { $0.delivery = { $0.tcbInfo[40] = 0xFF } },
            Wrong("document.malformed", what: "a TDX module for SGX") {
                $0.tcbInfo.module = FakeModuleIdentity(id: "", levels: [])
            },
            Wrong("document.malformed", what: "TDX components for SGX") {
                $0.tcbInfo.levels[0].tdx = [Int](repeating: 0, count: 16)
            },
            Wrong("document.malformed", what: "the same level twice") {
                $0.tcbInfo.levels.append($0.tcbInfo.levels[0])
                $0.tcbInfo.levels[1].status = "OutOfDate"
            },
            Wrong("document.malformed", what: "the same level of the quoting enclave twice") {
                $0.qeIdentity.levels.append($0.qeIdentity.levels[0])
            },
            Wrong("document.malformed", what: "a mask of three bytes") { $0.qeIdentity.miscSelectMask = "FFFFFF" },
            Wrong("document.malformed", what: "TCB info of more than a mebibyte") { scenario in
                scenario.tcbDocument.edit = {
                    $0.dropLast() + ",\"more\":\"\(String(repeating: "x", count: 1 << 20))\"}"
                }
            },
        ]
    }()

    private static let long = String(repeating: "l", count: 40), zeros = String(repeating: "00", count: 48)

    static let all = quotes.dropLast() + certificates + platforms + lists + documents + texts

    @Test("one thing wrong is found, named, and nothing else", arguments: all)
    func wrong(_ wrong: Wrong) throws {
        var scenario = Scenario(wrong.kind)
        wrong.turn(&scenario)
        let result = try scenario.examine()
        #expect(Set(result.reasons.map(\.code.name)) == wrong.codes, "\(result.reasons)")
        #expect(result.isGenuine == !result.reasons.contains { $0.question == .genuine })
    }

    @Test("every code of the examination has a case here")
    func complete() {
        let reached = Set(Self.all.flatMap(\.codes)).union(["collateral.missing"])
        #expect(Set(ReasonCode.allOfDCAP.map(\.name)) == reached)
    }

    @Test("what a stranger signed tells no status")
    func strangers() throws {
        let made = try Scenario().make()
        #expect(try made.examine().status == .upToDate)
        let result = QuoteExaminer().examine(try Quote(made.bytes), with: made.collateral, at: made.time)
        #expect(
            !result.isGenuine && result.status == nil && result.advisories.isEmpty && result.evaluationDataNumber == nil
        )
    }

    @Test("without collateral everything else is still judged")
    func missing() throws {
        let made = try Scenario().make()
        let result = QuoteExaminer(anchor: made.anchor).examine(try Quote(made.bytes), with: nil, at: made.time)
        #expect(result.reasons.map(\.code) == [.collateralMissing] && result.platform != nil)
    }

    @Test("a list with an objection in each of its entries costs no more than its size")
    func manyObjections() throws {
        var scenario = Scenario()
        let extensions = (0..<20).map {
            FakeCertificate.Extension(
                identifier: ObjectIdentifier(arcs: 1, 3, 6, UInt64($0)),
                isCritical: true,
                value: []
            )
        }
        scenario.pckCRL.entries = (1...2000).map { ([UInt8($0 >> 8), UInt8($0 & 0xFF)], extensions) }
        let reasons = try scenario.examine().reasons
        #expect(reasons.count <= 28 && reasons.allSatisfy { $0.code == .crlMalformed }, "\(reasons.count)")
    }

    @Test("no byte of a stranger reaches a message unescaped")
    func escapes() throws {
        let escape = "\u{1B}[2J\u{202E}"
        var scenario = Scenario()
        scenario.pck.subject = Scenario.name("SGX PCK Certificate\(escape)")
        scenario.pck.issuer = Scenario.name(escape)
        scenario.pckCRL.issuer = Scenario.name(escape)
        scenario.qeIdentity.id = "QE"
        scenario.tcbDocument.edit = { $0.replacing("\"tcbType\":0", with: "\"a\\u001b\":0,\"a\\u001b\":0") }
        scenario.qeDocument.edit = { $0.replacing("\"id\":\"QE\"", with: "\"id\":\"\\u001b\"") }
        let reasons = try scenario.examine().reasons
        #expect(reasons.count >= 5)
        #expect(
            reasons.allSatisfy { !$0.description.unicodeScalars.contains { $0 == "\u{1B}" || $0 == "\u{202E}" } },
            "\(reasons)"
        )
    }

    @Test("several things wrong are all told")
    func several() throws {
        var scenario = Scenario()
        scenario.contents.header.qeVendor = FixedBytes(repeating: 1)
        scenario.pck.notAfter = Self.now - .seconds(1)
        scenario.pckCRL.entries = [(scenario.pck.serial, [])]
        scenario.tcbDocument.key = Scenario.strangerKey
        scenario.qeIdentity.nextUpdate = Self.now - .seconds(1)
        scenario.quote = { $0.signature[0] ^= 1 }
        #expect(
            try scenario.codes() == [
                "quote.vendor", "certificate.expired", "certificate.revoked", "document.signature", "document.expired",
                "quote.signature",
            ]
        )
    }
}
