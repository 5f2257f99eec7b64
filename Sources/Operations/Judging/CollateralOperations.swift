internal import Attestation
internal import DCAP
internal import DCAPCollateral
internal import Files
internal import Notation
internal import SGXQuote
internal import StrictX509
internal import WallClock

/// Collateral for itself: fetched, shown, checked.
public struct CollateralOperations: Sendable {
    private let surroundings: Surroundings
    private var state: StateFolder { surroundings.state }

    public init(in surroundings: Surroundings = Surroundings()) { self.surroundings = surroundings }

    /// What is asked for: by a quote, or by naming the platform.
    public struct Request: Sendable {
        /// A file with a quote or a certificate.
        public var quote: String?
        /// 12 hex digits.
        public var fmspc: String?
        /// `platform` or `processor`.
        public var authority: String
        /// `sgx` or `tdx`.
        public var tee: String
        /// `standard`, `early`, or the number of an evaluation.
        public var edition: String

        public init(quote: String?, fmspc: String?, authority: String, tee: String, edition: String) {
            self.quote = quote
            self.fmspc = fmspc
            self.authority = authority
            self.tee = tee
            self.edition = edition
        }

        func resolved() throws -> CollateralRequest {
            guard let edition = CollateralRequest.Edition(text: edition) else {
                throw OperationError(
                    "--update",
                    "standard, early or the number of an evaluation expected, found '\(edition.printable())'",
                    code: .usage
                )
            }
            if let quote {
                guard fmspc == nil else {
                    throw OperationError(
                        "--fmspc",
                        "a quote names its platform itself; name one or the other",
                        code: .usage
                    )
                }
                return try CollateralRequest(EvidenceInput(file: quote).evidence.quote, edition: edition)
            }
            guard let fmspc else {
                throw OperationError("collateral fetch", "a file with a quote, or --fmspc expected", code: .usage)
            }
            guard let bytes = Hex.bytes(fmspc).flatMap({ FixedBytes<6>($0) }) else {
                throw OperationError(
                    "--fmspc",
                    "12 hex digits expected, found '\(fmspc.printable())'",
                    code: .usage
                )
            }
            guard let authority = CollateralRequest.Authority(rawValue: authority) else {
                throw OperationError(
                    "--ca",
                    "platform or processor expected, found '\(authority.printable())'",
                    code: .usage
                )
            }
            guard let tee = CollateralRequest.TEE(rawValue: tee) else {
                throw OperationError(
                    "--tee",
                    "sgx or tdx expected, found '\(tee.printable())'",
                    code: .usage
                )
            }
            return CollateralRequest(fmspc: bytes, authority: authority, tee: tee, edition: edition)
        }
    }

    /// Asks the sources, fills the cache, and writes a folder when one is named.
    public func fetch(_ request: Request, options: JudgingOptions, output: String?) async throws -> CollateralReport {
        let request = try request.resolved()
        let defaults = try JudgingDefaults(state)
        let maximumAge = AttestationPolicy().tcb.maximumCollateralAge
        var origin = try options.origin(
            maximumAge: maximumAge,
            at: options.time(surroundings.clock),
            defaults,
            surroundings
        )
        origin.alwaysAsks = true
        let sources = try origin.sources()
        let delivery: CollateralDelivery
        do throws(CollateralError) {
            delivery = try await sources.collateral(for: request)
        } catch {
            guard options.collateral.isEmpty else { throw OperationError(error) }
            throw JudgingOptions.fromDefault(error, origin.source)
        }
        if let output { try FolderSource(output).write(delivery.collateral) }
        return CollateralReport(
            [
                CollateralReport.Entry(
                    title: "\(request)",
                    source: delivery.source,
                    statement: CollateralStatement(delivery.collateral),
                    notes: delivery.notes
                )
            ],
            at: surroundings.clock.now
        )
    }

    /// What is in a folder or an evidence file; nil shows the cache.
    public func show(_ path: String?) throws -> CollateralReport {
        guard let path else {
            try state.check()
            return CollateralReport(
                CollateralCache(folder: state.collateral).all().map {
                    CollateralReport.Entry(
                        title: "\($0.request)",
                        source: $0.source,
                        statement: CollateralStatement($0.collateral),
                        notes: ["fetched \($0.fetchedAt)"]
                    )
                },
                at: surroundings.clock.now
            )
        }
        let delivery = try read(path)
        return CollateralReport(
            [
                CollateralReport.Entry(
                    title: path,
                    source: delivery.source,
                    statement: CollateralStatement(delivery.collateral),
                    notes: []
                )
            ],
            at: surroundings.clock.now
        )
    }

    /// Judges what is in a folder or an evidence file: signatures, chains, dates, and that its parts belong together.
    public func check(_ path: String, options: JudgingOptions) throws -> CollateralCheck {
        let examiner = QuoteExaminer(anchor: try options.anchor(JudgingDefaults(state)))
        let time = options.time(surroundings.clock)
        return CollateralCheck(
            path: path,
            examination: examiner.examine(try read(path).collateral, at: time),
            checkedAt: time
        )
    }

    private func read(_ path: String) throws -> CollateralDelivery {
        if Files.isFolder(path) { return CollateralDelivery(try FolderSource(path).read(), from: path) }
        return try EvidenceSource(path).read()
    }
}
