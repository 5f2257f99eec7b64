internal import Attestation
internal import CodePackage
internal import DCAP
internal import DCAPCollateral
internal import Files
internal import Foundation
internal import Gramine
internal import Notation
internal import SGXQuote
internal import SimulatedProcessor
internal import StrictX509

/// What every command that judges is told (DESIGN §8).
public struct JudgingOptions: Sendable {
    /// Folder, evidence file or address.
    public var collateral: String?
    public var policy: String?
    /// Hexadecimal text, or a file that holds it.
    public var expected: String?
    public var package: String?
    public var trustedRoot: String?
    /// RFC 3339; nil is now.
    public var at: String?

    public init(
        collateral: String? = nil, policy: String? = nil, expected: String? = nil, package: String? = nil, trustedRoot: String? = nil,
        at: String? = nil
    ) {
        self.collateral = collateral
        self.policy = policy
        self.expected = expected
        self.package = package
        self.trustedRoot = trustedRoot
        self.at = at
    }

    /// Seconds since 1970.
    func time() throws -> Int64 {
        guard let at else { return Int64(Date().timeIntervalSince1970) }
        guard let seconds = CalendarTime.seconds(at) else {
            throw OperationError("--at", "a time such as 2026-01-31T12:00:00Z expected, found '\(NotationError.printable(at))'")
        }
        return seconds
    }

    /// Root and policy, with the reference values that were named besides.
    func verifier(_ state: StateFolder) throws -> Verifier {
        var policy = AttestationPolicy()
        if let path = self.policy {
            do {
                policy = try AttestationPolicy(try Files.read(path, limit: AttestationPolicy.byteLimit))
            } catch let error as NotationError {
                throw OperationError(path, "\(error)")
            }
        }
        if let expected { try Self.add(expected, to: &policy) }
        if let package {
            // The original's packages say no measurement; they are judged by whatever else names one.
            let file = try PackageFile(package)
            if file.runtime != nil || !policy.namesReference { policy.measurement.mrenclave.append(try file.record().measurement) }
        }
        var anchor = TrustAnchor.intel
        if let path = try trustedRoot ?? state.defaults().trustedRoot {
            do {
                anchor = try TrustAnchor(file: try Files.read(path, limit: 1 << 16))
            } catch let error as TrustAnchorError {
                throw OperationError(path, "\(error)")
            }
        }
        return Verifier(anchor: anchor, policy: policy)
    }

    private static func add(_ expected: String, to policy: inout AttestationPolicy) throws {
        var text = expected
        if Hex.bytes(text) == nil || text.isEmpty, Files.exists(text) {
            text = String(decoding: try Files.read(text, limit: 4096).filter { $0 > 0x20 }, as: UTF8.self)
        }
        switch Hex.bytes(text) {
        case let bytes? where bytes.count == 32: policy.measurement.mrenclave.append(bytes)
        case let bytes? where bytes.count == 48: policy.tdx.mrtd.append(bytes)
        default:
            throw OperationError(
                "--expected",
                "MRENCLAVE as 64 or MRTD as 96 hex digits expected, or a file that holds them; found '\(NotationError.printable(expected))'"
            )
        }
    }

    /// Collateral for a quote: from what was named, else from its own platform, else from the configured default.
    func collateral(for quote: Quote, platform: SimulatedPlatform?, at time: Int64, _ state: StateFolder) async throws -> Collateral {
        guard let name = collateral else {
            if let platform { return try platform.collateral(at: time) }
            return try await Self.read(try state.defaultCollateral(), quote)
        }
        return try await Self.read(name, quote)
    }

    private static func read(_ name: String, _ quote: Quote) async throws -> Collateral {
        if name.hasPrefix("http://") || name.hasPrefix("https://") {
            return try await ServiceSource(name).collateral(for: query(quote))
        }
        if Files.isFolder(name) { return try FolderSource(name).read() }
        do {
            return try EvidenceFile(try Files.read(name, limit: EvidenceFile.byteLimit)).collateral
        } catch let error as NotationError {
            throw OperationError(name, "\(error)")
        }
    }

    /// Which platform a quote says it is of; unproven, and good enough to ask with.
    private static func query(_ quote: Quote) throws -> PlatformQuery {
        guard let platform = PlatformQuery(quote) else {
            throw OperationError(
                "--collateral", "the quote carries no readable PCK chain, so a service can't be asked about its platform; name a folder")
        }
        return platform
    }
}

extension PlatformQuery {
    fileprivate init?(_ quote: Quote) {
        guard quote.layout.certificationKind == .chain,
            let blocks = try? PEM.blocks(quote[quote.layout.certificationData], label: "CERTIFICATE", allowsNUL: true), blocks.count >= 2,
            let leaf = try? Certificate(blocks[0]), let extension_ = try? PCKExtension(of: leaf)
        else { return nil }
        let isProcessor = leaf.issuer.commonName?.contains("Processor") ?? false
        self.init(
            fmspc: Array(extension_.fmspc), authority: isProcessor ? .processor : .platform, tee: quote.layout.tee == .sgx ? .sgx : .tdx)
    }
}
