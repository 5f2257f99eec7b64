internal import Notation

/// What SIGSTRUCT asks of the processor: attribute flags, XFRM and its mask, MISCSELECT.
package struct EnclaveAttributes: Hashable, Sendable {
    package let flags: UInt64
    package let xfrm: UInt64
    package let xfrmMask: UInt64
    package let miscSelect: UInt32

    package static let debug: UInt64 = 0x2
    package static let mode64Bit: UInt64 = 0x4
    package static let extendedInformation: UInt32 = 0x1
    private static let x87AndSSE: UInt64 = 0x3
    private static let constantXFRMMask: UInt64 = 0xFFFF_FFFF_FFF9_FF1B

    /// - Throws: `.cpuFeature`.
    init(_ manifest: Manifest) throws(GramineError) {
        func isTrue(_ key: String) -> Bool { manifest["sgx", key]?.value == .boolean(true) }
        var xfrm = Self.x87AndSSE
        var mask = Self.constantXFRMMask
        for feature in CPUFeature.allCases {
            guard let choice = manifest["sgx", "cpu_features", feature.rawValue] else { continue }
            switch choice.value {
            case .string("required"):
                xfrm |= feature.bits
                mask |= feature.bits
            case .string("disabled"):
                xfrm &= ~feature.bits
                mask |= feature.bits
            case .string("unspecified") where feature.canBeUnspecified: break
            default:
                throw GramineError(
                    .cpuFeature,
                    "sgx.cpu_features.\(feature.rawValue) has a value that isn't allowed",
                    at: choice.place,
                    mend: feature.canBeUnspecified
                        ? "\"unspecified\", \"disabled\" or \"required\"" : "\"disabled\" or \"required\""
                )
            }
        }
        flags = Self.mode64Bit | (isTrue("debug") ? Self.debug : 0)
        self.xfrm = xfrm
        xfrmMask = mask
        miscSelect = isTrue("use_exinfo") ? Self.extendedInformation : 0
    }
}
