import Attestation
import DCAP
import Foundation
import Notation
import SGXQuote
import StrictX509
import Testing

@testable import FakePKI

/// Platform, TDX module and quoting enclave are judged each for itself.
@Suite("Parts of a TCB")
struct PartsTests {
    typealias Change = @Sendable (inout AttestationPolicy.TCB) -> Void

    /// Statuses and advisories of a platform and its quoting enclave, a policy, and which parts are objected to.
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var platform = ("UpToDate", [String]())
        var enclave = ("UpToDate", [String]())
        /// Of the quoting enclave.
        var date = "2024-03-13T00:00:00Z"
        var policy: Change = { _ in }
        var objections: [String] = []
    }

    private static let hardening: Change = { $0.allowedAdvisories = ["INTEL-SA-00334"] }

    @Test(
        "a status below the line needs a list, a date or a name of its own",
        arguments: [
            Case(
                testDescription:
                    "a quoting enclave of 2019 without advisories behind a platform whose advisory is allowed",
                platform: ("SWHardeningNeeded", ["INTEL-SA-00334"]),
                enclave: ("OutOfDate", []),
                date: "2019-05-15T00:00:00Z",
                policy: hardening,
                objections: ["the quoting enclave"]
            ),
            Case(
                testDescription: "the same the other way round",
                platform: ("OutOfDate", []),
                enclave: ("OutOfDate", ["INTEL-SA-00334"]),
                policy: hardening,
                objections: ["the platform"]
            ),
            Case(
                testDescription: "both have an allowed advisory",
                platform: ("SWHardeningNeeded", ["INTEL-SA-00334"]),
                enclave: ("OutOfDate", ["INTEL-SA-00334"]),
                policy: hardening
            ),
            Case(
                testDescription: "one advisory of two",
                platform: ("SWHardeningNeeded", ["INTEL-SA-00334"]),
                enclave: ("OutOfDate", ["INTEL-SA-00334", "INTEL-SA-00615"]),
                policy: hardening,
                objections: ["the quoting enclave"]
            ),
            Case(
                testDescription: "neither",
                platform: ("SWHardeningNeeded", ["A"]),
                enclave: ("OutOfDate", ["B"]),
                objections: ["the platform", "the quoting enclave"]
            ),
            Case(
                testDescription: "the platform's advisory is good for the platform alone",
                platform: ("UpToDate", ["INTEL-SA-00334"]),
                enclave: ("OutOfDate", []),
                policy: hardening,
                objections: ["the quoting enclave"]
            ),
            Case(
                testDescription: "grace of a quoting enclave doesn't excuse the platform",
                platform: ("ConfigurationNeeded", []),
                enclave: ("OutOfDate", []),
                policy: { $0.grace = .seconds(1 << 40) },
                objections: ["the platform"]
            ),
            Case(
                testDescription: "a quoting enclave that has no grace left",
                platform: ("OutOfDate", []),
                enclave: ("OutOfDate", []),
                date: "2019-05-15T00:00:00Z",
                policy: { $0.grace = Scenario.now - Timestamp(seconds: 1_700_000_000) },
                objections: ["the quoting enclave"]
            ),
            Case(
                testDescription: "a date that is still to come has no grace",
                platform: ("UpToDate", []),
                enclave: ("OutOfDate", []),
                date: "9999-12-31T00:00:00Z",
                policy: { $0.grace = .seconds(1 << 40) },
                objections: ["the quoting enclave"]
            ),
            Case(
                testDescription: "nor one of the next second",
                platform: ("UpToDate", []),
                enclave: ("OutOfDate", []),
                date: (Scenario.now + .seconds(1)).description,
                policy: { $0.grace = .seconds(1) },
                objections: ["the quoting enclave"]
            ),
            Case(
                testDescription: "this very second has",
                platform: ("UpToDate", []),
                enclave: ("OutOfDate", []),
                date: Scenario.now.description,
                policy: { $0.grace = .seconds(1) }
            ),
            Case(
                testDescription: "a name for the worse part isn't one for the other",
                platform: ("SWHardeningNeeded", []),
                enclave: ("OutOfDate", []),
                policy: { $0.accepted = [.upToDate, .outOfDate] },
                objections: ["the platform"]
            ),
            Case(
                testDescription: "a name that names both",
                platform: ("ConfigurationNeeded", []),
                enclave: ("OutOfDate", []),
                policy: { $0.accepted = [.upToDate, .outOfDateConfigurationNeeded] }
            ),
            Case(
                testDescription: "nothing is accepted",
                policy: { $0.accepted = [] },
                objections: ["the platform", "the quoting enclave"]
            ),
        ]
    )
    func each(_ item: Case) throws {
        var scenario = Scenario()
        scenario.tcbInfo.levels[0].status = item.platform.0
        scenario.tcbInfo.levels[0].advisories = item.platform.1
        scenario.tcbInfo.levels[0].date = "2024-03-13T00:00:00Z"
        scenario.qeIdentity.levels[0].status = item.enclave.0
        scenario.qeIdentity.levels[0].advisories = item.enclave.1
        scenario.qeIdentity.levels[0].date = item.date
        let verdict = try judge(scenario, item.policy)
        #expect(verdict.isAccepted == item.objections.isEmpty)
        #expect(verdict.reasons.map { $0.message.components(separatedBy: "'s TCB").first } == item.objections)
        let parts = verdict.node["tcb"]?["parts"]
        #expect(parts?["platform"]?["status"]?.value == .string(item.platform.0))
        #expect(parts?["qe"]?["date"]?.value == .string(item.date) && parts?["tdxModule"]?.value == .null)
        #expect(parts?["qe"]?["advisories"] == Node(.array(item.enclave.1.map { Node($0) })))
    }

    @Test("an advisory without a name is none that a policy could allow", arguments: [[""], ["INTEL-SA-00334", ""]])
    func nameless(advisories: [String]) throws {
        for inEnclave in [false, true] {
            var scenario = Scenario()
            if inEnclave {
                scenario.qeIdentity.levels[0].status = "OutOfDate"
                scenario.qeIdentity.levels[0].advisories = advisories
            } else {
                scenario.tcbInfo.levels[0].status = "SWHardeningNeeded"
                scenario.tcbInfo.levels[0].advisories = advisories
            }
            let verdict = try judge(scenario) { $0.allowedAdvisories = Set(advisories) }
            #expect(
                !verdict.isAccepted && verdict.reasons.contains { $0.message.contains("an advisory without a name") },
                "\(verdict.reasons)"
            )
        }
    }

    @Test("a TDX module is a part of its own")
    func module() throws {
        var scenario = Scenario(.td10)
        scenario.tcbInfo.levels[0].status = "SWHardeningNeeded"
        scenario.tcbInfo.levels[0].advisories = ["A"]
        scenario.tcbInfo.identities?[0].levels = [FakeEnclaveLevel(svn: 4, status: "OutOfDate")]
        var verdict = try judge(scenario) { $0.allowedAdvisories = ["A"] }
        #expect(
            verdict.reasons.map(\.message).allSatisfy { $0.hasPrefix("the TDX module's") } && verdict.reasons.count == 1
        )
        scenario.tcbInfo.identities?[0].levels[0].advisories = ["A"]
        verdict = try judge(scenario) { $0.allowedAdvisories = ["A"] }
        #expect(verdict.isAccepted, "\(verdict.reasons)")
        #expect(verdict.node["tcb"]?["parts"]?["tdxModule"]?["status"]?.value == .string("OutOfDate"))
    }

    @Test(
        "what runs now is judged besides what was launched",
        arguments: [("Revoked", "tcb.revoked"), ("OutOfDate", "tcb.notAccepted")]
    )
    func current(status: String, code: String) throws {
        var scenario = Scenario(.td15)
        scenario.tcbInfo.identities?[0].levels = [FakeEnclaveLevel(svn: 5), FakeEnclaveLevel(svn: 3, status: status)]
        scenario.td { $0.teeTCBSVN2 = Scenario.svn(3, 1) }
        let verdict = try judge(scenario) { _ in }
        #expect(verdict.reasons.map(\.code.name) == [code] && verdict.reasons[0].message.contains("runs now"))
        if status == "Revoked" { #expect(verdict.examination.status == .revoked) }
    }

    @Test("a relaunch that is accepted by name still has its parts judged")
    func relaunch() throws {
        var scenario = Scenario(.td15)
        scenario.tcbInfo.identities?[0].levels = [
            FakeEnclaveLevel(svn: 7), FakeEnclaveLevel(svn: 5, status: "OutOfDate"),
        ]
        scenario.td { $0.teeTCBSVN2 = Scenario.svn(7, 1) }
        #expect(try judge(scenario) { $0.accepted = [.upToDate, .tdRelaunchAdvised] }.isAccepted)
        #expect(try !judge(scenario) { _ in }.isAccepted)
        scenario.tcbInfo.levels[0].status = "SWHardeningNeeded"
        #expect(try !judge(scenario) { $0.accepted = [.upToDate, .tdRelaunchAdvised] }.isAccepted)
    }

    private func judge(_ scenario: Scenario, _ change: (inout AttestationPolicy.TCB) -> Void) throws -> Verdict {
        let made = try scenario.make()
        var policy = AttestationPolicy()
        policy.measurement.mrenclave = [FixedBytes(repeating: 0xAB)]
        policy.tdx.mrtd = [FixedBytes(repeating: 0xAB)]
        change(&policy.tcb)
        return Verifier(anchor: made.anchor, policy: policy).judge(
            Evidence(try Quote(made.bytes)),
            with: made.collateral,
            at: made.time
        )
    }
}
