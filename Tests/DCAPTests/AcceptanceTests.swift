import DCAP
import Notation
import SGXQuote
import StrictX509
import Testing

@testable import FakePKI

/// What a strict verifier must still take.
@Suite("What is allowed")
struct AcceptanceTests {
    private static let now = Scenario.now

    static let cases: [Wrong] = [
        Wrong(what: "no authentication data") { $0.contents.authenticationData = [] },
        Wrong(what: "1,024 bytes of authentication data") {
            $0.contents.authenticationData = [UInt8](repeating: 1, count: 1024)
        },
        Wrong(what: "CR LF in the PCK chain") { $0.pckText = { $0.joined().replacing("\n", with: "\r\n") } },
        Wrong(what: "one NUL at the end of the quote's chain") { $0.pckText = { $0.joined() + "\0" } },
        Wrong(what: "blanks around the signing chain") {
            $0.signingText = { "\n \t" + $0.joined(separator: "\r\n\n") + " " }
        },
        Wrong(what: "a list as hexadecimal text") {
            $0.delivery = { $0.pckCRL = Array((Hex.text($0.pckCRL).uppercased() + "\n").utf8) }
        },
        Wrong(what: "a list as PEM") {
            $0.delivery = { $0.rootCRL = Array(PEM.text($0.rootCRL, label: "X509 CRL").utf8) }
        },
        Wrong(what: "blanks that were signed") { $0.tcbDocument.edit = { $0.replacing(",", with: ", ") } },
        Wrong(what: "the signature before the body, blanks around") {
            $0.tcbDocument.frame = { " {\"signature\": \"\($1)\" , \"tcbInfo\" :\($0)}\n" }
        },
        Wrong(what: "an escaped member name") {
            $0.tcbDocument.edit = { $0.replacing("\"fmspc\"", with: "\"f\\u006dspc\"") }
        },
        Wrong(what: "an escaped value") { $0.tcbDocument.edit = { $0.replacing("00906ED5", with: "0\\u0030906ed5") } },
        Wrong(what: "unknown members inside") {
            $0.tcbDocument.edit = { $0.dropLast() + ",\"new\":{\"a\":[1,null,true,\"\\n\"]}}" }
        },
        Wrong(what: "nested 15 deep inside") {
            $0.tcbDocument.edit = {
                $0.dropLast() + ",\"deep\":" + String(repeating: "[", count: 15) + String(repeating: "]", count: 15)
                    + "}"
            }
        },
        Wrong(what: "the id behind the levels") {
            $0.tcbDocument.edit = { "{" + $0.replacing("{\"id\":\"SGX\",", with: "").dropLast() + ",\"id\":\"SGX\"}" }
        },
        Wrong(what: "an unknown extension that isn't critical") {
            $0.pck.extensions.append(.init(identifier: FakeCertificate.Identifier.unknown, value: []))
        },
        Wrong(what: "an unknown member of the SGX extension") {
            $0.platform.more = [$0.platform.member(99, DER.integer(1))]
        },
        Wrong(what: "no configuration and no instance") {
            $0.platform.instance = nil
            $0.platform.configuration = nil
        },
        Wrong(what: "the processor CA") {
            $0.authority.subject = Scenario.name("SGX PCK Processor CA")
            $0.pck.issuer = $0.authority.subject
            $0.pckCRL.issuer = $0.authority.subject
        },
        Wrong(what: "a root without a path length") {
            $0.root[FakeCertificate.Identifier.basicConstraints] = FakeCertificate.constraints(nil)
        },
        Wrong(what: "others' certificates in the lists") {
            $0.pckCRL.entries = (1...60).map { ([0x77, $0], []) }
            $0.rootCRL.entries = [([2], []), ([2, 1, 2, 0], []), ([0xFF, 2, 1, 2], [])]
        },
        Wrong(what: "a serial number of 20 octets whose first bit is set") {
            $0.pck.serial = [UInt8](repeating: 0x95, count: 20)
        },
        Wrong(what: "a QE SVN of two bytes") {
            $0.contents.qeReport.securityVersion = 0x0108
            $0.qeIdentity.levels = [FakeEnclaveLevel(svn: 0x0100), FakeEnclaveLevel(svn: 8, status: "OutOfDate")]
        },
        Wrong(what: "the other s of the same signature, n - s") { scenario in
            scenario.quote = { quote in
                var borrow = 0
                for index in (0..<32).reversed() {
                    let difference = Int(ObjectionTests.order[index]) - Int(quote.signature[32 + index]) - borrow
                    borrow = difference < 0 ? 1 : 0
                    quote.signature[32 + index] = UInt8(truncatingIfNeeded: difference)
                }
            }
        },
        Wrong(what: "any SVNs in the header") {
            $0.contents.header.qeSVN = 0
            $0.contents.header.pceSVN = 0xFFFF
        },
        Wrong(what: "the very second of every date") {
            $0.time = now
            $0.pck.notBefore = now
            $0.authority.notAfter = now
            $0.pckCRL.nextUpdate = now
            $0.rootCRL.thisUpdate = now
            $0.tcbInfo.nextUpdate = now
            $0.qeIdentity.issueDate = now
        },
        Wrong(what: "evaluation numbers that differ, the lower one counts") {
            $0.tcbInfo.number = 17
            $0.qeIdentity.number = 20
        },
        Wrong(what: "a type 4 quote with its chain beside it") { scenario in
            var pck = scenario.pck
            pck.extensions.append(.init(identifier: PCKExtension.identifier, value: scenario.platform.value))
            let leaf = pck.pem  // each signing gives another signature
            let chain = Array((leaf + scenario.authority.pem + scenario.root.pem).utf8)
            scenario.contents.certificationKind = .leaf
            scenario.contents.certificationData = Array(leaf.utf8)
            scenario.delivery = { $0.pckChain = chain }
        },
        Wrong(what: "a type 1 quote with its chain beside it") { scenario in
            let chain = scenario.pckChain
            scenario.contents.certificationKind = .ppidClear
            scenario.contents.certificationData = [UInt8](repeating: 0, count: 36)
            scenario.delivery = { $0.pckChain = chain }
        },
        Wrong(what: "a type 3 quote with its chain beside it") { scenario in
            let chain = scenario.pckChain
            scenario.contents.certificationKind = .ppidRSA3072
            scenario.contents.certificationData = [UInt8](repeating: 7, count: 404)
            scenario.delivery = { $0.pckChain = chain }
        },
        Wrong(what: "module ids in lower case", kind: .td10) { $0.tcbInfo.identities?[0].id = "tdx_01" },
        Wrong(what: "TDX components 0 and 1 don't count with a module version", kind: .td10) {
            $0.tcbInfo.levels[0].tdx?[0] = 99
        },
    ]

    @Test("all of this is taken", arguments: cases)
    func allowed(_ allowed: Wrong) throws {
        var scenario = Scenario(allowed.kind)
        allowed.turn(&scenario)
        let made = try scenario.make()
        let result = try made.examine()
        #expect(result.reasons.isEmpty && result.status == .upToDate, "\(result.reasons)")
        #expect(result.evaluationDataNumber == 17)
    }

    @Test("a chain beside the collateral doesn't replace the quote's own")
    func ownChain() throws {
        var scenario = Scenario()
        scenario.delivery = { $0.pckChain = Array("no chain".utf8) }
        #expect(try scenario.codes().isEmpty)
    }

    @Test("what the SGX extension says is told")
    func platform() throws {
        var scenario = Scenario()
        scenario.platform.more = [scenario.platform.member(99, DER.integer(1))]
        let platform = try #require(try scenario.examine().platform)
        #expect(platform.fmspc.description == "00906ed50000" && platform.pceSVN == 13 && platform.sgxType == .scalable)
        #expect((0..<16).allSatisfy { platform.components[$0] == UInt8(10 + $0) })
        let configuration = try #require(platform.configuration)
        #expect(
            configuration.dynamicPlatform == true && configuration.cachedKeys == true
                && configuration.smtEnabled == false
        )
        #expect(
            platform.platformInstanceID == FixedBytes(repeating: 0x22)
                && platform.unknown.map(\.description) == ["1.2.840.113741.1.13.1.99"]
        )
    }
}
