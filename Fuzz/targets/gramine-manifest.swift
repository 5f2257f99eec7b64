import Gramine

/// A manifest that is taken is written as what reads the same, once and for ever.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    guard let manifest = try? Manifest(reading: bytes) else { return 0 }
    let text = manifest.text
    // An end of the process is what the fuzzer keeps an input for.
    guard let again = try? Manifest(reading: text) else { fatalError("what was written can't be read") }
    precondition(again.text == text, "written otherwise the second time")
    precondition(again.schemaProblems.count == manifest.schemaProblems.count, "other problems the second time")
    _ = try? EnclaveSettings(manifest)
    var expanded = manifest
    _ = try? expanded.expandTrustedFiles(surroundings: NoSurroundings())
    _ = LintSubject(manifest, files: [], surroundings: NoSurroundings()).findings
    return 0
}
