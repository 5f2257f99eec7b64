import Enclave
import Secrets
import TestSupport
import Testing

@Suite("Gramine's pseudo files")
struct GraminePlatformTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try folder.write("attestation_type", "dcap\n")
        try folder.write("user_report_data", "")
        try folder.write("quote", [1, 2, 3])
        try folder.write("keys/_sgx_mrenclave", [UInt8](repeating: 5, count: 16))
    }

    @Test("report data is written before the quote is read")
    func quote() throws {
        let platform = try GraminePlatform(folder: folder.path)
        #expect(try platform.quote(reportData: [UInt8](repeating: 9, count: 64)) == [1, 2, 3])
        #expect(try folder.read("user_report_data") == [UInt8](repeating: 9, count: 64))
    }

    @Test("the sealing key is derived, and the same every time")
    func sealing() throws {
        let platform = try GraminePlatform(folder: folder.path)
        let key = try platform.sealingKey().withBytes { Array($0) }
        let again = try platform.sealingKey().withBytes { Array($0) }
        #expect(key == again)
        try folder.write("keys/_sgx_mrenclave", [UInt8](repeating: 6, count: 16))
        let other = try platform.sealingKey().withBytes { Array($0) }
        #expect(key != other)
    }

    @Test("another attestation type and no enclave at all are told apart")
    func refused() throws {
        try folder.write("attestation_type", "epid")
        #expect(throws: EnclaveError.attestationType(found: "epid")) { try GraminePlatform(folder: folder.path) }
        let error = #expect(throws: EnclaveError.self) { try GraminePlatform(folder: folder.path + "/nowhere") }
        #expect(error?.description.contains("no enclave") == true)
    }
}
