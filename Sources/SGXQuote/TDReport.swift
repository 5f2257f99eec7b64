/// The body of a TDX quote, 584, 648 or 885 bytes (Intel's TDX DCAP quoting library reference, appendix A).
public struct TDReport: Hashable, Sendable {
    /// Version 1.0 or 1.5.
    public let kind: QuoteLayout.BodyKind
    /// Zero behind the end of shorter kinds.
    private var storage: FixedBytes<885>

    /// All zero.
    /// - Precondition: the kind is one of a TD.
    package init(kind: QuoteLayout.BodyKind) {
        precondition(kind != .sgx, "a TD has no SGX report")
        self.kind = kind
        storage = FixedBytes()
    }

    /// Bytes whose number was checked when the quote was parsed.
    init(_ bytes: RawSpan, kind: QuoteLayout.BodyKind) {
        self.init(kind: kind)
        for index in 0..<kind.byteCount { storage[index] = bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self) }
    }

    /// As they stand.
    public var bytes: Slice<FixedBytes<885>> { storage[0..<kind.byteCount] }

    /// TEE_TCB_SVN.
    public var teeTCBSVN: TEETCBSVN {
        get { TEETCBSVN(storage.part(at: 0)) }
        set { storage.replace(at: 0, with: newValue.bytes) }
    }
    /// The TDX module's measurement.
    public var mrseam: FixedBytes<48> {
        get { storage.part(at: 16) }
        set { storage.replace(at: 16, with: newValue) }
    }
    /// The TDX module's signer; zero for Intel's.
    public var mrsignerseam: FixedBytes<48> {
        get { storage.part(at: 64) }
        set { storage.replace(at: 64, with: newValue) }
    }
    /// The TDX module's attributes.
    public var seamAttributes: UInt64 {
        get { storage.integer(at: 112) }
        set { storage.replace(at: 112, with: newValue) }
    }
    /// TDATTRIBUTES, by name.
    public var attributes: TDAttributes {
        get { TDAttributes(rawValue: storage.integer(at: 120)) }
        set { storage.replace(at: 120, with: newValue.rawValue) }
    }
    /// TDATTRIBUTES as they stand.
    public var attributesBytes: FixedBytes<8> { storage.part(at: 120) }
    /// Which extended features are on, by name.
    public var xfam: ExtendedFeatures {
        get { ExtendedFeatures(rawValue: storage.integer(at: 128)) }
        set { storage.replace(at: 128, with: newValue.rawValue) }
    }
    /// The same as it stands.
    public var xfamBytes: FixedBytes<8> { storage.part(at: 128) }
    /// SHA-384 over the TD's initial memory and configuration.
    public var mrtd: FixedBytes<48> {
        get { storage.part(at: 136) }
        set { storage.replace(at: 136, with: newValue) }
    }
    /// MRCONFIGID.
    public var mrconfigid: FixedBytes<48> {
        get { storage.part(at: 184) }
        set { storage.replace(at: 184, with: newValue) }
    }
    /// MROWNER.
    public var mrowner: FixedBytes<48> {
        get { storage.part(at: 232) }
        set { storage.replace(at: 232, with: newValue) }
    }
    /// MROWNERCONFIG.
    public var mrownerconfig: FixedBytes<48> {
        get { storage.part(at: 280) }
        set { storage.replace(at: 280, with: newValue) }
    }
    /// A runtime measurement.
    /// - Parameter index: 0 to 3.
    public subscript(rtmr index: Int) -> FixedBytes<48> {
        get { storage.part(at: 328 + 48 * index) }
        set { storage.replace(at: 328 + 48 * index, with: newValue) }
    }
    /// All four, in order.
    public var rtmr: [FixedBytes<48>] { (0..<4).map { self[rtmr: $0] } }
    /// What the TD wanted to say.
    public var reportData: FixedBytes<64> {
        get { storage.part(at: 520) }
        set { storage.replace(at: 520, with: newValue) }
    }

    /// What reports of 1.5 add.
    private var has15: Bool { kind.byteCount >= 648 }
    /// The module that runs now; the first one is that under which the TD was launched.
    public var teeTCBSVN2: TEETCBSVN? {
        get { has15 ? TEETCBSVN(storage.part(at: 584)) : nil }
        set { if has15, let newValue { storage.replace(at: 584, with: newValue.bytes) } }
    }
    /// Zero: no service TD is bound.
    public var mrservicetd: FixedBytes<48>? {
        get { has15 ? storage.part(at: 600) : nil }
        set { if has15, let newValue { storage.replace(at: 600, with: newValue) } }
    }

    /// What extended reports of 1.5 add: reported, used for no verdict.
    public var extended: ExtendedTDReport? { kind == .td15Extended ? ExtendedTDReport(storage.part(at: 648)) : nil }
}

/// The last 237 bytes of an extended TD report of 1.5.
public struct ExtendedTDReport: Hashable, Sendable {
    private let bytes: FixedBytes<237>

    fileprivate init(_ bytes: FixedBytes<237>) { self.bytes = bytes }

    /// Of the trust domain within its machine.
    public var vmID: UInt8 { bytes[0] }
    /// TD_ID.
    public var tdID: FixedBytes<32> { bytes.part(at: 1) }
    /// Of assigned devices.
    public var deviceInformation: FixedBytes<48> { bytes.part(at: 33) }
    /// At the first binding.
    public var initialServiceTDHash: FixedBytes<48> { bytes.part(at: 81) }
    /// At the first binding.
    public var initialServiceTDAttributes: FixedBytes<8> { bytes.part(at: 129) }
    /// Of the platform it was made on.
    public var initialCPUSVN: FixedBytes<16> { bytes.part(at: 137) }
    /// Of the platform it was made on.
    public var initialTEETCBSVN: TEETCBSVN { TEETCBSVN(bytes.part(at: 153)) }
    /// Of the platform it was made on.
    public var initialFMSPC: FixedBytes<12> { bytes.part(at: 169) }
    /// Now.
    public var currentServiceTDHash: FixedBytes<48> { bytes.part(at: 181) }
    /// Now.
    public var currentServiceTDAttributes: FixedBytes<8> { bytes.part(at: 229) }
}

/// The SVNs of a TDX module and what it stands on.
public struct TEETCBSVN: Hashable, Sendable, CustomStringConvertible {
    /// As they stand, sixteen SVNs.
    public var bytes: FixedBytes<16>

    /// Sixteen SVNs.
    public init(_ bytes: FixedBytes<16>) { self.bytes = bytes }

    /// The module's minor SVN.
    public var moduleSVN: UInt8 { bytes[0] }
    /// The module's major version; 0: none, and all 16 components are the platform's.
    public var moduleVersion: UInt8 { bytes[1] }
    public var description: String { bytes.description }
}
