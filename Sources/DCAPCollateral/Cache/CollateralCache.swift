internal import Crypto
package import DCAP
internal import Files
package import Notation
internal import SGXQuote

/// Collateral on disk. Parts lie under the SHA-256 of their bytes and are compared with it when they are read; entries
/// say what was asked and which parts came. Files are 0600, replaced in one step, and nothing in them is believed:
/// whoever judges verifies all of it again.
public struct CollateralCache: Sendable {
    /// Its folder, for one user alone.
    public let folder: String
    /// More entries than these are too many: the longest unused go.
    public static let entryLimit = 256
    private static let partLimit = 2 << 20

    /// Makes nothing before something is kept.
    public init(folder: String) {
        self.folder = folder
    }

    private var objects: String { folder + "/objects" }
    private var entries: String { folder + "/entries" }

    /// What an entry says and holds.
    package struct Stored: Sendable {
        package var source: String
        package var request: CollateralRequest
        package var fetchedAt: Timestamp
        package var collateral: Collateral
    }

    // MARK: Reading

    /// Nil when there is none, or it is damaged.
    func stored(_ source: String, _ request: CollateralRequest) -> Stored? {
        read(entries + "/" + Self.name(source, request))
    }

    /// All that can be read, by their names.
    package func all() -> [Stored] {
        let names = (try? Files.names(in: entries)) ?? []  // a folder that isn't there holds none
        return names.prefix(4 * Self.entryLimit).filter { $0.hasSuffix(".json") }.compactMap {
            read(entries + "/" + $0)
        }
    }

    private func read(_ path: String) -> Stored? {
        guard let bytes = try? Files.read(path, limit: CacheEntry.byteLimit), let entry = try? CacheEntry(bytes) else {
            return nil
        }
        func part(_ part: CacheEntry.Part) -> [UInt8]? {
            guard let digest = entry.parts[part],
                let bytes = try? Files.read(objects + "/" + digest, limit: Self.partLimit),
                Self.digest(bytes) == digest
            else { return nil }
            return bytes
        }
        guard let rootCRL = part(.rootCRL), let pckCRL = part(.pckCRL), let tcbInfo = part(.tcbInfo),
            let qeIdentity = part(.qeIdentity),
            let tcbInfoChain = part(.tcbInfoChain), let qeIdentityChain = part(.qeIdentityChain)
        else { return nil }
        let collateral = Collateral(
            rootCRL: rootCRL,
            pckCRL: pckCRL,
            tcbInfo: tcbInfo,
            qeIdentity: qeIdentity,
            tcbInfoChain: tcbInfoChain,
            qeIdentityChain: qeIdentityChain,
            pckCRLChain: part(.pckCRLChain)
        )
        return Stored(source: entry.source, request: entry.request, fetchedAt: entry.fetchedAt, collateral: collateral)
    }

    // MARK: Writing

    /// Parts first, then the entry: whoever reads in between sees the old one whole.
    func store(_ collateral: Collateral, from source: String, for request: CollateralRequest, at time: Timestamp)
        throws(FileError)
    {
        for folder in [objects, entries] { try Files.makeFolder(folder, mode: 0o700) }
        var parts: [CacheEntry.Part: String] = [:]
        for part in CacheEntry.Part.allCases {
            guard let bytes = part.bytes(of: collateral) else { continue }
            let digest = Self.digest(bytes)
            parts[part] = digest
            let path = objects + "/" + digest
            // One that is there may be damaged; writing it again costs less than finding out.
            try Files.write(bytes, to: path, mode: 0o600)
        }
        let entry = CacheEntry(source: source, request: request, fetchedAt: time, parts: parts)
        try Files.write(JSON.pretty(entry.node), to: entries + "/" + Self.name(source, request), mode: 0o600)
        try prune()
    }

    /// Holds an entry for one process: others wait, and then find what it fetched. Blocks until nobody else holds it.
    func lock(_ source: String, _ request: CollateralRequest) throws(FileError) -> FileLock {
        try Files.makeFolder(entries, mode: 0o700)
        return try FileLock.hold(entries + "/" + Self.name(source, request) + ".lock")
    }

    /// Removes the oldest entries when there are too many, and parts that no entry names.
    private func prune() throws(FileError) {
        let names = try Files.names(in: entries).filter { $0.hasSuffix(".json") }
        guard names.count > Self.entryLimit, let lock = try FileLock.tryToHold(folder + "/prune.lock") else { return }
        defer { withExtendedLifetime(lock) {} }
        let known = names.compactMap { name -> (name: String, entry: CacheEntry)? in
            guard let bytes = try? Files.read(entries + "/" + name, limit: CacheEntry.byteLimit),
                let entry = try? CacheEntry(bytes)
            else {
                return nil
            }
            return (name, entry)
        }.sorted { $0.entry.fetchedAt > $1.entry.fetchedAt }
        let kept = known.prefix(Self.entryLimit / 2)
        let keptNames = Set(kept.map(\.name)), keptParts = Set(kept.flatMap(\.entry.parts.values))
        for name in names where !keptNames.contains(name) {
            try Files.remove(entries + "/" + name)
            try Files.remove(entries + "/" + name + ".lock")
        }
        for name in try Files.names(in: objects) where !keptParts.contains(name) {
            try Files.remove(objects + "/" + name)
        }
    }

    private static func digest(_ bytes: [UInt8]) -> String { Hex.text(SHA256.hash(data: bytes)) }

    /// The file of an entry: made from what was asked of whom.
    private static func name(_ source: String, _ request: CollateralRequest) -> String {
        let key = [
            source, request.fmspc.description, request.authority.rawValue, request.tee.rawValue, request.edition.text,
        ]
        return String(digest(Array(key.joined(separator: "\n").utf8)).prefix(32)) + ".json"
    }
}
