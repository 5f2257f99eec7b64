public import Files
internal import Glibc
public import Notation

/// How the last sealing of HOME went, as the operator may know it: a time and a code, in a file of one fixed size
/// beside what is sealed. It is overwritten in its place, so that it can be told even when the disk is full.
public struct HomeReport: Hashable, Sendable {
    public enum Problem: String, Sendable {
        /// There is no room where sealed state lies.
        case noSpace
        /// Something in HOME couldn't be read, or what was read couldn't be written.
        case notSaved
        /// Looking through HOME took too long.
        case timeLimit
        /// What was read of HOME could not be put back.
        case tooLarge
    }

    public static let fileName = "home.json"
    private static let byteCount = 256

    /// By the agent's clock; nil when it never was sealed since the start.
    public var savedAt: Timestamp?
    /// What the file says is no time that can be: whoever broke into the agent writes it too.
    public private(set) var isTimeUntold = false
    /// Why the last try failed; nil when it didn't.
    public var problem: Problem?
    /// How often somebody asked and was told no.
    public var refusals = 0

    public init() {}

    /// 2020, before the first of these was written.
    private static let earliest = Timestamp(seconds: 1_577_836_800)

    /// - Parameters:
    ///   - folder: of sealed state.
    ///   - now: a time that is more than a day later isn't believed.
    /// - Throws: `FileError` when there is none, or it isn't one.
    public init(in folder: String, now: Timestamp) throws(FileError) {
        let path = folder + "/" + Self.fileName
        do {
            var reader = try ObjectReader(JSON.read(OpenFile(regular: path).contents(limit: Self.byteCount)))
            savedAt = try reader.integer("savedAt", in: 0...Int.max).map { Timestamp(seconds: Int64($0)) }
            if let savedAt, savedAt < Self.earliest || savedAt - .seconds(86400) > now {
                (self.savedAt, isTimeUntold) = (nil, true)
            }
            problem = try reader.string("problem").flatMap { Problem(rawValue: $0) }
            refusals = try reader.integer("refusals", in: 0...Int.max) ?? 0
        } catch {
            throw error as? FileError ?? FileError(path, "isn't what the agent writes: \(error)")
        }
    }

    /// Overwrites the file in its place; makes it when there is none.
    public func write(to folder: String) throws(FileError) {
        let text = JSON.canonical(
            .object([
                "savedAt": savedAt.map { Node(Int($0.seconds)) }, "problem": problem.map { Node($0.rawValue) },
                "refusals": Node(refusals),
            ])
        )
        let padding = [UInt8](repeating: UInt8(ascii: " "), count: Self.byteCount - 1 - text.utf8.count)
        let file = try OpenFile(regular: folder + "/" + Self.fileName, O_WRONLY | O_CREAT, mode: 0o600)
        try file.write(Array(text.utf8) + padding + [UInt8(ascii: "\n")], at: 0)
    }
}
