import Notation
import PackageFormat
import PackageMeasurement
import SGXQuote
import TestSupport
import Testing

@Suite("Measurements")
struct MeasurementTests {
    private let records: [Vector]

    init() throws { records = try ProjectVectors.read("record.json").list("records") }

    @Test("a record has the measurement that Python computes, whatever the order of its members")
    func vectors() throws {
        #expect(!records.isEmpty)
        for vector in records {
            let node = try vector["record"].node
            #expect(try Hex.text(EnclaveRecord(node).measurement) == vector.text("measurement"))
            guard case .object(let members) = node.value else { continue }
            let reversed = Node(.object(members.reversed()))
            #expect(try Hex.text(EnclaveRecord(reversed).measurement) == vector.text("measurement"))
        }
    }

    @Test("whatever else is measured is another measurement")
    func changes() throws {
        let vector = try #require(records.first)
        let text = JSON.canonical(try vector["record"].node)
        let own = try EnclaveRecord(JSON.read(Array(text.utf8))).measurement
        var found: Set<FixedBytes<32>> = [own]
        let changes = [
            ("\"application\":\"app:app\"", "\"application\":\"app:other\""), ("\"threads\":16", "\"threads\":17"),
            ("\"productID\":7", "\"productID\":8"), ("\"securityVersion\":3", "\"securityVersion\":4"),
            ("\"grace\":30", "\"grace\":31"), ("\"path\":\"app.tar\"", "\"path\":\"app2.tar\""),
        ]
        for (old, new) in changes {
            #expect(text.contains(old), "\(old)")
            let changed = try EnclaveRecord(JSON.read(Array(text.replacing(old, with: new).utf8))).measurement
            #expect(found.insert(changed).inserted, "\(new) isn't measured")
        }
    }
}
