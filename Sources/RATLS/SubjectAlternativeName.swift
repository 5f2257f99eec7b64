internal import Glibc

/// A name that a certificate is for: a DNS name, or an address of 4 or 16 bytes.
public enum SubjectAlternativeName: Hashable, Sendable, CustomStringConvertible {
    case dns(String)
    case address([UInt8])

    /// Nil for text that is neither.
    public init?(_ text: String) {
        if let bytes = Self.address(text) {
            self = .address(bytes)
        } else {
            let labels = text.split(separator: ".", omittingEmptySubsequences: false)
            let rest = labels.first == "*" && labels.count > 2 ? labels.dropFirst() : labels[...]
            // What ends in a number is meant as an address.
            guard labels.last?.utf8.allSatisfy({ (0x30...0x39).contains($0) }) == false else { return nil }
            guard text.utf8.count <= 253, rest.allSatisfy(Self.isLabel) else { return nil }
            self = .dns(text.lowercased())
        }
    }

    private static func isLabel(_ label: Substring) -> Bool {
        (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
            && label.utf8.allSatisfy {
                (0x61...0x7A).contains($0 | 0x20) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-")
                    || $0 == UInt8(ascii: "_")
            }
    }

    private static func address(_ text: String) -> [UInt8]? {
        // C reads no further than a NUL.
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &bytes) == 1 { return Array(bytes[..<4]) }
        let bare = text.hasPrefix("[") && text.hasSuffix("]") ? String(text.dropFirst().dropLast()) : text
        if inet_pton(AF_INET6, bare, &bytes) == 1 { return bytes }
        return nil
    }

    /// Whether it stands for many names, such as `*.example.com`: a certificate may be for those, but nobody calls
    /// them.
    public var isPattern: Bool { if case .dns(let name) = self { name.hasPrefix("*.") } else { false } }

    /// An address of the machine itself, which no other one reaches.
    public var isLoopback: Bool {
        switch self {
        case .dns(let name): name == "localhost"
        case .address(let bytes): bytes.count == 4 ? bytes[0] == 127 : bytes == [UInt8](repeating: 0, count: 15) + [1]
        }
    }

    /// Whether a certificate with this name is for the host that somebody typed.
    public func covers(_ host: String) -> Bool {
        guard let host = Self(host) else { return false }
        if host == self { return true }
        guard case .dns(let pattern) = self, case .dns(let name) = host, pattern.hasPrefix("*."),
            let dot = name.firstIndex(of: ".")
        else {
            return false
        }
        return name[dot...] == pattern.dropFirst()[...]
    }

    public var description: String {
        switch self {
        case .dns(let name): return name
        case .address(let bytes):
            var text = [CChar](repeating: 0, count: 64)
            _ = inet_ntop(bytes.count == 4 ? AF_INET : AF_INET6, bytes, &text, 64)
            return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }
}
