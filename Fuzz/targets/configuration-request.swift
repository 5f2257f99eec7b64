import Notation
import Secrets

/// Compiled together with the request's own file. Half of the inputs are what a box holds, the others a whole body.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    var bytes = Array(UnsafeBufferPointer(start: start, count: count))
    guard let kind = bytes.popLast() else { return 0 }
    if kind & 1 == 1 {
        let content = SecretBytes(copying: bytes.span.bytes)
        guard let box = try? SealedBox.seal(content, to: SealedBox.publicKey(of: Fixed.key)) else { return 0 }
        bytes = Array("{\"uuid\":\"x\",\"app_sealed_secrets\":\"\(Base64.text(box, .url, padded: false))\"}".utf8)
    }
    let body = SecretBytes(copying: bytes.span.bytes)
    for isOpen in [false, true] {
        guard let request = try? ConfigurationRequest(body, sealingKey: Fixed.key, isOpen: isOpen) else { continue }
        _ = request.isFor("533a2b83-4bc5-4a9c-955e-208c530bfd15")
        precondition((request.authority == .nobody) == isOpen, "who vouches for it?")
        precondition(isOpen || request.authority != .box || kind & 1 == 1, "a box that nobody sealed")
    }
    return 0
}

private enum Fixed {
    static let key = SecretKey()
}
