import RATLS

/// A record that is taken is written, and what was written is the same record.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    guard let record = try? LaunchRecord(bytes) else { return 0 }
    guard let again = try? LaunchRecord(record.encoded) else { preconditionFailure("its own form isn't taken") }
    precondition(again.encoded == record.encoded, "another form")
    return 0
}
