internal import Glibc
public import Notation

/// The certificates in a file as people have it: DER, or PEM with whatever stands around the blocks, such as the output
/// of `openssl s_client` or `openssl x509 -text`; with a byte order mark, in UTF-16, with any line ends. Each
/// certificate itself is then read as strictly as ever.
public enum CertificateFile {
    public static let countLimit = 16

    /// The certificates in the order of the file, DER.
    /// - Throws: `CertificateFileError` that calls by its name what is no certificate.
    public static func certificates(in bytes: [UInt8]) throws(CertificateFileError) -> [[UInt8]] {
        guard bytes.count <= ContentKind.lookLimit else {
            throw CertificateFileError(
                "has \(bytes.count) bytes; certificates are read from files of at most \(ContentKind.lookLimit)"
            )
        }
        let kind = ContentKind(bytes)
        if kind == .certificate(isPEM: false) { return [bytes] }
        guard kind == .certificate(isPEM: true) else {
            throw CertificateFileError("is \(kind.description), and a certificate is expected")
        }
        var found: [[UInt8]] = []
        for block in PEMBlock.all(in: PlainText.utf8(bytes)) where block.isCertificate {
            guard let der = block.content else {
                throw CertificateFileError("holds a certificate that isn't base64, or has no end")
            }
            guard found.count < countLimit else {
                throw CertificateFileError("holds more than \(countLimit) certificates")
            }
            found.append(der)
        }
        return found
    }
}

public struct CertificateFileError: Error, CodedError, Hashable, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = description }

    /// Stable; programs may depend on it.
    public var code: String { "file.kind" }
}

/// A PEM block in whatever text.
struct PEMBlock {
    let label: String
    /// Of a certificate; nil when it isn't base64, or has no end. What a key says is read by nobody here.
    let content: [UInt8]?

    var isCertificate: Bool { Self.isCertificate(label) }

    private static func isCertificate(_ label: String) -> Bool { ["CERTIFICATE", "X509 CERTIFICATE"].contains(label) }

    private static let begin = Array("-----BEGIN ".utf8), end = Array("-----END ".utf8), dashes = Array("-----".utf8)

    /// All of them, in one pass.
    static func all(in text: [UInt8]) -> [PEMBlock] {
        var blocks: [PEMBlock] = []
        var index = 0
        /// The C library's loop, since all of a large file may be dashes.
        func find(_ word: [UInt8], from start: Int, to limit: Int) -> Int? {
            text.withUnsafeBytes { bytes in
                guard let base = bytes.baseAddress else { return nil }
                var place = start
                while limit - word.count >= place {
                    guard let found = memchr(base + place, Int32(word[0]), limit - word.count - place + 1) else {
                        return nil
                    }
                    place = UnsafeRawPointer(found) - base
                    if memcmp(base + place, word, word.count) == 0 { return place }
                    place += 1
                }
                return nil
            }
        }
        while let start = find(begin, from: index, to: text.count) {
            let labelStart = start + begin.count
            guard let labelEnd = find(dashes, from: labelStart, to: min(text.count, labelStart + 64)) else {
                index = labelStart
                continue
            }
            let label = String(decoding: text[labelStart..<labelEnd], as: UTF8.self)
            let bodyStart = labelEnd + dashes.count
            let tail = end + Array(label.utf8) + dashes
            guard let bodyEnd = find(dashes, from: bodyStart, to: text.count) else {
                blocks.append(PEMBlock(label: label, content: nil))
                return blocks
            }
            if text[bodyEnd...].starts(with: tail), !isCertificate(label) {
                blocks.append(PEMBlock(label: label, content: nil))
                index = bodyEnd + tail.count
            } else if text[bodyEnd...].starts(with: tail) {
                let body = text[bodyStart..<bodyEnd].filter { $0 != 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D }
                blocks.append(PEMBlock(label: label, content: Base64.bytes(body)))
                index = bodyEnd + tail.count
            } else {
                blocks.append(PEMBlock(label: label, content: nil))
                index = bodyEnd
            }
        }
        return blocks
    }
}
