/// How far a platform is from what Intel calls up to date, in Intel's spelling.
public enum TCBStatus: String, Sendable, CaseIterable {
    case upToDate = "UpToDate"
    case swHardeningNeeded = "SWHardeningNeeded"
    case configurationNeeded = "ConfigurationNeeded"
    case configurationAndSWHardeningNeeded = "ConfigurationAndSWHardeningNeeded"
    case outOfDate = "OutOfDate"
    case outOfDateConfigurationNeeded = "OutOfDateConfigurationNeeded"
    /// Computed by the verifier alone, never written in a document.
    case tdRelaunchAdvised = "TDRelaunchAdvised"
    case tdRelaunchAdvisedConfigurationNeeded = "TDRelaunchAdvisedConfigurationNeeded"
    case revoked = "Revoked"

    /// What a level of TCB info may say.
    var isOfPlatform: Bool { self != .tdRelaunchAdvised && self != .tdRelaunchAdvisedConfigurationNeeded }
    /// What a level of a TDX module or a quoting enclave may say.
    var isOfEnclave: Bool { self == .upToDate || self == .outOfDate || self == .revoked }
    var isOutOfDate: Bool { self == .outOfDate || self == .outOfDateConfigurationNeeded }
    var speaksOfConfiguration: Bool {
        switch self {
        case .configurationNeeded, .configurationAndSWHardeningNeeded, .outOfDateConfigurationNeeded,
            .tdRelaunchAdvisedConfigurationNeeded:
            true
        default: false
        }
    }

    /// Whether everything that the other complains of is named by this status too.
    public func names(_ other: TCBStatus) -> Bool {
        if self == .revoked || other == .revoked { return self == other }
        return (!other.speaksOfAge || speaksOfAge) && (!other.speaksOfConfiguration || speaksOfConfiguration)
            && (!other.speaksOfHardening || speaksOfHardening)
    }

    private var speaksOfAge: Bool {
        isOutOfDate || self == .tdRelaunchAdvised || self == .tdRelaunchAdvisedConfigurationNeeded
    }
    private var speaksOfHardening: Bool { self == .swHardeningNeeded || self == .configurationAndSWHardeningNeeded }

    /// Whether a TD whose module is old would do better when it was launched again under the current one.
    var isHelpedByRelaunch: Bool {
        switch self {
        case .upToDate, .swHardeningNeeded, .configurationNeeded, .configurationAndSWHardeningNeeded: true
        default: false
        }
    }

    /// The status of a level together with those of module and quoting enclave, as Intel's quote
    /// verification library converges them.
    func converged(with others: [TCBStatus?]) -> TCBStatus {
        if self == .revoked || others.contains(.revoked) { return .revoked }
        guard others.contains(.outOfDate) else { return self }
        return speaksOfConfiguration ? .outOfDateConfigurationNeeded : .outOfDate
    }
}
