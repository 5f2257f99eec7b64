internal import Crypto
internal import Notation
public import PackageFormat
public import SGXQuote

extension EnclaveRecord {
    /// The value that an enclave of this record shows.
    ///
    /// For now SHA-256 over the canonical record; this is the one place where Gramine's own algorithm will stand.
    public var measurement: FixedBytes<32> {
        var measurement = FixedBytes<32>()
        measurement.replace(at: 0, with: Array(SHA256.hash(data: Array(JSON.canonical(node).utf8))))
        return measurement
    }
}
