/// Status line and headers of an answer, as bytes; the server adds framing and date.
public struct ResponseHead: Sendable {
    /// "200 OK".
    public var status: [UInt8]
    /// Names and values without line ends.
    public var headers: [(name: [UInt8], value: [UInt8])]

    public init(status: [UInt8], headers: [(name: [UInt8], value: [UInt8])] = []) {
        self.status = status
        self.headers = headers
    }

    public init(_ status: String, _ headers: [(String, String)] = []) {
        self.init(status: Array(status.utf8), headers: headers.map { (Array($0.0.utf8), Array($0.1.utf8)) })
    }

    /// Adds what an application says. A name that begins with `Mse-` is left out: under those speaks whoever serves the
    /// application, and is believed.
    public mutating func append(ofApplication name: [UInt8], value: [UInt8]) {
        guard !Self.equal(name.prefix(4), "mse-") else { return }
        headers.append((name, value))
    }

    /// The three digits.
    var code: Int {
        status.prefix(3).reduce(0) { $0 * 10 + Int($1) - 0x30 }
    }

    /// Whether an answer of this status has no body by definition.
    var isBodiless: Bool { code == 204 || code == 304 || code < 200 }

    func value(of name: StaticString) -> [UInt8]? {
        headers.first { Self.equal($0.name, name) }?.value
    }

    static func equal(_ left: some Collection<UInt8>, _ right: StaticString) -> Bool {
        left.count == right.utf8CodeUnitCount
            && right.withUTF8Buffer { right in zip(left, right).allSatisfy { lower($0) == lower($1) } }
    }

    private static func lower(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }
}

/// How the end of an answer's body is told.
enum Framing: Sendable {
    case length(Int)
    case chunked
    case close
    case none
}
