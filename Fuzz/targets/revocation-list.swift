@testable import DCAP

/// As it is delivered: DER, PEM or hexadecimal text.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    if let list = try? RevocationList(delivered: bytes) {
        precondition(list.revokedCount <= bytes.count, "more entries than bytes")
    }
    return 0
}
