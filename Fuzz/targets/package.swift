import Crypto
import Gramine
import Notation
import PackageFormat
import PackageMeasurement

/// A package that is taken has one record, and where that makes an enclave, it is of the size that was asked for, and
/// everything that runs has its digest in it.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let path = Scratch.write(Array(UnsafeBufferPointer(start: start, count: count)))
    guard let package = try? PackageFile(path) else { return -1 }
    guard var record = try? package.record(), let loader = try? package.requiredLoader() else { return 0 }
    guard let again = try? EnclaveRecord(JSON.read(Array(JSON.canonical(record.node).utf8))) else {
        preconditionFailure("its own record isn't taken")
    }
    precondition(JSON.canonical(again.node) == JSON.canonical(record.node), "another record")
    // A mutated loader has no digest that anybody guesses; and what is behind it must hold for liars, too.
    let name = ExactText(record.settings.agent.loader)
    for index in record.files.indices where ExactText(record.files[index].path) == name {
        record.files[index].digest = Array(SHA256.hash(data: loader))
    }
    // Larger ones measure alike, in more time than an input has here.
    record.settings.enclave.byteCount = min(record.settings.enclave.byteCount, 1 << 30)
    guard let enclave = try? PackageEnclave(record, loader: loader) else { return 0 }
    precondition(
        enclave.layout.settings.size == UInt64(record.settings.enclave.byteCount),
        "an enclave of another size"
    )
    let measured = Set(enclave.trustedFiles.map { ExactText("\($0.sha256 ?? "") \($0.uri)") })
    for file in record.files where file.path.hasPrefix("/") {
        precondition(measured.contains(ExactText("\(Hex.text(file.digest)) file:root\(file.path)")), "not measured")
    }
    _ = enclave.findings
    return 0
}
