internal import Secrets

extension SecretKey {
    /// - Parameter bytes: what a platform gives for one; whoever has them wipes them.
    /// - Throws: `EnclaveError` unless there are 32.
    init(sealing bytes: borrowing RawSpan) throws(EnclaveError) {
        do throws(SecretError) {
            try self.init(copying: bytes)
        } catch {
            throw .refused("a sealing key of \(Self.byteCount) bytes expected, found \(bytes.byteCount)")
        }
    }
}
