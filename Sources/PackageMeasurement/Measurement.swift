internal import Crypto
internal import Notation
public import PackageFormat

extension EnclaveRecord {
    /// The measurement, 32 bytes: the value that an enclave of this record shows.
    ///
    /// For now SHA-256 over the canonical record; this is the one place where Gramine's own algorithm will stand.
    public var measurement: [UInt8] { Array(SHA256.hash(data: Array(JSON.canonical(node).utf8))) }
}
