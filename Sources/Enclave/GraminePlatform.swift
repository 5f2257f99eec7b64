internal import Crypto
internal import Files
internal import Glibc
public import Secrets

/// An SGX enclave under Gramine, by its pseudo files (Gramine's documentation, "Attestation and secret
/// provisioning").
public struct GraminePlatform: EnclavePlatform {
    public static let defaultFolder = "/dev/attestation"
    private static let quoteLimit = 65536
    private let folder: String

    /// - Parameter folder: another one than Gramine's for tests.
    public init(folder: String = GraminePlatform.defaultFolder) throws(EnclaveError) {
        self.folder = folder
        let bytes = try Self.read(folder + "/attestation_type", limit: 32)
        let type = String(decoding: bytes, as: UTF8.self).split(whereSeparator: { $0.isWhitespace || $0 == "\0" })
            .joined()
        guard type == "dcap" else { throw .attestationType(found: type) }
    }

    public var isSimulated: Bool { false }
    public func measuredContent() -> MeasuredContent { .enforcedByLibraryOS }

    public func quote(reportData: [UInt8]) throws(EnclaveError) -> [UInt8] {
        do {
            let file = try OpenFile(folder + "/user_report_data", O_WRONLY)
            try file.write(reportData)
        } catch {
            throw .refused("\(error)")
        }
        return try Self.read(folder + "/quote", limit: Self.quoteLimit)
    }

    /// HKDF over Gramine's 16-byte key for this measurement.
    public func sealingKey() throws(EnclaveError) -> SecretKey {
        var key = try Self.read(folder + "/keys/_sgx_mrenclave", limit: 64)
        defer { key.wipe() }
        guard key.count >= 16 else { throw .refused("a sealing key of 16 bytes expected, found \(key.count)") }
        let derived = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: key[..<16]),
            salt: [UInt8](),
            info: Array("mse-sealed-state-v1".utf8),
            outputByteCount: SecretKey.byteCount
        )
        var bytes = derived.withUnsafeBytes { Array($0) }
        defer { bytes.wipe() }
        return try SecretKey(sealing: bytes.span.bytes)
    }

    /// Gramine's pseudo files stay open to whatever runs in the enclave.
    public func close() {}

    private static func read(_ path: String, limit: Int) throws(EnclaveError) -> [UInt8] {
        do {
            return try Files.read(path, limit: limit)
        } catch {
            throw .notAnEnclave("\(error)")
        }
    }
}
