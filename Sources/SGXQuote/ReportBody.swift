/// The body of an SGX report, 384 bytes (Intel SDM volume 3D, section 38.15).
public struct ReportBody: Hashable, Sendable {
    /// Of a report body.
    public static let byteCount = 384

    /// As they stand, reserved ones included.
    public private(set) var bytes: FixedBytes<384>

    /// All zero.
    package init() {
        bytes = FixedBytes()
    }

    /// - Throws: `QuoteError.wrongSize` unless there are exactly 384 bytes.
    public init(_ bytes: some Collection<UInt8>) throws(QuoteError) {
        guard let fixed = FixedBytes<384>(bytes) else {
            throw .wrongSize(field: "report", offset: 0, expected: Self.byteCount, found: bytes.count)
        }
        self.bytes = fixed
    }

    /// Bytes whose number was checked when the quote was parsed.
    init(_ bytes: RawSpan, at offset: Int) {
        self.bytes = FixedBytes(bytes, at: offset)
    }

    /// The raw, encoded one; levels are matched with the PCK certificate's.
    public var cpuSVN: FixedBytes<16> {
        get { bytes.part(at: 0) }
        set { bytes.replace(at: 0, with: newValue) }
    }
    /// What is told of exceptions.
    public var miscSelect: MiscSelect {
        get { MiscSelect(rawValue: bytes.integer(at: 16)) }
        set { bytes.replace(at: 16, with: newValue.rawValue) }
    }
    /// ISVEXTPRODID.
    public var extendedProductID: FixedBytes<16> {
        get { bytes.part(at: 32) }
        set { bytes.replace(at: 32, with: newValue) }
    }
    /// FLAGS ‖ XFRM.
    public var attributesBytes: FixedBytes<16> { bytes.part(at: 48) }
    /// The attributes' first half.
    public var attributes: EnclaveAttributes {
        get { EnclaveAttributes(rawValue: bytes.integer(at: 48)) }
        set { bytes.replace(at: 48, with: newValue.rawValue) }
    }
    /// The attributes' second half: which extended features are on.
    public var xfrm: ExtendedFeatures {
        get { ExtendedFeatures(rawValue: bytes.integer(at: 56)) }
        set { bytes.replace(at: 56, with: newValue.rawValue) }
    }
    /// SHA-256 over the enclave's initial memory and layout.
    public var mrenclave: FixedBytes<32> {
        get { bytes.part(at: 64) }
        set { bytes.replace(at: 64, with: newValue) }
    }
    /// SHA-256 of the signer's RSA modulus.
    public var mrsigner: FixedBytes<32> {
        get { bytes.part(at: 128) }
        set { bytes.replace(at: 128, with: newValue) }
    }
    /// CONFIGID.
    public var configID: FixedBytes<64> {
        get { bytes.part(at: 192) }
        set { bytes.replace(at: 192, with: newValue) }
    }
    /// ISVPRODID.
    public var productID: UInt16 {
        get { bytes.integer(at: 256) }
        set { bytes.replace(at: 256, with: newValue) }
    }
    /// ISVSVN.
    public var securityVersion: UInt16 {
        get { bytes.integer(at: 258) }
        set { bytes.replace(at: 258, with: newValue) }
    }
    /// CONFIGSVN.
    public var configSVN: UInt16 {
        get { bytes.integer(at: 260) }
        set { bytes.replace(at: 260, with: newValue) }
    }
    /// ISVFAMILYID.
    public var familyID: FixedBytes<16> {
        get { bytes.part(at: 304) }
        set { bytes.replace(at: 304, with: newValue) }
    }
    /// What the enclave wanted to say.
    public var reportData: FixedBytes<64> {
        get { bytes.part(at: 320) }
        set { bytes.replace(at: 320, with: newValue) }
    }
}
