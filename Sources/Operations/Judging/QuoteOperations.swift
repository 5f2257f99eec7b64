internal import Attestation
internal import DCAP
internal import DCAPCollateral
internal import Notation
internal import SGXQuote
internal import StrictX509

/// Any quote, shown or judged.
public enum QuoteOperations {
    /// Every field, named.
    public static func show(_ path: String) throws -> QuoteDescription {
        QuoteDescription(try EvidenceInput(file: path).evidence.quote)
    }

    public static func verify(_ path: String, options: JudgingOptions, in surroundings: Surroundings = Surroundings())
        async throws -> Judgement
    {
        try await JudgingSession(options, surroundings).judge(.init(file: path, try EvidenceInput(file: path)))
    }
}
