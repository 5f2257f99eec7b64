public import DCAP

/// Where collateral comes from. What it brings is never trusted: whoever judges verifies all of it.
public protocol CollateralSource: Sendable {
    /// - Throws: `CollateralError` when there is none for this platform, or it could not be had.
    func collateral(for platform: PlatformQuery) async throws(CollateralError) -> Collateral
}

/// What of a quote decides which collateral belongs to it.
public struct PlatformQuery: Hashable, Sendable {
    public enum Authority: String, Sendable { case platform, processor }
    public enum TEE: String, Sendable { case sgx, tdx }

    /// 6 bytes.
    public var fmspc: [UInt8]
    public var authority: Authority
    public var tee: TEE

    public init(fmspc: [UInt8], authority: Authority, tee: TEE) {
        self.fmspc = fmspc
        self.authority = authority
        self.tee = tee
    }
}

public struct CollateralError: Error, Hashable, CustomStringConvertible {
    /// Folder, file or address.
    public var source: String
    public var problem: String

    public init(_ source: String, _ problem: String) {
        self.source = source
        self.problem = problem
    }

    public var description: String { "\(source): \(problem)" }
}
