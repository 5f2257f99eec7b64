import Attestation
import Files
import Notation
import RATLS
import SGXQuote
import StrictX509
import TestSupport
import Testing

@testable import Operations

/// Evidence in the forms in which people have it.
@Suite("Evidence from files")
struct EvidenceInputTests {
    private let quote: [UInt8]
    private let pem: [UInt8]

    init() throws {
        quote = try Files.read(ProjectVectors.path("quotes/quotes/sgx3-a06711-2.bin"))
        let vectors = try ProjectVectors.read("certificate.json").list("certificates")
        pem = Array(try #require(vectors.first).text("certificate").utf8)
    }

    /// Lines of 60 signs, as mail programs break them.
    private static func lines(_ text: String, end: String = "\n") -> String {
        stride(from: 0, to: text.utf8.count, by: 60).map { start in
            String(decoding: Array(text.utf8)[start..<min(start + 60, text.utf8.count)], as: UTF8.self) + end
        }
        .joined()
    }

    @Test("a quote is the same raw, in hexadecimal and in base64 of every kind")
    func quoteForms() throws {
        let hex = Hex.text(quote), base64 = Base64.text(quote)
        let url = base64.replacing("+", with: "-").replacing("/", with: "_")
        let forms: [[UInt8]] = [
            quote, Array(hex.utf8), Array(("0x" + hex).utf8), Array(("0X" + hex.uppercased()).utf8),
            Array(Self.lines(hex).utf8), Array(("\u{FEFF}" + hex + "\r\n").utf8), Array(base64.utf8),
            Array(Self.lines(base64, end: "\r\n").utf8), Array(url.utf8),
            Array(url.replacing("=", with: "").utf8), Array(("  \t" + base64).utf8),
        ]
        for (index, form) in forms.enumerated() {
            let input = try EvidenceInput(form)
            #expect(input.evidence.quote.bytes.starts(with: quote.prefix(1000)), "form \(index)")
            #expect(input.evidence.certificate == nil && input.collateral == nil && input.notes.isEmpty)
        }
    }

    @Test("a certificate that carries a quote is the same as PEM, DER, base64 and among other text")
    func certificateForms() throws {
        let der = try #require(try PEM.blocks(pem[...], label: "CERTIFICATE", limit: 1, byteLimit: 65536).first)
        let text = String(decoding: pem, as: UTF8.self)
        for form in [
            pem, der, Array(Base64.text(der).utf8), Array(Hex.text(der).utf8),
            Array(("subject=x\n" + text + "---\n").utf8),
            Array(text.replacing("\n", with: "\r\n").utf8), pem + pem,
        ] {
            let input = try EvidenceInput(form)
            #expect(input.evidence.certificate?.certificate.der == der)
        }
    }

    @Test("an evidence file brings its collateral along; with a byte order mark, too")
    func evidenceFile() throws {
        let bytes = try Files.read(ProjectVectors.path("evidence/evidence.json"))
        for form in [bytes, [0xEF, 0xBB, 0xBF] + bytes] {
            let input = try EvidenceInput(form)
            #expect(input.collateral != nil && input.evidence.certificate != nil)
        }
    }

    @Test(
        "what is neither is called by its name",
        arguments: [
            ("", "empty"), (" \n", "empty"), ("hello, this is no evidence at all", "text"),
            ("{\"a\":1}", "something else"),
            ("[1]", "JSON"), ("<html><body>404</body></html>", "HTML"), ("<?xml version=\"1.0\"?>", "XML"),
            ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "private key"),
            ("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "public key"),
            ("PK\u{3}\u{4}archive", "zip"), ("ssh-ed25519 AAAA", "SSH"), ("%PDF-1.7", "PDF"),
        ]
    )
    func foreign(_ text: String, _ word: String) {
        let error = #expect(throws: (any Error).self) { try EvidenceInput(Array(text.utf8)) }
        #expect("\(error.map { "\($0)" } ?? "")".contains(word), "\(error.map { "\($0)" } ?? "")")
    }

    @Test("every prefix of a quote is refused, and none is taken for another thing's text")
    func truncations() {
        for count in stride(from: 2, to: 1000, by: 37) {
            #expect(throws: (any Error).self) { try EvidenceInput(Array(quote.prefix(count))) }
        }
    }

    @Test("a file that can't be read as evidence is named, with the code of evidence")
    func files() throws {
        let folder = try TemporaryFolder()
        try folder.write("note.txt", "hello, this is no evidence at all")
        let error = #expect(throws: OperationError.self) { try EvidenceInput(file: folder.path + "/note.txt") }
        #expect(error?.code == "evidence" && error?.subject.hasSuffix("note.txt") == true)
        let absent = #expect(throws: OperationError.self) { try EvidenceInput(file: folder.path + "/nothing") }
        #expect(absent?.code == "file.notFound", "\(absent?.code ?? "")")
        #expect(throws: (any Error).self) { try EvidenceInput(file: folder.path) }
    }
}
