/// What has a TCB of its own, each with the level that fits it. What they say together tells no more which of them said
/// it, so a policy is asked about each.
public struct TCBParts: Hashable, Sendable {
    /// What has a TCB of its own.
    public enum Part: String, Sendable, CaseIterable {
        case platform, tdxModule, qe
        /// Those that run now, where a TD was launched under others (TEE_TCB_SVN2).
        case currentPlatform, currentTDXModule

        /// In sentences.
        public var description: String {
            switch self {
            case .platform: "the platform"
            case .tdxModule: "the TDX module"
            case .qe: "the quoting enclave"
            case .currentPlatform: "the platform as it runs now"
            case .currentTDXModule: "the TDX module that runs now"
            }
        }
    }

    private var findings: [Part: TCBFinding] = [:]

    /// Nil for a part that there isn't, and for one that no level fits.
    public internal(set) subscript(part: Part) -> TCBFinding? {
        get { findings[part] }
        set { findings[part] = newValue }
    }

    /// Those that a level fits, in the order of their cases.
    public var all: [(part: Part, finding: TCBFinding)] {
        Part.allCases.compactMap { part in findings[part].map { (part, $0) } }
    }

    /// No part has a level.
    public var isEmpty: Bool { findings.isEmpty }
}
