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
