internal import Crypto
internal import SGXQuote
internal import StrictX509

/// What the PCK signed about the quoting enclave, and what the enclave's report must bind (DCAP quote library
/// reference, appendix A).
struct QuotingEnclaveReport: Equatable {
    let pck: P256Key
    let report: ReportBody
    /// r ‖ s.
    let signature: FixedBytes<64>
    /// x ‖ y.
    let attestationKey: FixedBytes<64>
    let authenticationData: [UInt8]

    init(_ quote: Quote, pck: P256Key) {
        let view = quote.view
        self.pck = pck
        report = view.qeReport
        signature = view.qeReportSignature
        attestationKey = view.attestationKey
        authenticationData = Array(quote[quote.layout.authenticationData])
    }

    var isSigned: Bool { pck.verifies(signature.array, over: report.bytes.array[...]) }

    /// SHA-256 of attestation key and authentication data, then zeros.
    static func binding(_ quote: Quote) -> FixedBytes<64> {
        var hash = SHA256()
        hash.update(data: quote[quote.layout.attestationKey])
        hash.update(data: quote[quote.layout.authenticationData])
        var binding = FixedBytes<64>()
        binding.replace(at: 0, with: Array(hash.finalize()))
        return binding
    }
}
