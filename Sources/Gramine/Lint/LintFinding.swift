package import Notation

/// A setting of a manifest that signs, and is insecure, slow or not what it seems.
package struct LintFinding: Hashable, Sendable, CustomStringConvertible {
    package enum Level: String, Hashable, Sendable, Comparable {
        /// Cost or tidiness.
        case information = "I"
        /// Probably wrong, or weak.
        case warning = "W"
        /// Nothing that should be signed for use.
        case error = "E"

        private var rank: Int {
            switch self {
            case .information: 0
            case .warning: 1
            case .error: 2
            }
        }

        package static func < (left: Level, right: Level) -> Bool { left.rank < right.rank }
    }

    package let rule: LintRule
    package let level: Level
    /// The setting, as it stands there.
    package let found: String
    package let place: Place

    init(_ rule: LintRule, _ found: String, at place: Place = .none, level: Level? = nil) {
        self.rule = rule
        self.level = level ?? rule.level
        self.found = found
        self.place = place
    }

    package var description: String {
        let line = place.line == 0 ? "" : "\(place): "
        return "\(line)\(level.rawValue) \(rule.rawValue): \(found.printable(limit: 200)): \(rule.reason); \(rule.mend)"
    }
}
