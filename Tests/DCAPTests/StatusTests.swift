import DCAP
import Notation
import SGXQuote
import Testing

@testable import FakePKI

/// Levels and what they say together (PCS API, version 4, "TCB Info").
@Suite("TCB status")
struct StatusTests {
    static let ofLevels = [
        "UpToDate", "SWHardeningNeeded", "ConfigurationNeeded", "ConfigurationAndSWHardeningNeeded", "OutOfDate",
        "OutOfDateConfigurationNeeded", "Revoked",
    ]
    static let ofEnclaves = ["UpToDate", "OutOfDate", "Revoked"]

    /// How levels converge in Intel's library, written down as a table.
    private func expected(_ level: String, _ others: [String]) -> String {
        if level == "Revoked" || others.contains("Revoked") { return "Revoked" }
        guard others.contains("OutOfDate") else { return level }
        return level.contains("Configuration") ? "OutOfDateConfigurationNeeded" : "OutOfDate"
    }

    @Test("a level and the quoting enclave", arguments: ofLevels, ofEnclaves)
    func sgx(level: String, qe: String) throws {
        var scenario = Scenario()
        scenario.tcbInfo.levels[0].status = level
        scenario.qeIdentity.levels[0].status = qe
        let result = try scenario.examine()
        #expect(result.isGenuine && result.status?.rawValue == expected(level, [qe]))
    }

    @Test("a level, the module and the quoting enclave", arguments: ofLevels, ofEnclaves)
    func tdx(level: String, module: String) throws {
        for qe in Self.ofEnclaves {
            var scenario = Scenario(.td10)
            scenario.tcbInfo.levels[0].status = level
            scenario.tcbInfo.identities?[0].levels[0].status = module
            scenario.qeIdentity.levels[0].status = qe
            let result = try scenario.examine()
            #expect(result.isGenuine && result.status?.rawValue == expected(level, [module, qe]), "\(qe)")
        }
    }

    @Test("relaunch is advised when the module that runs now would do better", arguments: ofLevels, ofEnclaves)
    func relaunch(level: String, current: String) throws {
        for launched in Self.ofEnclaves {
            for qe in Self.ofEnclaves {
                var scenario = Scenario(.td15)
                scenario.tcbInfo.levels[0].status = level
                scenario.tcbInfo.identities?[0].levels = [
                    FakeEnclaveLevel(svn: 7, status: current), FakeEnclaveLevel(svn: 5, status: launched),
                ]
                scenario.qeIdentity.levels[0].status = qe
                scenario.td {
                    $0.teeTCBSVN = Scenario.svn(5, 1)
                    $0.teeTCBSVN2 = Scenario.svn(7, 1)
                }
                let then = expected(level, [launched, qe]), now = expected(level, [current, qe])
                let helps =
                    then.hasPrefix("OutOfDate")
                    && ["UpToDate", "SWHardeningNeeded", "ConfigurationNeeded", "ConfigurationAndSWHardeningNeeded"]
                        .contains(now)
                let advised =
                    (then + now).contains("Configuration")
                    ? "TDRelaunchAdvisedConfigurationNeeded" : "TDRelaunchAdvised"
                let result = try scenario.examine()
                // What runs now and is revoked is Revoked, whatever was launched.
                let wanted = now == "Revoked" ? now : helps ? advised : then
                #expect(result.status?.rawValue == wanted, "\(level), \(launched), \(current), \(qe)")
            }
        }
    }

    @Test("all nine statuses occur, and each is written as Intel writes it")
    func nine() {
        #expect(
            Set(TCBStatus.allCases.map(\.rawValue))
                == Set(Self.ofLevels + ["TDRelaunchAdvised", "TDRelaunchAdvisedConfigurationNeeded"])
        )
    }

    @Test("levels are matched from the highest down, in whatever order they are written")
    func order() throws {
        var scenario = Scenario()
        var levels = [8, 5, 3].map { svn in
            FakeLevel(sgx: [Int](repeating: svn, count: 16), status: svn == 8 ? "SWHardeningNeeded" : "OutOfDate")
        }
        levels[2].pceSVN = 5
        for order in [levels, levels.reversed(), [levels[1], levels[2], levels[0]]] {
            scenario.tcbInfo.levels = order
            scenario.qeIdentity.levels = [FakeEnclaveLevel(svn: 4, status: "OutOfDate"), FakeEnclaveLevel(svn: 8)]
            #expect(try scenario.examine().status == .swHardeningNeeded)
        }
    }

    @Test("every one of the components counts for itself", arguments: 0..<16)
    func components(index: Int) throws {
        var scenario = Scenario()
        var high = FakeLevel(status: "UpToDate")
        high.sgx[index] = 10 + index + 1  // one more than the platform has
        scenario.tcbInfo.levels = [high, FakeLevel(status: "OutOfDate")]
        #expect(try scenario.examine().status == .outOfDate)
        high.sgx[index] = 10 + index
        scenario.tcbInfo.levels = [high, FakeLevel(status: "OutOfDate")]
        #expect(try scenario.examine().status == .upToDate)
    }

    @Test("TDX components count from 2 with a module version, from 0 without", arguments: 0..<16)
    func tdxComponents(index: Int) throws {
        for version in [0, 1] as [UInt8] {
            var scenario = Scenario(.td10)
            scenario.td { $0.teeTCBSVN = Scenario.svn(5, version) }
            var svns = [Int](repeating: 0, count: 16)
            svns[index] = 10  // the TD has 9, and 5 and the version in the first two
            scenario.tcbInfo.levels = [
                FakeLevel(tdx: svns), FakeLevel(tdx: [Int](repeating: 0, count: 16), status: "OutOfDate"),
            ]
            #expect(try scenario.examine().status == (index < 2 && version > 0 ? .upToDate : .outOfDate))
        }
    }

    @Test("the earliest date counts, and advisories are told once, sorted")
    func details() throws {
        var scenario = Scenario(.td10)
        scenario.tcbInfo.levels[0].advisories = ["INTEL-SA-2", "INTEL-SA-1", "INTEL-SA-2"]
        scenario.tcbInfo.identities?[0].levels[0].advisories = ["INTEL-SA-1", "INTEL-DOC-10000"]
        scenario.tcbInfo.identities?[0].levels[0].date = "2023-01-01T00:00:00Z"
        scenario.qeIdentity.levels[0].advisories = ["INTEL-SA-3"]
        let result = try scenario.examine()
        #expect(result.advisories == ["INTEL-DOC-10000", "INTEL-SA-1", "INTEL-SA-2", "INTEL-SA-3"])
        #expect(result.tcbDate?.seconds == 1_672_531_200)
    }

    @Test("advisories and date of a relaunch are those of the launched module")
    func relaunchDetails() throws {
        var scenario = Scenario(.td15)
        scenario.tcbInfo.identities?[0].levels = [
            FakeEnclaveLevel(svn: 7, advisories: ["NOW"]),
            FakeEnclaveLevel(svn: 5, status: "OutOfDate", date: "2022-01-01T00:00:00Z", advisories: ["THEN"]),
        ]
        scenario.td { $0.teeTCBSVN2 = Scenario.svn(7, 1) }
        let result = try scenario.examine()
        #expect(
            result.status == .tdRelaunchAdvised && result.advisories == ["THEN"]
                && result.tcbDate?.seconds == 1_640_995_200
        )
    }

    @Test("the earliest end of everything is the verdict's")
    func ends() throws {
        var scenario = Scenario()
        scenario.signer.notAfter = Scenario.now + .seconds(10)
        scenario.pckCRL.nextUpdate = Scenario.now + .seconds(20)
        let result = try scenario.examine()
        #expect(
            result.validUntil == Scenario.now + .seconds(10)
                && result.collateralExpiration == Scenario.now + .seconds(20)
        )
    }
}
