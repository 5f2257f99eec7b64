internal import DCAP
internal import Notation
public import SGXQuote

extension AttestationPolicy {
    /// `[platform]`: on which processors, and how they are set.
    public struct Platform: Hashable, Sendable {
        /// Nil allows any.
        public var fmspc: [FixedBytes<6>]?
        /// Processors, by their PPID; nil for any.
        public var ppid: [FixedBytes<16>]?
        /// Platforms of several packages, by their instance's identifier; nil for any.
        public var platformInstance: [FixedBytes<16>]?
        /// Whether hyper-threading may be on.
        public var allowSMT = true
        /// Whether packages may be added and removed.
        public var allowDynamicPlatform = true
        /// Whether the registration service may keep the platform's root keys.
        public var allowCachedKeys = true

        /// Any platform of Intel's.
        public init() {}
    }
}

extension AttestationPolicy.Platform: PolicyTable {
    static let name = "platform"

    enum Key: String, PolicyKey {
        case fmspc, ppid
        case platformInstance = "platform_instance"
        case smt
        case dynamicPlatform = "dynamic_platform"
        case cachedKeys = "cached_keys"

        var form: String {
            switch self {
            case .fmspc: "12 hex digits, or a list of such"
            case .ppid, .platformInstance: "32 hex digits, or a list of such"
            case .smt, .dynamicPlatform, .cachedKeys: "`\"allow\"` or `\"refuse\"`"
            }
        }

        var standard: String {
            switch self {
            case .fmspc, .ppid, .platformInstance: "any"
            case .smt, .dynamicPlatform, .cachedKeys: "`\"allow\"`"
            }
        }

        var meaning: String {
            switch self {
            case .fmspc: "families of processors"
            case .ppid: "single processors"
            case .platformInstance: "platforms of several processors"
            case .smt: "simultaneous multithreading; refused, it must be stated to be off"
            case .dynamicPlatform: "platforms to which processors can be added"
            case .cachedKeys: "platforms whose keys the registration service keeps"
            }
        }
    }

    init(_ keys: inout PolicyKeys<Key>) throws(NotationError) {
        fmspc = try keys.values(.fmspc)
        ppid = try keys.values(.ppid)
        platformInstance = try keys.values(.platformInstance)
        allowSMT = try keys.allows(.smt)
        allowDynamicPlatform = try keys.allows(.dynamicPlatform)
        allowCachedKeys = try keys.allows(.cachedKeys)
    }
}

extension AttestationPolicy.Platform {
    /// - Parameter found: what the PCK certificate says; nil when it couldn't be read.
    func judge(_ found: PCKExtension?) -> [Reason] {
        let settings = found?.configuration
        return [
            listed("FMSPC", allowed: fmspc, found: found?.fmspc),
            listed("PPID", allowed: ppid, found: found?.ppid),
            listed("the platform instance id", allowed: platformInstance, found: found?.platformInstanceID),
            off("SMT", isAllowed: allowSMT, isOn: settings?.smtEnabled),
            off("a dynamic platform", isAllowed: allowDynamicPlatform, isOn: settings?.dynamicPlatform),
            off("cached keys", isAllowed: allowCachedKeys, isOn: settings?.cachedKeys),
        ].compactMap { $0 }
    }

    private func listed<let count: Int>(
        _ name: String,
        allowed: [FixedBytes<count>]?,
        found: FixedBytes<count>?
    ) -> Reason? {
        guard let allowed else { return nil }
        if let found, allowed.contains(found) { return nil }
        return Reason(
            .platformNotAllowed,
            "\(name) isn't listed",
            expected: allowed.listed,
            found: found?.description ?? "none"
        )
    }

    /// What isn't stated may be on.
    private func off(_ name: String, isAllowed: Bool, isOn: Bool?) -> Reason? {
        guard !isAllowed, isOn != false else { return nil }
        return Reason(
            .platformNotAllowed,
            "\(name) isn't allowed",
            expected: "off",
            found: isOn == nil ? "not stated" : "on"
        )
    }
}
