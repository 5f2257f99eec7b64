internal import Attestation
internal import DCAP
internal import DCAPCollateral
internal import Files
internal import FoundationEssentials
internal import Notation
internal import SGXQuote
internal import StrictX509

/// Collateral for itself: fetched, shown, checked.
public struct CollateralOperations: Sendable {
    private let state: StateFolder

    public init(in surroundings: Surroundings = Surroundings()) { state = surroundings.state }

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
                    "standard, early or the number of an evaluation expected, found '\(NotationError.printable(edition))'",
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
                    "12 hex digits expected, found '\(NotationError.printable(fmspc))'",
                    code: .usage
                )
            }
            guard let authority = CollateralRequest.Authority(rawValue: authority) else {
                throw OperationError(
                    "--ca",
                    "platform or processor expected, found '\(NotationError.printable(authority))'",
                    code: .usage
                )
            }
            guard let tee = CollateralRequest.TEE(rawValue: tee) else {
                throw OperationError(
                    "--tee",
                    "sgx or tdx expected, found '\(NotationError.printable(tee))'",
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
        let source = try options.origin(maximumAge: maximumAge, defaults, state).sources()
        let delivery: CollateralDelivery
        do throws(CollateralError) {
            delivery = try await source.collateral(for: request)
        } catch {
            throw options.collateral.isEmpty ? try JudgingOptions.fromDefault(error, defaults) : error
        }
        if let output { try FolderSource(output).write(delivery.collateral) }
        return CollateralReport([
            CollateralReport.Entry(
                title: "\(request)",
                source: delivery.source,
                statement: CollateralStatement(delivery.collateral),
                notes: delivery.notes
            )
        ])
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
                        notes: ["fetched \(CalendarTime.text($0.fetchedAt))"]
                    )
                }
            )
        }
        let delivery = try read(path)
        return CollateralReport([
            CollateralReport.Entry(
                title: path,
                source: delivery.source,
                statement: CollateralStatement(delivery.collateral),
                notes: []
            )
        ])
    }

    /// Judges what is in a folder or an evidence file: signatures, chains, dates, and that its parts belong together.
    public func check(_ path: String, options: JudgingOptions) throws -> CollateralCheck {
        let examiner = QuoteExaminer(anchor: try options.anchor(JudgingDefaults(state)))
        let time = options.time()
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

/// Collateral by its parts and their dates, for people and programs.
public struct CollateralReport: Sendable {
    struct Entry: Sendable {
        var title: String
        var source: String
        var statement: CollateralStatement
        var notes: [String]
    }

    let entries: [Entry]

    init(_ entries: [Entry]) { self.entries = entries }

    public var text: String {
        let now = Int64(Date().timeIntervalSince1970)
        if entries.isEmpty { return "no collateral is kept here\n" }
        return entries.map { entry in
            var lines = [FileError.printable("\(entry.title)  from \(entry.source)")]
            let width = entry.statement.parts.map(\.name.count).max() ?? 0
            for part in entry.statement.parts {
                let end = part.end.map { CalendarTime.text($0) } ?? "never"
                let mark = part.end.map { now > $0 } ?? false ? "  EXPIRED" : ""
                let name = part.name + String(repeating: " ", count: width - part.name.count)
                lines.append(
                    "  \(name)  \(CalendarTime.text(part.start)) to \(end)\(mark)  \(NotationError.printable(part.detail))"
                )
            }
            lines +=
                entry.statement.problems.map { "  unreadable: \(NotationError.printable($0, limit: 500))" }
                + entry.notes.map { "  \(NotationError.printable($0, limit: 500))" }
            return lines.joined(separator: "\n") + "\n"
        }.joined(separator: "\n")
    }

    public var json: String {
        JSON.pretty(
            Node(
                .array(
                    entries.map { entry in
                        .object([
                            "title": Node(entry.title), "source": Node(entry.source),
                            "fmspc": entry.statement.fmspc.map { Node($0.description) },
                            "tee": entry.statement.tee.map { Node($0) },
                            "tcbEvaluationDataNumber": entry.statement.tcbEvaluationDataNumber.map { Node($0) },
                            "qeEvaluationDataNumber": entry.statement.qeEvaluationDataNumber.map { Node($0) },
                            "validUntil": entry.statement.period.map { Node(CalendarTime.text($0.end)) },
                            "parts": Node(
                                .array(
                                    entry.statement.parts.map { part in
                                        .object([
                                            "name": Node(part.name), "from": Node(CalendarTime.text(part.start)),
                                            "until": part.end.map { Node(CalendarTime.text($0)) } ?? Node(.null),
                                            "detail": Node(part.detail),
                                        ])
                                    }
                                )
                            ), "problems": Node(.array(entry.statement.problems.map { Node($0) })),
                            "notes": Node(.array(entry.notes.map { Node($0) })),
                        ])
                    }
                )
            )
        )
    }
}

/// Whether collateral is consistent, for people and programs.
public struct CollateralCheck: Sendable {
    let path: String
    let examination: CollateralExamination
    /// Seconds since 1970.
    let checkedAt: Int64

    public var isConsistent: Bool { examination.isConsistent }

    public var text: String {
        var lines = ["\(isConsistent ? "CONSISTENT" : "REFUSED")  \(FileError.printable(path))"]
        if let end = examination.validUntil { lines.append("  valid until  \(CalendarTime.text(end))") }
        if !examination.isPCKCRLProven {
            lines.append(
                "  note         the PCK CRL's signature is proven with a quote's chain only: its issuer's chain isn't here"
            )
        }
        lines += ReasonList(examination.reasons).lines
        return lines.joined(separator: "\n") + "\n"
    }

    public var json: String {
        JSON.pretty(
            .object([
                "consistent": Node(.boolean(isConsistent)), "checkedAt": Node(CalendarTime.text(checkedAt)),
                "validUntil": examination.validUntil.map { Node(CalendarTime.text($0)) } ?? Node(.null),
                "pckCRLProven": Node(.boolean(examination.isPCKCRLProven)),
                "reasons": Node(.array(examination.reasons.map(\.node))),
            ])
        )
    }
}
