import Enclave
import Secrets

/// A platform with a sealing key and nothing else.
struct SealingKeyPlatform: EnclavePlatform {
    var isSimulated: Bool { true }
    var secret: [UInt8]
    func quote(reportData: [UInt8]) throws(EnclaveError) -> [UInt8] { throw .refused("no quotes here") }
    func sealingKey() throws(EnclaveError) -> SecretKey {
        do {
            return try SecretKey(copying: secret.span.bytes)
        } catch {
            throw .refused("\(error)")
        }
    }
    func measuredContent() -> MeasuredContent { .enforcedByLibraryOS }
    func close() {}
}
