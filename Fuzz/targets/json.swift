import Notation

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    if let node = try? JSON.read(bytes), var reader = try? ObjectReader(node) {
        _ = reader.optional("a")
        try? reader.finish()
        _ = JSON.canonical(node)
    }
    return 0
}
