import Enclave

/// A platform with a sealing key and nothing else.
struct SealingKeyPlatform: EnclavePlatform {
    var name: String { "simulator" }
    var isSimulated: Bool { true }
    var secret: [UInt8]
    func quote(reportData: [UInt8]) throws(EnclaveError) -> [UInt8] { throw .refused("no quotes here") }
    func sealingSecret() throws(EnclaveError) -> [UInt8] { secret }
    func measuredContent() -> MeasuredContent { .enforcedByLibraryOS }
    func close() {}
}
