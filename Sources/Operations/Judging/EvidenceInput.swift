internal import Attestation
internal import DCAP
internal import Files
internal import Notation
internal import RATLS
internal import SGXQuote
internal import StrictX509

/// Evidence in any of the forms that people have it in: a quote, raw or as hexadecimal or base64 text of any kind; a
/// certificate that carries one, DER or PEM with whatever stands around it; an evidence file.
struct EvidenceInput {
    let evidence: Evidence
    /// What an evidence file brings along.
    let collateral: Collateral?
    /// What was chosen, and why.
    let notes: [String]

    private init(_ evidence: Evidence, collateral: Collateral? = nil, notes: [String] = []) {
        self.evidence = evidence
        self.collateral = collateral
        self.notes = notes
    }

    /// Of a file; `-` is the standard input.
    init(file path: String) throws {
        let bytes = try NamedFile.evidence(path == "-" ? "/dev/stdin" : path).read(limit: EvidenceFile.byteLimit)
        do {
            try self.init(bytes)
        } catch {
            throw OperationError(path, "\(error)", code: .evidence)
        }
    }

    /// - Throws: an error whose description calls by its name what is neither.
    init(_ bytes: [UInt8]) throws {
        // Before all else: a raw quote holds a PEM chain.
        if Self.beginsAsQuote(bytes) {
            self.init(Evidence(try Quote(bytes)))
            return
        }
        switch ContentKind(bytes) {
        case .json: self = try Self.file(PlainText.utf8(bytes))
        case .certificate: self = try Self.certificate(bytes)
        case .text, .binary, .keySized: self = try Self.quote(bytes)
        case let kind: throw Self.mismatch(kind)
        }
    }

    private static func mismatch(_ kind: ContentKind) -> EvidenceInputError {
        EvidenceInputError(
            "is \(kind.description); a quote, a certificate that carries one, or an evidence file is expected"
        )
    }

    private static func file(_ bytes: [UInt8]) throws -> EvidenceInput {
        let node = try JSON.read(bytes)
        guard node["ratls_certificate"] != nil else {
            guard case .object(let members) = node.value else { throw mismatch(.json) }
            let names = members.prefix(4).map { $0.name.printable(limit: 40) }.joined(separator: ", ")
            throw EvidenceInputError(
                "is JSON of something else (\(names)); an evidence file has a member 'ratls_certificate'"
            )
        }
        let file = try EvidenceFile(bytes)
        return EvidenceInput(Evidence(file.certificate), collateral: file.collateral)
    }

    /// The one certificate that carries a quote, whatever others stand beside it: `openssl s_client -showcerts` prints
    /// the server's whole chain.
    private static func certificate(_ bytes: [UInt8]) throws -> EvidenceInput {
        let all = try CertificateFile.certificates(in: bytes)
        var carrying: [AttestedCertificate] = []
        var first: AttestedCertificateError?
        for der in all {
            do throws(AttestedCertificateError) {
                let certificate = try AttestedCertificate(der: der)
                // openssl s_client prints the server's own twice: in the chain, and by itself.
                if !carrying.contains(where: { $0.certificate.der == der }) { carrying.append(certificate) }
            } catch {
                first = first ?? error
            }
        }
        guard carrying.count <= 1 else {
            throw EvidenceInputError("holds \(carrying.count) certificates that carry a quote; one is expected")
        }
        guard let only = carrying.first else { throw first ?? .noQuote }
        let note = "the file holds \(all.count) certificates; judged is the only one that carries a quote"
        return EvidenceInput(Evidence(only), notes: Set(all).count > 1 ? [note] : [])
    }

    private static func quote(_ bytes: [UInt8]) throws -> EvidenceInput {
        if let decoded = decoded(PlainText.utf8(bytes)) {
            // A certificate may have been written as base64 without a frame.
            return ContentKind(decoded) == .certificate(isPEM: false)
                ? try certificate(decoded) : EvidenceInput(Evidence(try Quote(decoded)))
        }
        throw mismatch(ContentKind(bytes))
    }

    /// A raw quote begins with its version; what begins otherwise is another thing, not a quote of an unknown version.
    private static func beginsAsQuote(_ bytes: [UInt8]) -> Bool {
        bytes.count >= 2 && bytes[1] == 0 && (1...16).contains(bytes[0])
    }

    /// The bytes of hexadecimal or base64 text of either alphabet, padded or not, in lines or not; nil for text that is
    /// neither, or means no quote.
    private static func decoded(_ bytes: [UInt8]) -> [UInt8]? {
        // A quote has 64 KiB at most; no text of it is longer than this.
        guard bytes.count <= ContentKind.lookLimit else { return nil }
        let text = bytes.filter { $0 > 0x20 }
        guard text.count >= 8, text.allSatisfy({ $0 < 0x7F }) else { return nil }
        let digits = text.starts(with: "0x".utf8) || text.starts(with: "0X".utf8) ? text.dropFirst(2) : text[...]
        if let raw = Hex.bytes(String(decoding: digits, as: UTF8.self)) { return raw }
        let padded = text + [UInt8](repeating: UInt8(ascii: "="), count: (4 - text.count % 4) % 4)
        guard let raw = Base64.bytes(text) ?? Base64.bytes(text, .url) ?? Base64.bytes(padded) else { return nil }
        // Words are base64 too.
        return beginsAsQuote(raw) || ContentKind(raw) == .certificate(isPEM: false) ? raw : nil
    }
}

struct EvidenceInputError: CodedError, CustomStringConvertible {
    let description: String
    var code: String { "evidence" }
    init(_ description: String) { self.description = description }
}
