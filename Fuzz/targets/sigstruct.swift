import Gramine

/// A SIGSTRUCT that is taken is written again as it was read, wherever bytes have a meaning.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    guard let sigstruct = try? Sigstruct(reading: bytes) else { return 0 }
    precondition(sigstruct.bytes == bytes, "written otherwise")
    try? sigstruct.verify()
    return 0
}
