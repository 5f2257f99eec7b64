/// An SGX or TDX quote: what an enclave said, signed by the platform's quoting enclave (Intel's DCAP
/// quote library references for SGX and TDX, appendix A).
///
/// A parsed quote proves nothing; it only has the right shape.
public struct Quote: Hashable, Sendable {
    /// Padding included.
    public static let byteLimit = 65536

    /// As delivered, padding included.
    public let bytes: [UInt8]
    /// Where its parts lie.
    public let layout: QuoteLayout

    /// Parses a quote of version 3, 4 or 5.
    /// - Throws: `QuoteError` with the field and offset that doesn't fit.
    public init(_ bytes: [UInt8]) throws(QuoteError) {
        layout = try QuoteLayout(parsing: bytes.span.bytes)
        self.bytes = bytes
    }

    /// The same without a copy of its own.
    public var view: QuoteView {
        @_lifetime(borrow self)
        get { QuoteView(bytes.span.bytes, layout) }
    }

    /// The quote without padding.
    public var encoded: ArraySlice<UInt8> { bytes[..<layout.end] }

    /// The bytes of a part, by a range of the layout.
    public subscript(range: Range<Int>) -> ArraySlice<UInt8> { bytes[range] }

    /// Version, kinds and vendor.
    public var header: QuoteHeader { view.header }
    /// 3 to 5.
    public var version: UInt16 { layout.version }
    /// The enclave's report; nil for a TD.
    public var report: ReportBody? { view.report }
    /// The TD's report; nil for an enclave.
    public var tdReport: TDReport? { view.tdReport }
    /// What the enclave or TD wanted to say.
    public var reportData: FixedBytes<64> { view.reportData }
    /// The quoting enclave's own report.
    public var qeReport: ReportBody { view.qeReport }
}

/// A quote over somebody else's bytes: parsing and reading allocate nothing.
public struct QuoteView: ~Escapable {
    /// The quote, and what may follow it.
    public let bytes: RawSpan
    /// Where its parts lie.
    public let layout: QuoteLayout

    /// Parses a quote of version 3, 4 or 5.
    /// - Throws: `QuoteError` with the field and offset that doesn't fit.
    @_lifetime(copy bytes)
    public init(_ bytes: RawSpan) throws(QuoteError) {
        layout = try QuoteLayout(parsing: bytes)
        self.bytes = bytes
    }

    @_lifetime(copy bytes)
    init(_ bytes: RawSpan, _ layout: QuoteLayout) {
        self.bytes = bytes
        self.layout = layout
    }

    /// One of the layout's ranges.
    public subscript(range: Range<Int>) -> RawSpan {
        @_lifetime(copy self)
        get { bytes.extracting(range) }
    }

    /// Version, kinds and vendor.
    public var header: QuoteHeader { QuoteHeader(bytes) }

    /// Of an SGX enclave; nil for TDX.
    public var report: ReportBody? {
        layout.body == .sgx ? ReportBody(bytes, at: layout.bodyRange.lowerBound) : nil
    }

    public var tdReport: TDReport? {
        layout.body == .sgx ? nil : TDReport(bytes.extracting(layout.bodyRange), kind: layout.body)
    }

    public var reportData: FixedBytes<64> {
        FixedBytes(bytes, at: layout.bodyRange.lowerBound + (layout.body == .sgx ? 320 : 520))
    }

    public var qeReport: ReportBody { ReportBody(bytes, at: layout.qeReport.lowerBound) }
    /// r ‖ s.
    public var signature: FixedBytes<64> { FixedBytes(bytes, at: layout.signature.lowerBound) }
    /// x ‖ y.
    public var attestationKey: FixedBytes<64> { FixedBytes(bytes, at: layout.attestationKey.lowerBound) }
    /// r ‖ s.
    public var qeReportSignature: FixedBytes<64> { FixedBytes(bytes, at: layout.qeReportSignature.lowerBound) }
}
