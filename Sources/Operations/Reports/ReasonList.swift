internal import DCAP
internal import Notation

/// Reasons as people read them: in full when they are few, a line each and their mends once when they are many, so that
/// a verdict fits one screen.
struct ReasonList {
    private static let fewLimit = 3, lineLimit = 10, mendLimit = 4
    private let reasons: [Reason]

    init(_ reasons: [Reason]) {
        self.reasons = reasons
    }

    var lines: [String] {
        guard !reasons.isEmpty else { return [] }
        return [""] + (reasons.count <= Self.fewLimit ? reasons.flatMap(Self.whole) : short)
    }

    private static func whole(_ reason: Reason) -> [String] {
        ["  \(reason.code.name)   \(reason.message.printable(limit: 1000))"]
            + (reason.expected.map { ["    expected \(shorten($0))"] } ?? [])
            + (reason.found.map { ["    found    \(shorten($0))"] } ?? []) + ["    → \(reason.code.commandLineMend)"]
    }

    private var short: [String] {
        var lines = reasons.prefix(Self.lineLimit).map {
            "  \($0.code.name)   \($0.message.printable(limit: 100))"
        }
        if reasons.count > Self.lineLimit {
            lines.append("  … and \(reasons.count - Self.lineLimit) more; --json lists all")
        }
        var mends: [String] = []
        for mend in reasons.map(\.code.commandLineMend) where !mends.contains(mend) { mends.append(mend) }
        // What the reader can do right here comes before what he can only ask others for.
        mends = mends.filter { $0.contains("--") } + mends.filter { !$0.contains("--") }
        return lines + mends.prefix(Self.mendLimit).map { "    → \($0)" }
    }

    /// Digests as their ends, so that a line stays a line.
    static func shorten(_ text: String) -> String {
        let text = text.printable(limit: 300)
        return text.count >= 64 && !text.contains(" ") ? "\(text.prefix(8))…\(text.suffix(4))" : text
    }
}
