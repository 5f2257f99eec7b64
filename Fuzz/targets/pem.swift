import Notation
import StrictX509

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    _ = try? PEM.blocks(bytes, label: "CERTIFICATE")
    _ = Base64.bytes(bytes)
    return 0
}
