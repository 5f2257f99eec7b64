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
