import DCAP
import Notation
import StrictX509
import TestSupport
import Testing

@testable import FakePKI

/// No reader of collateral costs more than n log n.
@Suite("Growth of collateral", .serialized)
struct CollateralGrowthTests {
    /// Examining costs some milliseconds whatever the size is: the sizes are such that reading outweighs that.
    private static func scenario(
        _ what: String,
        _ sizes: ClosedRange<Int>,
        _ turn: @escaping @Sendable (inout Scenario, Int) -> Void
    ) -> Growth {
        Growth(
            what,
            sizes,
            make: { count in
                var scenario = Scenario()
                turn(&scenario, count)
                return try scenario.make()
            }
        ) { _ = try $0.examine() }
    }

    private static let readers: [Growth] = [
        scenario("revoked certificates", 1024...16384) { scenario, count in
            scenario.pckCRL.entries = (0..<count).map { ([1, UInt8($0 >> 8), UInt8($0 & 255)], []) }
        },
        scenario("advisories", 1024...65536) { scenario, count in
            scenario.tcbInfo.levels[0].advisories = (0..<count).map { "INTEL-SA-\($0)" }
        },
        scenario("unknown members", 1024...65536) { scenario, count in
            let members = Growth.text(count) { ",\"e\u{301}\($0)\":[]" }
            scenario.delivery = {
                $0.tcbInfo = Array(
                    String(decoding: $0.tcbInfo, as: UTF8.self).replacing("}}", with: members + "}}").utf8
                )
            }
        },
        scenario("blanks in documents", 4096...262144) { scenario, count in
            scenario.delivery = { $0.qeIdentity += [UInt8](repeating: 0x20, count: count) }
        },
        scenario("PEM around a list", 4096...262144) { scenario, count in
            scenario.delivery = {
                $0.rootCRL = Array("-----BEGIN X509 CRL-----\n".utf8) + [UInt8](repeating: 0x0A, count: count)
            }
        },
    ]

    @Test("eight times the input takes no more than some eight times as long", arguments: readers)
    func growth(_ reader: Growth) throws {
        let result = try reader.measure()
        #expect(result.isNearlyLinear, "\(result)")
    }

    @Test("advisories that a String holds for equal are two, each once, in the order of their bytes")
    func advisories() throws {
        let names = ["SA-\u{212A}", "SA-K", "e\u{301}", "\u{E9}", "SA-K"]
        var scenario = Scenario()
        scenario.tcbInfo.levels[0].status = "SWHardeningNeeded"
        scenario.tcbInfo.levels[0].advisories = names
        let found = try scenario.examine().advisories
        #expect(found.map { ExactText($0) } == Set(names.map { ExactText($0) }).sorted())
    }

    @Test("attributes of names are the same only as the same bytes")
    func attributes() {
        let type = DistinguishedName.commonName
        for (one, other) in [("K", "\u{212A}"), ("\u{E9}", "e\u{301}"), (";", "\u{37E}")] {
            let (left, right) = (
                DistinguishedName.Attribute(type: type, value: one),
                DistinguishedName.Attribute(type: type, value: other)
            )
            #expect(left != right && left == left && Set([left, right]).count == 2)
        }
    }
}
