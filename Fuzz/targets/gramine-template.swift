import Gramine

/// A template is rendered, or refused, before long.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    guard let template = try? Template(reading: bytes) else { return 0 }
    _ = try? template.render(
        ["entrypoint": .text("/app"), "flag": .set],
        libraryFolder: "pkglib",
        surroundings: NoSurroundings()
    )
    return 0
}
