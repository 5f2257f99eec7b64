public import Notation

/// What could be told about a quote: all that was found, and every reason against it.
public struct Examination: Sendable {
    /// All that speaks against it.
    public internal(set) var reasons: [Reason] = []
    /// Nil when it could not be told, or when no level fits.
    public internal(set) var status: TCBStatus?
    /// What platform, TDX module and quoting enclave say each; a policy is asked about each.
    public internal(set) var parts = TCBParts()
    /// The earliest date of the levels that count.
    public internal(set) var tcbDate: Timestamp?
    /// Sorted, each once.
    public internal(set) var advisories: [String] = []
    /// The lower of the two documents' numbers.
    public internal(set) var evaluationDataNumber: Int?
    /// What the PCK certificate says of the platform; nil when it can't be read.
    public internal(set) var platform: PCKExtension?
    /// The older issueDate of the two documents.
    public internal(set) var earliestIssue: Timestamp?
    /// The earliest nextUpdate of documents and lists.
    public internal(set) var collateralExpiration: Timestamp?
    /// The earliest end of everything that was used, certificates included.
    public internal(set) var validUntil: Timestamp?
    /// The subject of the root that was named instead of Intel's.
    public internal(set) var foreignRoot: String?

    /// Whether nothing speaks against the quote's being of real hardware and unaltered.
    public var isGenuine: Bool { !reasons.contains { $0.question == .genuine } }

    /// Adds reasons, each once: one certificate can stand in several chains.
    mutating func add(_ more: [Reason]) {
        for reason in more where !reasons.contains(reason) { reasons.append(reason) }
    }

    /// Compares what has dates with the time, and remembers the earliest end.
    mutating func compare(_ periods: [ValidityPeriod], with time: Timestamp) {
        for period in periods {
            if time < period.start || period.end.map({ time > $0 }) ?? false {
                var found: [Reason] = []
                period.check(at: time, &found)
                add(found)
            }
            guard let end = period.end else { continue }
            validUntil = min(validUntil ?? end, end)
            if period.part.isCollateral { collateralExpiration = min(collateralExpiration ?? end, end) }
        }
    }
}
