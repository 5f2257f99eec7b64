@testable import DCAP

/// A whole document; levels that are taken are in order and none stands twice.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    guard let document = try? SignedDocument<QEIdentity>(bytes), case .success(let body) = document.body else {
        return 0
    }
    precondition(zip(body.levels, body.levels.dropFirst()).allSatisfy { $1.precedes($0) == true }, "order")
    precondition(!body.levels.isEmpty, "no levels")
    return 0
}
