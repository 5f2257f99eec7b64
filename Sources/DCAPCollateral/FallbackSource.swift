/// Several sources, asked one after the other until one delivers.
public struct FallbackSource: CollateralSource {
    private let sources: [any CollateralSource]

    /// - Precondition: there is at least one.
    public init(_ sources: [any CollateralSource]) {
        precondition(!sources.isEmpty, "nobody to ask")
        self.sources = sources
    }

    public var name: String { sources.map(\.name).joined(separator: ", then ") }

    /// - Throws: the only error, or one that tells all of them.
    public func collateral(for request: CollateralRequest) async throws(CollateralError) -> CollateralDelivery {
        var errors: [CollateralError] = []
        for source in sources {
            do throws(CollateralError) {
                var delivery = try await source.collateral(for: request)
                delivery.notes = errors.map { "\($0); asked \(source.name) instead" } + delivery.notes
                return delivery
            } catch {
                errors.append(error)
            }
        }
        guard errors.count > 1 else { throw errors[0] }
        // The best hope decides what kind of failure it is.
        let kind = errors.first(where: \.isTemporary)?.kind ?? errors[0].kind
        throw CollateralError(name, kind, errors.map { "\($0.source): \($0.problem)" }.joined(separator: "; "))
    }
}
