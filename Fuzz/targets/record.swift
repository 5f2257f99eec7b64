import Notation
import PackageFormat

/// Records and lists of files that are taken are written again as they were.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    if let list = try? RuntimeList(bytes) {
        guard let again = try? RuntimeList(list.encoded) else { preconditionFailure("its own form isn't taken") }
        precondition(again.encoded == list.encoded, "another form")
    }
    if let node = try? JSON.read(bytes), let record = try? EnclaveRecord(node) {
        let text = JSON.canonical(record.node)
        guard let again = try? EnclaveRecord(JSON.read(Array(text.utf8))) else {
            preconditionFailure("its own form isn't taken")
        }
        precondition(JSON.canonical(again.node) == text, "another form")
    }
    return 0
}
