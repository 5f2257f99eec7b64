import RATLS
import StrictX509

/// What is read says the same twice, and every name that it is for covers itself.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    guard let certificate = try? AttestedCertificate(der: bytes) else { return 0 }
    precondition(certificate.certificate.der == bytes, "other bytes")
    precondition(certificate.launch == nil || certificate.launchProblem == nil, "a launch record with a problem")
    for case .dns(let name) in certificate.sans where !name.utf8.starts(with: "*".utf8) {
        precondition(SubjectAlternativeName(name) == .dns(name), "a name that isn't read again")
    }
    return 0
}
