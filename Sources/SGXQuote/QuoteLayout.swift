/// Where the parts of a quote lie (Intel's DCAP quote library references, appendix A). Made in one pass, without
/// allocation; every length is checked before it is used.
public struct QuoteLayout: Hashable, Sendable {
    /// 3, 4 or 5.
    public let version: UInt16
    /// SGX or TDX.
    public let tee: TEE
    /// Which report.
    public let body: BodyKind
    /// The report.
    public let bodyRange: Range<Int>
    /// What the attestation key signed: everything before the length of the signature data.
    public let signedRange: Range<Int>
    /// r ‖ s, 64 bytes.
    public let signature: Range<Int>
    /// x ‖ y, 64 bytes.
    public let attestationKey: Range<Int>
    /// An SGX report, 384 bytes.
    public let qeReport: Range<Int>
    /// By the PCK key, 64 bytes.
    public let qeReportSignature: Range<Int>
    /// What the quoting enclave adds.
    public let authenticationData: Range<Int>
    /// How the PCK certificate is given.
    public let certificationKind: CertificationKind
    /// The PCK certificate's chain, PEM, where it is given as that.
    public let certificationData: Range<Int>
    /// Behind the last byte of the quote; what follows is zero.
    public let end: Int

    /// Intel's numbers.
    public enum TEE: UInt32, Sendable { case sgx = 0, tdx = 0x81 }

    /// Intel's numbers of version 5.
    public enum BodyKind: UInt16, Sendable {
        case sgx = 1, td10, td15, td15Extended
        /// Of the report.
        public var byteCount: Int {
            switch self {
            case .sgx: ReportBody.byteCount
            case .td10: 584
            case .td15: 648
            case .td15Extended: 885
            }
        }
    }

    /// Types of certification data.
    public enum CertificationKind: UInt16, Sendable {
        case ppidClear = 1, ppidRSA2048, ppidRSA3072, leaf, chain
        /// The exact size, where the type has one.
        var byteCount: Int? {
            switch self {
            case .ppidClear: 36
            case .ppidRSA2048: 276
            case .ppidRSA3072: 404
            case .leaf, .chain: nil
            }
        }
    }

    static let authenticationLimit = 1024

    init(parsing bytes: RawSpan) throws(QuoteError) {
        guard bytes.byteCount <= Quote.byteLimit else { throw .tooLarge(count: bytes.byteCount) }
        var reader = ByteReader(bytes)
        version = try reader.integer("version")
        guard (3...5).contains(version) else {
            throw .unsupported(field: "version", offset: 0, expected: "3, 4 or 5", found: Int(version))
        }
        let keyType: UInt16 = try reader.integer("attestation key type")
        guard keyType == 2 else {
            throw .unsupported(
                field: "attestation key type",
                offset: 2,
                expected: "2 (ECDSA P-256)",
                found: Int(keyType)
            )
        }
        let rawTEE: UInt32 = try reader.integer("TEE type")
        guard let tee = TEE(rawValue: rawTEE), version > 3 || tee == .sgx else {
            throw .unsupported(
                field: "TEE type",
                offset: 4,
                expected: version > 3 ? "0 (SGX) or 129 (TDX)" : "0 (SGX)",
                found: Int(rawTEE)
            )
        }
        self.tee = tee
        _ = try reader.take(QuoteHeader.byteCount - reader.offset, "header")

        body = try Self.bodyKind(&reader, version: version, tee: tee)
        bodyRange = try reader.take(body.byteCount, "report body")
        signedRange = 0..<reader.offset

        let signatureCount: UInt32 = try reader.integer("length of the signature data")
        let signatureStart = reader.offset
        guard Int(signatureCount) <= reader.remaining else {
            throw .truncated(
                field: "signature data",
                offset: reader.offset,
                needed: Int(signatureCount),
                remaining: reader.remaining
            )
        }
        end = signatureStart + Int(signatureCount)
        signature = try reader.take(64, "quote signature")
        attestationKey = try reader.take(64, "attestation key")
        if version > 3 {
            let outer: UInt16 = try reader.integer("certification data type")
            guard outer == 6 else {
                throw .unsupported(
                    field: "outer certification data type",
                    offset: reader.offset - 2,
                    expected: "6",
                    found: Int(outer)
                )
            }
            let count: UInt32 = try reader.integer("certification data size")
            guard Int(count) == end - reader.offset else {
                throw .wrongSize(
                    field: "outer certification data",
                    offset: reader.offset,
                    expected: end - reader.offset,
                    found: Int(count)
                )
            }
        }
        qeReport = try reader.take(ReportBody.byteCount, "QE report")
        qeReportSignature = try reader.take(64, "QE report signature")
        let authenticationCount: UInt16 = try reader.integer("authentication data size")
        guard authenticationCount <= Self.authenticationLimit else {
            throw .wrongSize(
                field: "authentication data",
                offset: reader.offset,
                expected: Self.authenticationLimit,
                found: Int(authenticationCount)
            )
        }
        authenticationData = try reader.take(Int(authenticationCount), "authentication data")
        let rawKind: UInt16 = try reader.integer("certification data type")
        guard let kind = CertificationKind(rawValue: rawKind) else {
            throw .unsupported(
                field: "certification data type",
                offset: reader.offset - 2,
                expected: "1 to 5",
                found: Int(rawKind)
            )
        }
        certificationKind = kind
        let count: UInt32 = try reader.integer("certification data size")
        if let exact = kind.byteCount, exact != Int(count) {
            throw .wrongSize(field: "certification data", offset: reader.offset, expected: exact, found: Int(count))
        }
        guard Int(count) == end - reader.offset else {
            throw .wrongSize(
                field: "certification data",
                offset: reader.offset,
                expected: end - reader.offset,
                found: Int(count)
            )
        }
        certificationData = try reader.take(Int(count), "certification data")
        try Self.checkPadding(bytes, from: end)
    }

    private static func bodyKind(_ reader: inout ByteReader, version: UInt16, tee: TEE) throws(QuoteError) -> BodyKind {
        guard version == 5 else { return tee == .sgx ? .sgx : .td10 }
        let rawKind: UInt16 = try reader.integer("body type")
        guard let kind = BodyKind(rawValue: rawKind), (kind == .sgx) == (tee == .sgx) else {
            throw .unsupported(
                field: "body type",
                offset: 48,
                expected: tee == .sgx ? "1" : "2, 3 or 4",
                found: Int(rawKind)
            )
        }
        let count: UInt32 = try reader.integer("body size")
        guard Int(count) == kind.byteCount else {
            throw .wrongSize(field: "body", offset: 50, expected: kind.byteCount, found: Int(count))
        }
        return kind
    }

    /// Drivers hand out fixed buffers, so zeros may follow; nothing covers these bytes, so nothing else may.
    private static func checkPadding(_ bytes: RawSpan, from end: Int) throws(QuoteError) {
        for offset in end..<bytes.byteCount where bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self) != 0 {
            throw .trailingBytes(offset: offset)
        }
    }
}
