internal import DCAP
internal import Notation
internal import SGXQuote

/// One entry of the cache: what was asked of whom and when, and by their digests the parts that came.
struct CacheEntry: Sendable {
    static let byteLimit = 1 << 16
    private static let version = 1

    var source: String
    var request: CollateralRequest
    var fetchedAt: Timestamp
    /// SHA-256 of each part by its name.
    var parts: [Part: String]

    /// The parts of collateral, and the names they have in an entry.
    enum Part: String, CaseIterable, Sendable {
        case rootCRL, pckCRL, tcbInfo, qeIdentity, tcbInfoChain, qeIdentityChain, pckCRLChain

        func bytes(of collateral: Collateral) -> [UInt8]? {
            switch self {
            case .rootCRL: collateral.rootCRL
            case .pckCRL: collateral.pckCRL
            case .tcbInfo: collateral.tcbInfo
            case .qeIdentity: collateral.qeIdentity
            case .tcbInfoChain: collateral.tcbInfoChain
            case .qeIdentityChain: collateral.qeIdentityChain
            case .pckCRLChain: collateral.pckCRLChain
            }
        }
    }

    init(source: String, request: CollateralRequest, fetchedAt: Timestamp, parts: [Part: String]) {
        self.source = source
        self.request = request
        self.fetchedAt = fetchedAt
        self.parts = parts
    }

    /// - Throws: `NotationError` for what isn't an entry; a damaged one is as good as none.
    init(_ bytes: [UInt8]) throws(NotationError) {
        var reader = try ObjectReader(JSON.read(bytes))
        guard try reader.integer("version", in: Self.version...Self.version) != nil else {
            throw NotationError(at: reader.place, member: "version", "is missing")
        }
        func text(_ reader: inout ObjectReader, _ name: String) throws(NotationError) -> String {
            guard let text = try reader.string(name) else {
                throw NotationError(at: reader.place, member: name, "is missing")
            }
            return text
        }
        source = try text(&reader, "source")
        guard let fmspc = FixedBytes<6>(Hex.bytes(try text(&reader, "fmspc")) ?? []),
            let authority = CollateralRequest.Authority(rawValue: try text(&reader, "authority")),
            let tee = CollateralRequest.TEE(rawValue: try text(&reader, "tee")),
            let edition = CollateralRequest.Edition(text: try text(&reader, "edition")),
            let fetchedAt = try reader.integer("fetchedAt", in: 0...Int(Int32.max) * 64)
        else { throw NotationError(at: reader.place, "fmspc, authority, tee, edition or fetchedAt can't be read") }
        request = CollateralRequest(fmspc: fmspc, authority: authority, tee: tee, edition: edition)
        self.fetchedAt = Timestamp(seconds: Int64(fetchedAt))
        guard var table = try reader.table("parts") else {
            throw NotationError(at: reader.place, member: "parts", "is missing")
        }
        parts = [:]
        for part in Part.allCases {
            guard let digest = try table.string(part.rawValue) else { continue }
            // A digest becomes a file's name.
            guard Hex.bytes(digest)?.count == 32, digest == digest.lowercased() else {
                throw NotationError(at: table.place, member: part.rawValue, "64 hex digits expected")
            }
            parts[part] = digest
        }
    }

    var node: Node {
        .object([
            "version": Node(Self.version), "source": Node(source), "fmspc": Node(request.fmspc.description),
            "authority": Node(request.authority.rawValue), "tee": Node(request.tee.rawValue),
            "edition": Node(request.edition.text),
            "fetchedAt": Node(Int(fetchedAt.seconds)),
            "parts": Node(
                .object(Part.allCases.compactMap { part in parts[part].map { Member(part.rawValue, Node($0)) } })
            ),
        ])
    }
}

extension CollateralRequest.Edition {
    /// As entries and commands write it: `standard`, `early` or a number.
    package var text: String {
        switch self {
        case .standard: "standard"
        case .early: "early"
        case .number(let number): "\(number)"
        }
    }

    package init?(text: String) {
        switch text {
        case "standard": self = .standard
        case "early": self = .early
        default:
            guard let number = Int(text), (0...Int(Int32.max)).contains(number) else { return nil }
            self = .number(number)
        }
    }
}
