public import Notation
package import StrictX509

/// What differs between instances of one measurement, and is therefore not measured (docs/formats/launch-record.md).
/// The enclave vouches for it by signing it into its certificate.
public struct LaunchRecord: Hashable, Sendable {
    /// Of its text, in bytes.
    public static let byteLimit = 4096
    /// The arc for identifiers made from UUIDs in short numbers.
    package static let identifier = ObjectIdentifier(
        arcs: 1,
        2,
        840,
        113556,
        1,
        8000,
        2554,
        17133,
        23233,
        42759,
        20942,
        38101,
        5_347_717,
        1_766_784
    )
    /// Of a certificate.
    public static let longestLife = Duration.seconds(397 * 86400)
    /// Seconds; 0 for none.
    package static let configurationTimeouts = 0...31_536_000

    /// Lower-case text of a UUID.
    public var id: String
    /// Of the instance: 1 to 63 of a–z, 0–9 and `-`.
    public var name: String
    /// DNS names or addresses, 1 to 16.
    public var sans: [String]
    /// The address that is listened on.
    public var host: String
    /// The port that is listened on, 1 to 65535.
    public var port: Int
    /// RFC 4514.
    public var subject: String?
    public var notAfter: Timestamp
    /// Seconds, 0 for none.
    public var configurationTimeout: Int

    /// Of values.
    /// - Throws: `NotationError` naming the member that can't be.
    public init(
        id: String,
        name: String,
        sans: [String],
        host: String,
        port: Int,
        subject: String?,
        notAfter: Timestamp,
        configurationTimeout: Int
    )
        throws(NotationError)
    {
        self.id = id
        self.name = name
        self.sans = sans
        self.host = host
        self.port = port
        self.subject = subject
        self.notAfter = notAfter
        self.configurationTimeout = configurationTimeout
        try check()
    }

    /// Reads a record; unknown and repeated members are refused.
    public init(_ bytes: [UInt8]) throws(NotationError) {
        guard bytes.count <= Self.byteLimit else {
            throw NotationError(at: .none, "a launch record of more than \(Self.byteLimit) bytes")
        }
        var reader = try ObjectReader(try JSON.read(bytes, depthLimit: 4))
        guard try reader.integer("version", in: 1...1) != nil else {
            throw NotationError(at: reader.place, member: "version", "is missing")
        }
        id = try Self.required(reader.string("id"), "id")
        name = try Self.required(reader.string("name"), "name")
        sans = try Self.required(reader.strings("sans", limit: 16)?.map(\.text), "sans")
        host = try Self.required(reader.string("host"), "host")
        port = try Self.required(reader.integer("port", in: 1...65535), "port")
        subject = try reader.string("subject")
        let end = try Self.required(reader.string("notAfter"), "notAfter")
        guard let seconds = Timestamp(end) else {
            throw NotationError(at: reader.place, member: "notAfter", "a time such as 2026-01-31T12:00:00Z expected")
        }
        notAfter = seconds
        configurationTimeout = try Self.required(
            reader.integer("configurationTimeout", in: Self.configurationTimeouts),
            "configurationTimeout"
        )
        try reader.finish()
        try check()
    }

    private static func required<Value>(_ value: Value?, _ name: String) throws(NotationError) -> Value {
        guard let value else { throw NotationError(at: .none, member: name, "is missing") }
        return value
    }

    private func check() throws(NotationError) {
        func require(_ condition: Bool, member: String, expected: String) throws(NotationError) {
            guard condition else { throw NotationError(at: .none, member: member, expected + " expected") }
        }
        try require(Self.isUUID(id), member: "id", expected: "a UUID in lower case")
        try require(Self.isName(name), member: "name", expected: "1 to 63 of a–z, 0–9 and '-'")
        try require((1...16).contains(sans.count), member: "sans", expected: "1 to 16 names")
        for san in sans {
            try require(
                SubjectAlternativeName(san) != nil,
                member: "sans",
                expected: "a DNS name or an address, not '\(san.printable())',"
            )
        }
        try require(
            !host.isEmpty && host.utf8.count <= 255 && host.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F },
            member: "host",
            expected: "a host name or address"
        )
        try require((1...65535).contains(port), member: "port", expected: "1 to 65535")
        try require(
            Self.configurationTimeouts.contains(configurationTimeout),
            member: "configurationTimeout",
            expected: "\(Self.configurationTimeouts.lowerBound) to \(Self.configurationTimeouts.upperBound) seconds"
        )
        if let subject {
            try require(PlainText.isOneLine(subject), member: "subject", expected: "a name without control characters")
            try require(
                RFC4514.attributes(subject) != nil,
                member: "subject",
                expected: "a name such as 'CN=service,O=Company'"
            )
        }
    }

    /// A name of RFC 4514 in one line.
    package static func isSubject(_ text: String) -> Bool {
        PlainText.isOneLine(text) && RFC4514.attributes(text) != nil
    }

    /// Whether a text can be an instance's name.
    package static func isName(_ text: String) -> Bool {
        (1...63).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-")
            }
    }

    static func isUUID(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        return parts.map(\.utf8.count) == [8, 4, 4, 4, 12]
            && text.utf8.allSatisfy {
                (0x61...0x66).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-")
            }
    }

    package var node: Node {
        .object([
            "version": 1, "id": Node(id), "name": Node(name), "sans": Node(.array(sans.map { Node($0) })),
            "host": Node(host),
            "port": Node(port),
            "subject": subject.map { Node($0) }, "notAfter": Node(notAfter.description),
            "configurationTimeout": Node(configurationTimeout),
        ])
    }

    /// The one form the record has: members sorted, no blanks.
    public var encoded: [UInt8] { Array(JSON.canonical(node).utf8) }
}
