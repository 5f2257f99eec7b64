import StrictX509

@testable import DCAP

/// Once as the extension's value, once as a whole certificate that may hold one.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    if let platform = try? PCKExtension(bytes.span, 0..<bytes.count) {
        precondition(platform.unknown.count <= 32, "unbounded")
    }
    if let certificate = try? Certificate(bytes) {
        _ = try? PCKExtension(of: certificate)
        _ = certificate.subject.description
        precondition(certificate.serial.bytes.count <= 20, "serial")
    }
    return 0
}
