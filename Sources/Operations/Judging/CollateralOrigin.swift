internal import Attestation
internal import DCAP
internal import DCAPCollateral
internal import Files
internal import Notation
internal import SGXQuote
internal import StrictX509
internal import WallClock

/// Where commands look for collateral: names in the order in which they are asked.
struct CollateralOrigin {
    /// Folders, evidence files, addresses.
    var source: JudgingDefaults.Source
    /// PEM; for services whose TLS the system doesn't trust.
    var certificateAuthority: String?
    /// Seconds since the documents were issued that a cached copy may have.
    var maximumAge: Duration
    var state: StateFolder
    var clock: WallClock
    /// Under which, and at which time, what one source delivers must verify before the next is not asked.
    var anchor: TrustAnchor
    var time: Timestamp
    /// Whether services are asked however fresh the cache is.
    var alwaysAsks = false

    func sources() throws -> any CollateralSource { inTurn(try source.names.map(named)) }

    /// For a quote's platform. A quote that carries no PCK certificate names none: then only folders and files can be
    /// asked.
    func collateral(for quote: Quote) async throws -> CollateralDelivery {
        let sources = try source.names.map(named)
        let request: CollateralRequest
        do {
            request = try CollateralRequest(quote)
        } catch {
            let local = sources.filter { !($0 is CachedSource) }
            if local.isEmpty { throw error }
            return noted(try await inTurn(local).collateral(for: .any))
        }
        return noted(try await inTurn(sources).collateral(for: request))
    }

    private func noted(_ delivery: CollateralDelivery) -> CollateralDelivery {
        var delivery = delivery
        delivery.notes += source.notes
        return delivery
    }

    private func inTurn(_ sources: [any CollateralSource]) -> any CollateralSource {
        sources.count == 1
            ? sources[0] : FallbackSource(sources, trial: CollateralTrial(anchor: anchor, now: { [time] in time }))
    }

    private static func isAddress(_ name: String) -> Bool { name.hasPrefix("http://") || name.hasPrefix("https://") }

    /// - Throws: for what is neither an address nor there.
    static func check(_ setting: NamedSetting) throws(OperationError) {
        let name = setting.value
        if isAddress(name) {
            do {
                _ = try NetworkAddress(name)
            } catch {
                throw OperationError("\(setting.place) \(error.subject)", error.problem, code: .setting)
            }
        } else if !Files.exists(name) {
            throw OperationError(
                setting.place,
                "'\(name.printable())' is neither an address nor a folder nor a file",
                code: .notFound
            )
        }
    }

    private func named(_ setting: NamedSetting) throws -> any CollateralSource {
        try Self.check(setting)
        let name = setting.value
        if Self.isAddress(name) {
            let now = { @Sendable [clock] in clock.now }
            return CachedSource(
                ServiceSource(name, certificateAuthority: certificateAuthority, retry: source.retry, now: now),
                cache: CollateralCache(folder: state.collateral),
                maximumAge: maximumAge,
                anchor: anchor,
                alwaysAsks: alwaysAsks,
                now: now
            )
        }
        return Files.isFolder(name) ? FolderSource(name) : EvidenceSource(name)
    }
}

extension CollateralRequest {
    /// For sources that have the collateral of one platform and don't ask which.
    fileprivate static let any = CollateralRequest(fmspc: FixedBytes(), authority: .platform, tee: .sgx)
}

/// The collateral in an evidence file.
struct EvidenceSource: CollateralSource {
    let name: String

    init(_ path: String) { name = path }

    func collateral(for request: CollateralRequest) throws(CollateralError) -> CollateralDelivery { try read() }

    func read() throws(CollateralError) -> CollateralDelivery {
        do {
            let bytes = try Files.read(name, limit: EvidenceFile.byteLimit)
            let kind = ContentKind(bytes)
            guard kind == .json else {
                throw CollateralError(
                    name,
                    kind: .malformed,
                    "is \(kind.description); a folder, an evidence file or an address is expected"
                )
            }
            guard let collateral = try EvidenceInput(bytes).collateral else {
                throw CollateralError(name, kind: .malformed, "holds no collateral")
            }
            return CollateralDelivery(collateral, from: name)
        } catch {
            throw .wrapping(error, source: name)
        }
    }
}
