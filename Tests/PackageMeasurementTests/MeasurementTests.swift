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

    @Test("a record has the manifest and the measurement that Python computes, whatever the order of its members")
    func vectors() throws {
        #expect(!records.isEmpty)
        for vector in records {
            let node = try vector["record"].node, loader = try vector.base64("loader")
            let enclave = try PackageEnclave(EnclaveRecord(node), loader: loader)
            #expect(try String(decoding: enclave.manifest, as: UTF8.self) == vector.text("manifest"))
            #expect(try Hex.text(enclave.measurement) == vector.text("measurement"))
            guard case .object(let members) = node.value else { continue }
            let reversed = Node(.object(members.reversed()))
            #expect(try PackageEnclave(EnclaveRecord(reversed), loader: loader).measurement == enclave.measurement)
        }
    }
}
