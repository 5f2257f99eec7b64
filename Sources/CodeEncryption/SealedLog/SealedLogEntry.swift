/// One thing that was said, or is to be known of the log itself.
public struct SealedLogEntry: Hashable, Sendable {
    /// Who wrote it.
    public enum Source: UInt8, Sendable {
        case output = 1
        case errors = 2
        /// A request, an import or the like that failed, traceback included.
        case failure = 3
        /// What comes next could not be kept: `text` says how many bytes.
        case gap = 4
        /// A piece begins: `text` is the number of the oldest piece that is kept.
        case begin = 5
        /// A piece ends in order: `text` is a `SealedLogEnd`.
        case end = 6
    }

    /// Longer texts are cut into several entries.
    public static let textLimit = 16 << 10
    static let blockByteCount = 256
    /// Of the longest entry.
    static let blockLimit = (22 + textLimit + blockByteCount - 1) / blockByteCount
    private static let incidentByteCount = 8

    /// Milliseconds since 1970, by the enclave's clock, which is the host's.
    public var time: UInt64
    /// Who wrote it.
    public var source: Source
    /// Leads here from the operator's log; 8 bytes, nil where nothing does.
    public var incident: [UInt8]?
    /// As it was written, UTF-8 or not.
    public var text: [UInt8]

    /// An entry; longer texts are cut to `textLimit`.
    public init(time: UInt64, source: Source, incident: [UInt8]? = nil, text: [UInt8]) {
        self.time = time
        self.source = source
        self.incident = incident
        self.text = text
    }

    /// time (8, big-endian) ‖ source (1) ‖ has an incident (1) ‖ incident (8) ‖ length of the text (4) ‖ text ‖ zeros
    /// up to a multiple of 256.
    var encoded: [UInt8] {
        let text = self.text.prefix(Self.textLimit)
        var bytes = (0..<8).map { UInt8(truncatingIfNeeded: time >> UInt64(8 * (7 - $0))) }
        bytes +=
            [source.rawValue, incident == nil ? 0 : 1]
            + (incident ?? [UInt8](repeating: 0, count: Self.incidentByteCount))
        bytes += (0..<4).map { UInt8(truncatingIfNeeded: text.count >> (8 * (3 - $0))) } + text
        return bytes
            + [UInt8](
                repeating: 0,
                count: (Self.blockByteCount - bytes.count % Self.blockByteCount) % Self.blockByteCount
            )
    }

    /// Nil for bytes that are no entry.
    init?(_ bytes: [UInt8]) {
        guard bytes.count >= Self.blockByteCount, let source = Source(rawValue: bytes[8]), bytes[9] <= 1 else {
            return nil
        }
        let count = bytes[18..<22].reduce(0) { $0 << 8 | Int($1) }
        guard 22 + count <= bytes.count else { return nil }
        time = bytes[..<8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        self.source = source
        incident = bytes[9] == 1 ? Array(bytes[10..<18]) : nil
        text = Array(bytes[22..<(22 + count)])
    }
}

/// How a piece ends in order.
enum SealedLogEnd: String {
    /// Another piece follows.
    case goesOn = "next"
    /// The agent ended.
    case stopped = "stop"
}
