public import Notation
public import Secrets

/// What runs around the enclave, seen from inside: who signs its quotes and keeps its sealing keys.
public protocol EnclavePlatform: Sendable {
    /// Whether it is an enclave in name only: it protects nothing.
    var isSimulated: Bool { get }

    /// A quote over these 64 bytes.
    func quote(reportData: [UInt8]) throws(EnclaveError) -> [UInt8]

    /// That only this measurement gets, on this processor.
    func sealingKey() throws(EnclaveError) -> SecretKey

    /// What was measured, and so what proves the files that are read.
    func measuredContent() throws(EnclaveError) -> MeasuredContent

    /// Ends what the platform does for this process, as far as it can. Called before the application is loaded: from
    /// there on the process runs code that must not have quotes made over keys of its own, nor learn sealing keys.
    func close()
}

public enum EnclaveError: Error, CodedError, Hashable, CustomStringConvertible {
    case notAnEnclave(String)
    case attestationType(found: String)
    case refused(String)

    public var description: String {
        switch self {
        case .notAnEnclave(let problem): "this is no enclave: \(problem)"
        case .attestationType(let found):
            "remote attestation of type 'dcap' expected, found '\(found)'; set sgx.remote_attestation in the manifest"
        case .refused(let problem): "the platform refused: \(problem)"
        }
    }

    /// Stable; programs may depend on it.
    public var code: String {
        switch self {
        case .notAnEnclave: "enclave.missing"
        case .attestationType: "enclave.attestationType"
        case .refused: "enclave.refused"
        }
    }
}
