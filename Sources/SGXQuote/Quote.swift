/// An SGX or TDX quote: what an enclave said, signed by the platform's quoting enclave (DCAP SPEC §1).
///
/// A parsed quote proves nothing; it only has the right shape.
public struct Quote: Hashable, Sendable {
    /// Padding included.
    public static let byteLimit = 65536

    /// As delivered, padding included.
    public let bytes: [UInt8]
    public let layout: QuoteLayout

    /// Parses a quote of version 3, 4 or 5.
    /// - Throws: `QuoteError` with the field and offset that doesn't fit.
    public init(_ bytes: [UInt8]) throws(QuoteError) {
        layout = try QuoteLayout(parsing: bytes.span.bytes)
        self.bytes = bytes
    }

    /// The quote without padding.
    public var encoded: ArraySlice<UInt8> { bytes[..<layout.end] }

    public subscript(range: Range<Int>) -> ArraySlice<UInt8> { bytes[range] }

    public var version: UInt16 { layout.version }

    /// 939a7233f79c4ca9940a0db3957f0607 is Intel's quoting enclave. 16 bytes.
    public var qeVendor: ArraySlice<UInt8> { bytes[12..<28] }
    public static let intelQEVendor: [UInt8] = [
        0x93, 0x9A, 0x72, 0x33, 0xF7, 0x9C, 0x4C, 0xA9, 0x94, 0x0A, 0x0D, 0xB3, 0x95, 0x7F, 0x06, 0x07,
    ]
    /// 20 bytes; the first 16 tell the quoting enclaves of a platform apart.
    public var userData: ArraySlice<UInt8> { bytes[28..<48] }

    /// The enclave's report; nil for a TD.
    public var report: ReportBody? {
        layout.body == .sgx ? ReportBody(trusted: bytes[layout.bodyRange]) : nil
    }

    /// The TD's report; nil for an enclave.
    public var tdReport: TDReport? {
        layout.body == .sgx ? nil : TDReport(trusted: bytes[layout.bodyRange])
    }

    /// What the enclave or TD wanted to say, 64 bytes.
    public var reportData: ArraySlice<UInt8> {
        let offset = layout.bodyRange.lowerBound + (layout.body == .sgx ? 320 : 520)
        return bytes[offset..<(offset + 64)]
    }

    /// The quoting enclave's own report.
    public var qeReport: ReportBody { ReportBody(trusted: bytes[layout.qeReport]) }
}
