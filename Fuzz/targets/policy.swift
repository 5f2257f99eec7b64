import Attestation

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    guard let policy = try? AttestationPolicy(bytes) else { return 0 }
    precondition(policy.measurement.mrenclave.allSatisfy { $0.count == 32 }, "a measurement of another size")
    precondition(policy.tdx.mrtd.allSatisfy { $0.count == 48 }, "a register of another size")
    return 0
}
