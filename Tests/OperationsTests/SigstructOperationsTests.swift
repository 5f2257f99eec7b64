import Files
import Gramine
import GramineVectors
import Notation
import TestSupport
import Testing

@testable import Operations

@Suite("Signatures of enclaves, shown and verified")
struct SigstructOperationsTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func put(_ bytes: [UInt8]) throws -> String {
        try folder.write("app.sig", bytes)
        return folder.path + "/app.sig"
    }

    @Test(
        "each vector's fields are what Gramine's viewer prints, in each form",
        arguments: GramineCase.all(in: "cases")
    )
    func show(vector: GramineCase) throws {
        let report = try SigstructOperations.show(put(vector.file("expected.sig")))
        let expected = try #require(vector.node["expected"]?["sigstruct"])
        guard case .object(let members) = expected.value else { return }
        let lines = members.map { "    \"\($0.name)\": \(JSON.line($0.node))" }
        #expect(report.view(.json, isWhole: true) == "{\n" + lines.joined(separator: ",\n") + "\n}")
        let brief = try JSON.read(Array(report.view(.json, isWhole: false).utf8))
        #expect(brief["date"] == nil && brief["debug_enclave"]?.value == expected["debug_enclave"]?.value)
        let text = report.view(.text, isWhole: true)
        #expect(text.hasPrefix("Attributes:\n    mr_signer: \(vector.expected("mrsigner") ?? "?")\n    mr_enclave: "))
        let isDebug = expected["debug_enclave"]?.value == .boolean(true)
        #expect(text.hasSuffix("    debug_enclave: \(isDebug ? "True" : "False")\n"))
        let toml = try TOML.read(Array(report.view(.toml, isWhole: true).utf8))
        for member in members { #expect(toml[member.name]?.value == member.node.value) }
        #expect(try SigstructOperations.verify(put(vector.file("expected.sig"))).holds)
    }

    @Test("a changed bit anywhere is refused, or is no signature any more")
    func changed() throws {
        let bytes = try GramineCase.named("01-minimal").file("expected.sig")
        var refused = 0
        // Bytes 40 to 127 and those of CONFIGID are the signer's to use, and signed.
        for index in stride(from: 0, to: bytes.count, by: 13) {
            var changed = bytes
            changed[index] ^= 1
            do {
                let report = try SigstructOperations.verify(put(changed))
                #expect(!report.holds && report.text.hasPrefix("REFUSED"), "\(index)")
                #expect(try JSON.read(Array(report.json.utf8))["valid"]?.value == .boolean(false))
                refused += 1
            } catch {
                #expect((error as? OperationError)?.code == "gramine.signature")
            }
        }
        #expect(refused > 100)
    }

    @Test("what is no signature is told with its size or offset, and its name", arguments: [0, 1, 1807, 1809, 4096])
    func sizes(count: Int) throws {
        let path = try put([UInt8](repeating: 0, count: count))
        let error = #expect(throws: OperationError.self) { try SigstructOperations.show(path) }
        #expect(error?.subject == path && error?.problem.contains("\(count) bytes") == true)
        let zero = try put([UInt8](repeating: 0, count: 1808))
        #expect(throws: OperationError.self) { try SigstructOperations.verify(zero) }
        #expect(throws: OperationError.self) { try SigstructOperations.show(folder.path) }
        #expect(throws: OperationError.self) { try SigstructOperations.show(folder.path + "/absent") }
    }
}
