internal import Attestation
internal import DCAPCollateral
internal import Notation
internal import SGXQuote

/// One judging: a time, a root with its policy, a package, and collateral once it is known for which platform.
///
/// Made before anybody is called, so that what is wrong with an option is told first.
struct JudgingSession: Sendable {
    let verifier: Verifier
    let time: Timestamp
    private let options: JudgingOptions
    private let defaults: JudgingDefaults
    private let package: JudgedPackage?
    private let surroundings: Surroundings

    init(_ options: JudgingOptions, _ surroundings: Surroundings) throws {
        defaults = try JudgingDefaults(surroundings.state)
        package = try options.package.map { try JudgedPackage($0) }
        verifier = try options.verifier(defaults, package)
        time = options.time(surroundings.clock)
        self.options = options
        self.surroundings = surroundings
    }

    /// What is judged, as the answer calls it, and what is known of it besides the policy.
    struct Subject: Sendable {
        let title: String
        let evidence: Evidence
        var expectation = Expectation()
        /// Where it was launched, if that was by this user.
        var place: LaunchPlace?
        /// What came with the evidence; used unless a source was named.
        var collateral: CollateralDelivery?
        var notes: [String] = []
    }

    func judge(_ subject: Subject) async throws -> Judgement {
        let delivery = try await collateral(for: subject)
        var judgement = Judgement(
            title: subject.title,
            verdict: verifier.judge(
                subject.evidence,
                with: delivery.collateral,
                expecting: subject.expectation,
                at: time
            ),
            package: package,
            collateral: delivery
        )
        judgement.notes += subject.notes
        return judgement
    }

    private func collateral(for subject: Subject) async throws -> CollateralDelivery {
        if let own = subject.collateral, options.collateral.isEmpty { return own }
        return try await options.collateral(
            for: subject.evidence.quote,
            place: subject.place,
            at: time,
            maximumAge: verifier.policy.tcb.maximumCollateralAge,
            defaults,
            surroundings
        )
    }
}

extension JudgingSession.Subject {
    /// A file that holds evidence of whatever form.
    init(file path: String, _ input: EvidenceInput) {
        self.init(
            title: path,
            evidence: input.evidence,
            collateral: input.collateral.map { CollateralDelivery($0, from: path) },
            notes: input.notes
        )
    }
}
