internal import FoundationEssentials
internal import Notation
internal import RATLS

/// An address such as `https://localhost:7443`, of a service or of one that has collateral.
struct NetworkAddress {
    let url: URLComponents
    /// Without the brackets of an IPv6 address.
    let host: String
    /// 1 to 65535; nil when none is named.
    let port: Int?

    init(_ text: String) throws(OperationError) {
        // As it is written: `host` would have the letters that a name of RFC 5891 stands for.
        guard let url = URLComponents(string: text), let host = url.encodedHost, !host.isEmpty, url.user == nil,
            url.password == nil, url.fragment == nil, Self.schemes.contains(url.scheme ?? ""),
            host.utf8.allSatisfy(Self.isOfHost)
        else {
            throw Self.mismatch(text)
        }
        self.url = url
        self.host = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        port = try Self.port(text)
    }

    private static let schemes: Set<String> = ["https", "http"]

    /// Whether nothing follows host and port.
    var isOrigin: Bool { (url.path.isEmpty || url.path == "/") && url.query == nil }

    /// Names of DNS, addresses, and the brackets of an IPv6 one; names in other letters have a form in these (RFC
    /// 5891).
    private static func isOfHost(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "-._:[]".utf8.contains(byte)
        }
    }

    /// Where an instance is called: by the first of its names that isn't a pattern.
    static func text(of launch: LaunchRecord) -> String {
        let name = launch.sans.first { SubjectAlternativeName($0)?.isPattern == false } ?? launch.host
        return text(name, launch.port)
    }

    /// As people and programs write it: an address of IPv6 stands in brackets.
    static func text(_ host: String, _ port: Int) -> String {
        "https://" + (host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host) + ":\(port)"
    }

    static func mismatch(_ text: String) -> OperationError {
        let hasUser = shown(text) != text
        return OperationError(
            shown(text).printable(),
            "an address such as https://localhost:7443 expected" + (hasUser ? ", without user and password" : ""),
            code: .usage
        )
    }

    /// Without what may be a user and a password: all that stands before the last `@`, wherever an address would end.
    private static func shown(_ text: String) -> String {
        guard let scheme = text.firstRange(of: "://"), let at = text.lastIndex(of: "@"), at >= scheme.upperBound else {
            return text
        }
        return text[..<scheme.upperBound] + "****" + text[at...]
    }

    /// Read from the text: `URLComponents` has no port where the number is too large for it.
    private static func port(_ text: String) throws(OperationError) -> Int? {
        guard let scheme = text.firstRange(of: "://") else { throw mismatch(text) }
        let authority = text[scheme.upperBound...].prefix { !"/?#".contains($0) }
        let afterHost = authority[(authority.lastIndex(of: "]") ?? authority.startIndex)...]
        guard let colon = afterHost.lastIndex(of: ":") else { return nil }
        let digits = afterHost[afterHost.index(after: colon)...]
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = Int(digits), (1...65535).contains(port)
        else {
            throw OperationError(
                shown(text).printable(),
                "a port from 1 to 65535 expected, found '\(String(digits).printable())'",
                code: .usage
            )
        }
        return port
    }
}
