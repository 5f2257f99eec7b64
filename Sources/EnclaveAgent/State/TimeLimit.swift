/// How long something may take that a service could draw out.
struct TimeLimit: Sendable {
    let seconds: Int
    private let end: ContinuousClock.Instant

    init(seconds: Int) {
        self.seconds = seconds
        end = .now + .seconds(seconds)
    }

    /// - Parameter path: what is being worked on.
    /// - Throws: `HomeProblem.timeLimit`.
    func check(_ path: String) throws(HomeProblem) {
        guard .now < end else { throw .timeLimit(path, seconds: seconds) }
    }
}
