public import DCAP

/// Where collateral comes from. What it brings is never trusted: whoever judges verifies all of it.
public protocol CollateralSource: Sendable {
    /// Folder, file or address.
    var name: String { get }

    /// - Throws: `CollateralError` when there is none for this platform, or it could not be had.
    func collateral(for request: CollateralRequest) async throws(CollateralError) -> CollateralDelivery
}

/// Collateral and where it came from.
public struct CollateralDelivery: Hashable, Sendable {
    /// As it was delivered; believed by nobody before it was examined.
    public var collateral: Collateral
    /// Folder, file or address.
    public var source: String
    /// What a person should know of how it came about, each a sentence: an old edition, a deprecated service.
    public var notes: [String]

    /// What a source delivered.
    public init(_ collateral: Collateral, from source: String, notes: [String] = []) {
        self.collateral = collateral
        self.source = source
        self.notes = notes
    }
}
