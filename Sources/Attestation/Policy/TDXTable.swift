internal import DCAP
internal import Notation
public import SGXQuote

extension AttestationPolicy {
    /// `[tdx]`: which trust domains.
    public struct TDX: Hashable, Sendable {
        /// Any of these.
        public var mrtd: [FixedBytes<48>] = []
        /// For each register the values that are allowed; any where none is named.
        public var registers: [TDRegister: [FixedBytes<48>]] = [:]
        /// TDATTRIBUTES as a whole, any of these; nil for any without DEBUG.
        public var attributes: [FixedBytes<8>]?
        /// XFAM as a whole, any of these; nil for any.
        public var xfam: [FixedBytes<8>]?
        /// Whether SEPT_VE_DISABLE may be unset.
        public var allowSeptVE = false
        /// Whether a service TD may be bound.
        public var allowServiceTD = false
        /// Whether the trust domain may be migrated.
        public var allowMigratable = false

        /// No trust domain is named.
        public init() {}
    }
}

extension AttestationPolicy.TDX: PolicyTable {
    static let name = "tdx"

    enum Key: String, PolicyKey {
        case mrtd, rtmr0, rtmr1, rtmr2, rtmr3, mrseam, mrsignerseam, mrconfigid, mrowner, mrownerconfig, mrservicetd
        case attributes, xfam
        case allowSeptVE = "allow_sept_ve"
        case allowServiceTD = "allow_service_td"
        case allowMigratable = "allow_migratable"

        var register: TDRegister? { TDRegister(rawValue: rawValue) }

        var form: String {
            switch self {
            case .attributes, .xfam: "16 hex digits, or a list of such"
            case .allowSeptVE, .allowServiceTD, .allowMigratable: "`true` or `false`"
            default: "96 hex digits, or a list of such"
            }
        }

        var standard: String {
            switch self {
            case .mrtd: "–"
            case .allowSeptVE, .allowServiceTD, .allowMigratable: "`false`"
            default: "any"
            }
        }

        var meaning: String {
            switch self {
            case .mrtd: "the TD's measurement is one of these"
            case .rtmr0, .rtmr1, .rtmr2, .rtmr3: "a measurement at run time"
            case .mrseam: "the TDX module's measurement"
            case .mrsignerseam: "the TDX module's signer; zeros are Intel"
            case .mrconfigid, .mrowner, .mrownerconfig: "what the TD's owner set at its launch"
            case .mrservicetd: "the measurement of its service TDs; none in reports of TDX 1.0"
            case .attributes: "the TD's attributes, as they stand in the report"
            case .xfam: "the extended features that it may use, as they stand in the report"
            case .allowSeptVE: "TDs whose operator can take pages away without being noticed are good enough"
            case .allowServiceTD: "TDs with a service TD beside them are good enough"
            case .allowMigratable: "TDs that may move to another platform are good enough"
            }
        }
    }

    init(_ keys: inout PolicyKeys<Key>) throws(NotationError) {
        mrtd = try keys.values(.mrtd) ?? []
        for key in Key.allCases {
            if let register = key.register { registers[register] = try keys.values(key) }
        }
        attributes = try keys.values(.attributes)
        xfam = try keys.values(.xfam)
        allowSeptVE = try keys.boolean(.allowSeptVE) ?? false
        allowServiceTD = try keys.boolean(.allowServiceTD) ?? false
        allowMigratable = try keys.boolean(.allowMigratable) ?? false
    }
}

extension AttestationPolicy.TDX {
    /// - Parameter measurement: `[measurement]`, which speaks of TDs as well.
    func judge(_ td: TDReport, beside measurement: AttestationPolicy.Measurement) -> [Reason] {
        var reasons: [Reason] = []
        if let reason = judge(td.mrtd, measurement) { reasons.append(reason) }
        reasons += judgeAttributes(td, allowDebug: measurement.allowDebug)
        for register in TDRegister.allCases {
            if let reason = listed(register.rawValue, allowed: registers[register], found: td[register]) {
                reasons.append(reason)
            }
        }
        if let reason = listed("attributes", allowed: attributes, found: td.attributesBytes) { reasons.append(reason) }
        if let reason = listed("xfam", allowed: xfam, found: td.xfamBytes) { reasons.append(reason) }
        return reasons
    }

    private func judge(_ found: FixedBytes<48>, _ measurement: AttestationPolicy.Measurement) -> Reason? {
        if measurement.released != nil {
            return Reason(
                .measurementDiffers,
                "what is to be released is for an SGX enclave, and this is a TD",
                found: found.description
            )
        }
        guard !mrtd.contains(found) else { return nil }
        if mrtd.isEmpty {
            return Reason(.measurementMissing, "no measurement was named to compare with", found: found.description)
        }
        return Reason(.measurementDiffers, "MRTD is another", expected: mrtd.listed, found: found.description)
    }

    private func judgeAttributes(_ td: TDReport, allowDebug: Bool) -> [Reason] {
        var reasons: [Reason] = []
        let attributes = td.attributes
        let found = "\(td.attributesBytes) (\(attributes))"
        if attributes.contains(.debug), !allowDebug {
            reasons.append(Reason(.debugEnclave, "the TD has the DEBUG attribute"))
        }
        if !attributes.isDisjoint(with: .reserved) {
            reasons.append(Reason(.tdxAttributes, "the TD has reserved attributes", found: found))
        }
        if !attributes.contains(.septVEDisable), !allowSeptVE {
            reasons.append(Reason(.tdxAttributes, "the TD lacks SEPT_VE_DISABLE", found: found))
        }
        if attributes.contains(.migratable), !allowMigratable {
            reasons.append(Reason(.tdxAttributes, "the TD is migratable", found: found))
        }
        if let service = td.mrservicetd, !service.isZero, !allowServiceTD {
            reasons.append(
                Reason(.tdxRegister, "the TD has a service TD", expected: "none", found: service.description)
            )
        }
        return reasons
    }

    private func listed<let count: Int>(
        _ name: String,
        allowed: [FixedBytes<count>]?,
        found: FixedBytes<count>?
    ) -> Reason? {
        guard let allowed else { return nil }
        if let found, allowed.contains(found) { return nil }
        return Reason(
            .tdxRegister,
            "\(name) has another value",
            expected: allowed.listed,
            found: found?.description ?? "none"
        )
    }
}
