internal import Notation
internal import SGXQuote

/// A table of the policy: its keys, and how it is read. Each has a file with its value, its reading and its judging.
protocol PolicyTable {
    associatedtype Key: PolicyKey
    static var name: String { get }
    init(_ keys: inout PolicyKeys<Key>) throws(NotationError)
}

/// The name of a key is its raw value; the rest is what the document shows.
protocol PolicyKey: RawRepresentable<String>, CaseIterable {
    /// What may stand there.
    var form: String { get }
    /// What holds where it isn't said.
    var standard: String { get }
    var meaning: String { get }
}

/// Reads one table by the keys that it declares, and by no others.
struct PolicyKeys<Key: PolicyKey> {
    private var reader: ObjectReader

    init(_ reader: ObjectReader) { self.reader = reader }

    /// Of a list of values, any of which will do.
    private static var emptyList: String { "is empty; name a value, or leave it out" }

    mutating func optional(_ key: Key) -> Node? { reader.optional(key.rawValue) }

    mutating func boolean(_ key: Key) throws(NotationError) -> Bool? { try reader.boolean(key.rawValue) }

    mutating func integer(_ key: Key, in range: ClosedRange<Int>) throws(NotationError) -> Int? {
        try reader.integer(key.rawValue, in: range)
    }

    mutating func strings(_ key: Key) throws(NotationError) -> [(text: String, place: Place)]? {
        try reader.strings(key.rawValue)
    }

    /// Strings that aren't none at all.
    mutating func someStrings(_ key: Key) throws(NotationError) -> [(text: String, place: Place)]? {
        guard let list = try reader.strings(key.rawValue) else { return nil }
        guard !list.isEmpty else { throw error(key, Self.emptyList) }
        return list
    }

    /// Hexadecimal texts of one length, as an array or alone.
    mutating func values<let count: Int>(_ key: Key) throws(NotationError) -> [FixedBytes<count>]? {
        guard let node = optional(key) else { return nil }
        var elements = [node]
        if case .array(let list) = node.value { elements = list }
        // Read as "any of these", it would allow nothing, or as in mrenclave demand nothing: neither was meant.
        guard !elements.isEmpty else { throw error(key, Self.emptyList, at: node.place) }
        guard elements.count <= 1024 else { throw error(key, "more than 1024 entries", at: node.place) }
        var result: [FixedBytes<count>] = []
        for element in elements { result.append(try value(of: element, key)) }
        return result
    }

    /// One hexadecimal text.
    mutating func value<let count: Int>(_ key: Key) throws(NotationError) -> FixedBytes<count>? {
        guard let node = optional(key) else { return nil }
        return try value(of: node, key)
    }

    private func value<let count: Int>(of node: Node, _ key: Key) throws(NotationError) -> FixedBytes<count> {
        guard case .string(let text) = node.value, let bytes = Hex.bytes(text), let value = FixedBytes<count>(bytes)
        else { throw mismatch(node, key, expected: "\(2 * count) hex digits") }
        return value
    }

    /// A duration such as `"30d"`: a whole number and s, m, h or d.
    mutating func duration(_ key: Key) throws(NotationError) -> Duration? {
        guard let node = optional(key) else { return nil }
        let units: [UInt8: Int64] = [
            UInt8(ascii: "s"): 1, UInt8(ascii: "m"): 60, UInt8(ascii: "h"): 3600, UInt8(ascii: "d"): 86400,
        ]
        guard case .string(let text) = node.value, let last = text.utf8.last, let unit = units[last],
            text.utf8.dropLast().allSatisfy({ (0x30...0x39).contains($0) }),
            let value = Int64(text.dropLast()), value <= 100_000_000
        else { throw mismatch(node, key, expected: "a duration such as \"30d\"") }
        return .seconds(value * unit)
    }

    /// `"allow"` or `"refuse"`; what isn't said is allowed.
    mutating func allows(_ key: Key) throws(NotationError) -> Bool {
        guard let node = optional(key) else { return true }
        guard case .string(let text) = node.value, text == "allow" || text == "refuse" else {
            throw mismatch(node, key, expected: "\"allow\" or \"refuse\"")
        }
        return text == "allow"
    }

    func mismatch(_ node: Node, _ key: Key, expected: String) -> NotationError {
        reader.mismatch(node, member: key.rawValue, expected)
    }

    /// - Parameter place: without it, that of the table.
    func error(_ key: Key, _ problem: String, at place: Place? = nil) -> NotationError {
        NotationError(at: place ?? reader.place, member: reader.path(to: key.rawValue), problem)
    }

    /// Refuses what was never asked for.
    func finish() throws(NotationError) { try reader.finish() }
}
