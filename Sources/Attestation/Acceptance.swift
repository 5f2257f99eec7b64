/// A verdict that said yes. What may go only to an accepted peer asks for one, and nothing else makes one.
public struct Acceptance: Sendable {
    /// The verdict that said yes.
    public let verdict: Verdict

    fileprivate init(_ verdict: Verdict) { self.verdict = verdict }
}

extension Verdict {
    /// Nil when the verdict is a refusal.
    public var acceptance: Acceptance? { isAccepted ? Acceptance(self) : nil }
}
