internal import Notation

/// What a file looks like, for messages: by its first bytes and its frame, never by what it holds. Of a private key
/// nothing is told but that it is one.
public enum ContentKind: Hashable, Sendable {
    case empty
    case certificate(isPEM: Bool)
    case privateKey, publicKey, certificateRequest, revocationList, containerOfCertificates
    case gzip, zip, tar, executable, image, pdf
    case html, xml, json, sshKey
    case otherPEM(String)
    /// UTF-16 without the mark that says so.
    case unmarkedUTF16
    /// As many bytes as keys have.
    case keySized
    case text, binary

    /// Bytes of a file that are looked at; what comes later decides nothing.
    public static let lookLimit = 1 << 20

    public init(_ bytes: [UInt8]) {
        let plain = PlainText.utf8(bytes.count > Self.lookLimit ? Array(bytes[..<Self.lookLimit]) : bytes)
        if bytes.count <= Self.lookLimit, plain.allSatisfy({ $0 <= 0x20 }) {
            self = .empty
        } else if bytes.count == 32, String(validating: bytes, as: UTF8.self) == nil {
            // Chance gives a key any beginning.
            self = .keySized
        } else if Self.isUnmarkedUTF16(bytes) {
            self = .unmarkedUTF16
        } else if let first = plain.first(where: { $0 > 0x20 }),
            first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
        {
            // Evidence files hold certificates; it is their frame that counts.
            self = .json
        } else if let kind = Self.der(bytes) ?? Self.frame(bytes) ?? Self.pem(plain) ?? Self.words(plain) {
            self = kind
        } else {
            self =
                plain.prefix(4096).allSatisfy { $0 >= 0x20 && $0 != 0x7F || (0x09...0x0D).contains($0) }
                ? .text : bytes.count == 32 ? .keySized : .binary
        }
    }

    public var description: String {
        switch self {
        case .empty: "empty"
        case .certificate(let isPEM): isPEM ? "a PEM certificate" : "a DER certificate"
        case .privateKey: "a private key, which nobody else should have"
        case .publicKey: "a public key without a certificate"
        case .certificateRequest: "a certificate request (CSR), not yet a certificate"
        case .revocationList: "a revocation list (CRL)"
        case .containerOfCertificates: "a PKCS #7 or #12 container"
        case .gzip: "compressed with gzip"
        case .zip: "a zip archive"
        case .tar: "a package or another tar archive"
        case .executable: "a program"
        case .image: "an image"
        case .pdf: "a PDF document"
        case .html: "an HTML page; perhaps an error page that was saved in place of the file"
        case .xml: "XML"
        case .json: "JSON of something else"
        case .sshKey: "an SSH public key"
        case .otherPEM(let label): "a PEM block of '\(label.printable())'"
        case .unmarkedUTF16: "text in UTF-16 without a byte order mark; save it as UTF-8"
        case .keySized: "32 bytes of no form, as keys are"
        case .text: "text of something else"
        case .binary: "data of an unknown kind"
        }
    }

    /// Every second byte is zero and the others are ASCII, as editors of Windows save text.
    private static func isUnmarkedUTF16(_ bytes: [UInt8]) -> Bool {
        let part = bytes.prefix(512)
        guard part.count >= 8, bytes.count % 2 == 0 else { return false }
        return [0, 1].contains { parity in
            part.enumerated().allSatisfy { index, byte in
                index % 2 == parity ? byte == 0 : (0x20..<0x7F).contains(byte) || (0x09...0x0D).contains(byte)
            }
        }
    }

    /// The block that matters most: a certificate before all else. Blocks stand in text: a quote holds its chain as
    /// PEM, and is none.
    private static func pem(_ text: [UInt8]) -> ContentKind? {
        guard !text.prefix(64).contains(0) else { return nil }
        let blocks = PEMBlock.all(in: text)
        if blocks.contains(where: \.isCertificate) { return .certificate(isPEM: true) }
        let labels = blocks.map(\.label)
        if labels.contains(where: { $0.hasSuffix("PRIVATE KEY") }) { return .privateKey }
        guard let label = labels.first(where: { $0 != "EC PARAMETERS" }) ?? labels.first else { return nil }
        if label.hasSuffix("PUBLIC KEY") { return .publicKey }
        if label.hasSuffix("CERTIFICATE REQUEST") { return .certificateRequest }
        if label == "X509 CRL" { return .revocationList }
        return label == "PKCS7" || label == "CMS" ? .containerOfCertificates : .otherPEM(label)
    }

    /// By the tags of the first elements; the lengths must fit the file.
    private static func der(_ bytes: [UInt8]) -> ContentKind? {
        guard bytes.first == 0x30 else { return nil }
        var outer = DERReader(bytes.span)
        guard var list = try? outer.enter(.sequence, "file"), outer.isAtEnd, let first = try? list.element() else {
            return nil
        }
        switch first.tag {
        case DERTag.integer.rawValue:
            // PKCS #12 is version 3; keys have 0 to 2.
            let isContainer = first.content.count == 1 && bytes[first.content.lowerBound] == 3
            return isContainer ? .containerOfCertificates : .privateKey
        case DERTag.objectIdentifier.rawValue: return .containerOfCertificates
        case DERTag.sequence.rawValue: break
        default: return nil
        }
        if list.nextTag == DERTag.bitString.rawValue { return .publicKey }
        var body = list.reader(of: first)
        guard let head = try? body.element() else { return nil }
        if head.tag == DERTag.explicit(0).rawValue { return .certificate(isPEM: false) }
        guard head.tag == DERTag.integer.rawValue, !head.content.isEmpty else { return nil }
        // Both begin with a version; then a request has a name (whose members are sets), a list an algorithm and then
        // the name. Certificates of version 1 have no version: a serial number, an algorithm, a name, the validity.
        guard head.content.count == 1, let second = try? body.element(), second.tag == DERTag.sequence.rawValue else {
            return .certificate(isPEM: false)
        }
        let isName = second.content.isEmpty || bytes[second.content.lowerBound] == DERTag.set.rawValue
        if isName { return .certificateRequest }
        guard (try? body.element()) != nil else { return nil }
        return body.nextTag == DERTag.sequence.rawValue ? .certificate(isPEM: false) : .revocationList
    }

    private static func frame(_ bytes: [UInt8]) -> ContentKind? {
        let starts: [([UInt8], ContentKind)] = [
            ([0x1F, 0x8B], .gzip), (Array("PK".utf8) + [3, 4], .zip), ([0x7F] + Array("ELF".utf8), .executable),
            ([0x89] + Array("PNG".utf8), .image), ([0xFF, 0xD8, 0xFF], .image), (Array("%PDF-".utf8), .pdf),
        ]
        if let found = starts.first(where: { bytes.starts(with: $0.0) }) { return found.1 }
        return bytes.count > 262 && bytes[257...].starts(with: "ustar".utf8) ? .tar : nil
    }

    private static func words(_ text: [UInt8]) -> ContentKind? {
        let start = String(decoding: text.drop { $0 <= 0x20 }.prefix(64), as: UTF8.self).lowercased()
        if start.hasPrefix("<!doctype html") || start.hasPrefix("<html") || start.hasPrefix("<head") { return .html }
        if start.hasPrefix("<?xml") { return .xml }
        return start.hasPrefix("ssh-") || start.hasPrefix("ecdsa-sha2-") ? .sshKey : nil
    }
}
