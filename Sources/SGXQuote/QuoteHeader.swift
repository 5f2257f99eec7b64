/// The first 48 bytes of a quote (Intel's DCAP quote library reference, appendix A).
public struct QuoteHeader: Hashable, Sendable {
    /// Of a header.
    public static let byteCount = 48

    /// As they stand.
    public private(set) var bytes: FixedBytes<48>

    /// A header of ECDSA P-256 by Intel's quoting enclave.
    package init(version: UInt16, tee: QuoteLayout.TEE) {
        bytes = FixedBytes()
        bytes.replace(at: 0, with: version)
        bytes.replace(at: 2, with: 2 as UInt16)
        bytes.replace(at: 4, with: tee.rawValue)
        bytes.replace(at: 12, with: Self.intelQEVendor)
    }

    init(_ bytes: RawSpan) {
        self.bytes = FixedBytes(bytes, at: 0)
    }

    /// 3, 4 or 5.
    public var version: UInt16 { bytes.integer(at: 0) }
    /// 2: ECDSA P-256, the only one there is.
    public var attestationKeyType: UInt16 { bytes.integer(at: 2) }
    /// 0 SGX, 0x81 TDX.
    public var teeType: UInt32 { bytes.integer(at: 4) }
    /// SVN of the quoting enclave in versions 3 and 4; levels are matched with its report's instead.
    public var qeSVN: UInt16 {
        get { bytes.integer(at: 8) }
        set { bytes.replace(at: 8, with: newValue) }
    }
    /// SVN of the provisioning certification enclave in versions 3 and 4.
    public var pceSVN: UInt16 {
        get { bytes.integer(at: 10) }
        set { bytes.replace(at: 10, with: newValue) }
    }
    /// Who made the quoting enclave.
    public var qeVendor: FixedBytes<16> {
        get { bytes.part(at: 12) }
        set { bytes.replace(at: 12, with: newValue) }
    }
    /// The first 16 bytes tell the quoting enclaves of a platform apart.
    public var userData: FixedBytes<20> {
        get { bytes.part(at: 28) }
        set { bytes.replace(at: 28, with: newValue) }
    }

    /// 939a7233f79c4ca9940a0db3957f0607: Intel's quoting enclave.
    public static let intelQEVendor: FixedBytes<16> = {
        var vendor = FixedBytes<16>()
        vendor.replace(at: 0, with: (0x939A_7233_F79C_4CA9 as UInt64).byteSwapped)
        vendor.replace(at: 8, with: (0x940A_0DB3_957F_0607 as UInt64).byteSwapped)
        return vendor
    }()
}
