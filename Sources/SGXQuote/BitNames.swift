/// A word of flags whose bits have names.
public protocol NamedBits: OptionSet, Hashable, Sendable, CustomStringConvertible
where RawValue: FixedWidthInteger, Element == Self {
    /// By position; what has no name is reserved or newer than this list.
    static var names: [Int: String] { get }
}

extension NamedBits {
    /// The names of the bits that are set, `bit 17` for one without a name.
    public var description: String {
        let bits = (0..<RawValue.bitWidth).filter { rawValue >> RawValue($0) & 1 == 1 }
        return bits.isEmpty ? "none" : bits.map { Self.names[$0] ?? "bit \($0)" }.joined(separator: " ")
    }
}

/// ATTRIBUTES.FLAGS of an enclave.
public struct EnclaveAttributes: NamedBits {
    public let rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Whether EINIT has run.
    public static let initialised = Self(rawValue: 1 << 0)
    /// The operator can read and change the enclave's memory.
    public static let debug = Self(rawValue: 1 << 1)
    /// Whether it runs in 64-bit mode.
    public static let mode64Bit = Self(rawValue: 1 << 2)
    /// Whether it may have the provisioning key.
    public static let provisionKey = Self(rawValue: 1 << 4)
    /// Whether it may have the launch key.
    public static let einitTokenKey = Self(rawValue: 1 << 5)
    /// Whether it uses control-flow enforcement.
    public static let cet = Self(rawValue: 1 << 6)
    /// Key separation and sharing: without it CONFIGID, CONFIGSVN, ISVEXTPRODID and ISVFAMILYID mean nothing.
    public static let kss = Self(rawValue: 1 << 7)
    /// Whether it is told of asynchronous exits.
    public static let aexNotify = Self(rawValue: 1 << 10)

    public static let names = [
        0: "INIT", 1: "DEBUG", 2: "MODE64BIT", 4: "PROVISION_KEY", 5: "EINITTOKEN_KEY", 6: "CET", 7: "KSS",
        10: "AEX_NOTIFY",
    ]
}

/// MISCSELECT of an enclave.
public struct MiscSelect: NamedBits {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    public static let names = [0: "EXINFO", 1: "CPINFO"]
}

/// Processor features that an enclave (XFRM) or a TD (XFAM) may use, bit by bit as in XCR0 and IA32_XSS.
public struct ExtendedFeatures: NamedBits {
    public let rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    public static let names = [
        0: "x87", 1: "SSE", 2: "AVX", 3: "BNDREGS", 4: "BNDCSR", 5: "opmask", 6: "ZMM_Hi256", 7: "Hi16_ZMM", 8: "PT",
        9: "PKRU",
        10: "PASID", 11: "CET_U", 12: "CET_S", 13: "HDC", 14: "UINTR", 15: "LBR", 16: "HWP", 17: "AMX_TILECFG",
        18: "AMX_TILEDATA",
    ]
}

/// TDATTRIBUTES of a TD (Intel's TDX Module ABI specification, "TD_PARAMS").
public struct TDAttributes: NamedBits {
    public let rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// The operator can read and change the TD's memory.
    public static let debug = Self(rawValue: 1 << 0)
    /// Whether pages that were taken away raise no #VE.
    public static let septVEDisable = Self(rawValue: 1 << 28)
    /// Whether the trust domain may be migrated.
    public static let migratable = Self(rawValue: 1 << 29)
    /// Bits 1 to 26 and 32 to 61: for debugging, profiling, or without a meaning yet.
    public static let reserved = Self(rawValue: 0x07FF_FFFE | 0x3FFF_FFFF_0000_0000)

    public static let names = [
        0: "DEBUG", 27: "LASS", 28: "SEPT_VE_DISABLE", 29: "MIGRATABLE", 30: "PKS", 31: "KL", 62: "TPA", 63: "PERFMON",
    ]
}
