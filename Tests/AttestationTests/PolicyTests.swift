import DCAP
import Files
import Foundation
import Notation
import Testing

@testable import Attestation

@Suite("Policy")
struct PolicyTests {
    @Test("the default is strict")
    func strict() {
        let policy = AttestationPolicy()
        #expect(
            policy.tcb.accepted == [.upToDate] && !policy.measurement.allowDebug && !policy.namesReference
                && policy.tcb.grace == .zero
        )
    }

    @Test("the policy in the documents is one")
    func document() throws {
        let path = Files.split(Files.split(Files.split(#filePath).folder).folder).folder + "/docs/policy.md"
        let text = String(decoding: try Files.read(path), as: UTF8.self)
        let toml = try #require(text.components(separatedBy: "```toml\n").last?.components(separatedBy: "```").first)
        let policy = try AttestationPolicy(Array(toml.utf8))
        #expect(
            policy.measurement.mrenclave.count == 1 && policy.measurement.signer?.minimumSVN == 10
                && policy.platform.ppid?.count == 1
        )
        #expect(
            policy.tcb == AttestationPolicy().tcb && policy.launch.names == ["hello-1"]
                && policy.tdx.xfam?.count == 1
        )
    }

    @Test("TOML and JSON say the same")
    func both() throws {
        let digest = String(repeating: "ab", count: 32)
        let toml =
            """
            [measurement]
            mrenclave = ["\(digest)"]
            [tcb]
            accept = ["UpToDate", "OutOfDate"]
            grace = "2h"
            [platform]
            smt = "refuse"
            [launch]
            names = ["a"]
            [freshness]
            require = "none"

            """
        let json =
            """
            {"measurement":{"mrenclave":["\(digest)"]},"tcb":{"accept":["UpToDate","OutOfDate"],"grace":"2h"},\
            "platform":{"smt":"refuse"},"launch":{"names":["a"]}}
            """
        let policy = try AttestationPolicy(Array(toml.utf8))
        #expect(policy == (try AttestationPolicy(Array(json.utf8))))
        #expect(
            policy.tcb.grace == .seconds(7200) && !policy.platform.allowSMT && policy.measurement.mrenclave.count == 1
        )
    }

    @Test(
        "what is unknown or impossible is an error with line and member",
        arguments: [
            ("[tcb]\nacept = []", "tcb.acept", 2), ("[tcb]\naccept = [\"Revoked\"]", "tcb.accept", 2),
            ("[colour]\n", "colour", 1),
            ("[measurement]\nmrenclave = [\"00\"]", "measurement.mrenclave", 2), ("[tcb]\n\ngrace = 5", "tcb.grace", 3),
            ("[freshness]\nrequire = \"session\"", "freshness.require", 2),
            ("[freshness]\n\nmax_quote_age = \"1d\"", "freshness.max_quote_age", 3),
            ("[measurement]\nmrsigner = \"\(String(repeating: "00", count: 32))\"", "measurement.mrsigner", 1),
            ("[measurement]\nproduct_id = 1\nmin_svn = 1", "measurement.product_id", 1),
            ("[measurement]\nmin_svn = 1", "measurement.min_svn", 1),
            (
                "[measurement]\nmrsigner = \"\(String(repeating: "00", count: 32))\"\nmin_svn = 0",
                "measurement.mrsigner", 1
            ),
            ("[platform]\nsmt = \"off\"", "platform.smt", 2),
            ("[tcb]\nallow_advisories = [\"\"]", "tcb.allow_advisories", 2),
            ("[tcb]\nallow_advisories = [\n\"INTEL-SA-00615\",\n\" \"]", "tcb.allow_advisories", 4),
            ("[tcb]\nallow_advisories = [\"INTEL-SA-00615 \"]", "tcb.allow_advisories", 2),
            ("[tcb]\nallow_advisories = [\"INTEL-SA-00615,INTEL-SA-00334\"]", "tcb.allow_advisories", 2),
            ("[tcb]\nallow_advisories = [\"\(String(repeating: "A", count: 65))\"]", "tcb.allow_advisories", 2),
            ("[measurement]\n\nmrenclave = []", "measurement.mrenclave", 3), ("[tdx]\nmrtd = []", "tdx.mrtd", 2),
            ("[tdx]\nrtmr1 = []", "tdx.rtmr1", 2), ("[platform]\nfmspc = []", "platform.fmspc", 2),
            ("[launch]\nnames = [\"\"]", "launch.names", 2), ("[launch]\nnames = [\"a\", \"A b\"]", "launch.names", 2),
            ("[launch]\nnames = []", "launch.names", 1),
        ]
    )
    func errors(text: String, member: String, line: Int) {
        let error = #expect(throws: NotationError.self) { try AttestationPolicy(Array(text.utf8)) }
        #expect(error?.member == member)
        #expect(error?.place.line == line)
    }
}
