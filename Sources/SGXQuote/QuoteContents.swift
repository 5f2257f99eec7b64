/// What a quote is made of, to be changed and written.
package struct QuoteContents: Hashable, Sendable {
    package enum Body: Hashable, Sendable {
        case enclave(ReportBody)
        case td(TDReport)
    }

    package var header: QuoteHeader
    package var body: Body
    /// r ‖ s.
    package var signature: FixedBytes<64>
    /// x ‖ y.
    package var attestationKey: FixedBytes<64>
    package var qeReport: ReportBody
    /// r ‖ s.
    package var qeReportSignature: FixedBytes<64>
    /// At most 1,024 bytes.
    package var authenticationData: [UInt8]
    package var certificationKind: QuoteLayout.CertificationKind
    package var certificationData: [UInt8]

    package init(
        header: QuoteHeader,
        body: Body,
        signature: FixedBytes<64> = FixedBytes(),
        attestationKey: FixedBytes<64> = FixedBytes(),
        qeReport: ReportBody = ReportBody(),
        qeReportSignature: FixedBytes<64> = FixedBytes(),
        authenticationData: [UInt8] = [],
        certificationKind: QuoteLayout.CertificationKind = .chain,
        certificationData: [UInt8] = []
    ) {
        self.header = header
        self.body = body
        self.signature = signature
        self.attestationKey = attestationKey
        self.qeReport = qeReport
        self.qeReportSignature = qeReportSignature
        self.authenticationData = authenticationData
        self.certificationKind = certificationKind
        self.certificationData = certificationData
    }

    package init(_ quote: Quote) {
        let view = quote.view, layout = quote.layout
        header = view.header
        body =
            if let report = view.report { .enclave(report) } else {
                .td(TDReport(view[layout.bodyRange], kind: layout.body))
            }
        signature = view.signature
        attestationKey = view.attestationKey
        qeReport = view.qeReport
        qeReportSignature = view.qeReportSignature
        authenticationData = Array(quote[layout.authenticationData])
        certificationKind = layout.certificationKind
        certificationData = Array(quote[layout.certificationData])
    }

    /// What the attestation key signs: header and body, in version 5 with type and size between them.
    package var signedBytes: [UInt8] {
        var bytes = Array(header.bytes)
        let (kind, body): (QuoteLayout.BodyKind, [UInt8]) =
            switch body {
            case .enclave(let report): (.sgx, Array(report.bytes))
            case .td(let report): (report.kind, Array(report.bytes))
            }
        if header.version == 5 {
            bytes.append(kind.rawValue)
            bytes.append(UInt32(body.count))
        }
        return bytes + body
    }

    /// The quote without padding.
    package var encoded: [UInt8] {
        var inner = Array(qeReport.bytes) + qeReportSignature
        inner.append(UInt16(truncatingIfNeeded: authenticationData.count))
        inner += authenticationData
        inner.append(certificationKind.rawValue)
        inner.append(UInt32(certificationData.count))
        inner += certificationData
        var data = Array(signature) + attestationKey
        if header.version > 3 {
            data.append(6 as UInt16)
            data.append(UInt32(inner.count))
        }
        data += inner
        var bytes = signedBytes
        bytes.append(UInt32(data.count))
        return bytes + data
    }
}

extension [UInt8] {
    /// A number, little-endian.
    fileprivate mutating func append<Value: FixedWidthInteger>(_ number: Value) {
        for index in 0..<(Value.bitWidth / 8) { append(UInt8(truncatingIfNeeded: number >> (8 * index))) }
    }
}
