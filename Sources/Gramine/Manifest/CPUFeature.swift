internal import Notation

/// A feature of the processor that a manifest can require or rule out, in the order in which the signer asks.
package enum CPUFeature: String, CaseIterable, Sendable {
    case avx, avx512, amx, mpx, pkru

    /// Its bits of XFRM.
    var bits: UInt64 {
        switch self {
        case .avx: 0x4
        // With AVX's own.
        case .avx512: 0xE4
        case .amx: 0x60000
        case .mpx: 0x18
        case .pkru: 0x200
        }
    }

    /// Whether the host may be left to decide.
    var canBeUnspecified: Bool {
        switch self {
        case .avx, .avx512, .amx: true
        case .mpx, .pkru: false
        }
    }

    var defaultValue: Node { canBeUnspecified ? "unspecified" : "disabled" }
}
