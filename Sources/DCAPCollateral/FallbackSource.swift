/// Several sources, asked one after the other until one delivers what verifies. Where none does, whoever judges is told
/// by the first that delivered anything.
public struct FallbackSource: CollateralSource {
    private let sources: [any CollateralSource]
    private let trial: CollateralTrial

    /// - Precondition: there is at least one.
    public init(_ sources: [any CollateralSource], trial: CollateralTrial) {
        precondition(!sources.isEmpty, "nobody to ask")
        self.trial = trial
        self.sources = sources
    }

    public var name: String { sources.map(\.name).joined(separator: ", then ") }

    /// - Throws: the only error, or one that tells all of them.
    public func collateral(for request: CollateralRequest) async throws(CollateralError) -> CollateralDelivery {
        var errors: [CollateralError] = []
        var passedOver: CollateralDelivery?
        for source in sources {
            do throws(CollateralError) {
                var delivery = try await source.collateral(for: request)
                if let objection = trial.objection(to: delivery.collateral) {
                    passedOver = passedOver ?? delivery
                    errors.append(CollateralError(source.name, kind: .malformed, "doesn't verify (\(objection))"))
                    continue
                }
                delivery.notes = errors.map { "\($0); asked \(source.name) instead" } + delivery.notes
                return delivery
            } catch {
                errors.append(error)
            }
        }
        if var passedOver {
            passedOver.notes += errors.map { "\($0)" }
            return passedOver
        }
        guard errors.count > 1 else { throw errors[0] }
        // The best hope decides what kind of failure it is.
        let kind = errors.first(where: \.isTemporary)?.kind ?? errors[0].kind
        throw CollateralError(name, kind: kind, errors.map { "\($0.source): \($0.problem)" }.joined(separator: "; "))
    }
}
