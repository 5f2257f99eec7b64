internal import Notation

extension AttestationPolicy {
    /// `[freshness]`: nothing of it can be demanded yet, and a demand that isn't met must not pass unseen.
    public struct Freshness: Hashable, Sendable {
        /// Demands nothing.
        public init() {}
    }
}

extension AttestationPolicy.Freshness: PolicyTable {
    static let name = "freshness"

    enum Key: String, PolicyKey {
        case require
        case maximumQuoteAge = "max_quote_age"

        var form: String {
            switch self {
            case .require: "`\"none\"`"
            case .maximumQuoteAge: "nothing yet"
            }
        }

        var standard: String { self == .require ? "`\"none\"`" : "–" }

        var meaning: String {
            switch self {
            case .require: "nothing else can be demanded yet"
            case .maximumQuoteAge: "can't be demanded yet: an error, so that nobody believes it is"
            }
        }
    }

    init(_ keys: inout PolicyKeys<Key>) throws(NotationError) {
        if let node = keys.optional(.require), node.value != .string("none") {
            throw keys.error(.require, "can't be demanded yet; only \"none\" can be said", at: node.place)
        }
        if let node = keys.optional(.maximumQuoteAge) {
            throw keys.error(.maximumQuoteAge, "can't be demanded yet", at: node.place)
        }
    }
}
