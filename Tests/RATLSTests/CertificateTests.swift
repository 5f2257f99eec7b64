import Crypto
import Files
import Notation
import RATLS
import SGXQuote
import StrictX509
import TestSupport
import Testing

@Suite("Our certificate")
struct CertificateTests {
    static let now = Timestamp(seconds: 1_764_000_000)

    static func launch() throws -> LaunchRecord {
        try LaunchRecord(
            id: "533a2b83-4bc5-4a9c-955e-208c530bfd15",
            name: "hello-1",
            sans: ["localhost", "127.0.0.1"],
            host: "127.0.0.1",
            port: 7443,
            subject: "CN=hello,O=A\\, B,C=FR",
            notAfter: now + .seconds(86400),
            configurationTimeout: 0
        )
    }

    /// A quote that binds a key, otherwise without meaning.
    static func quote(_ key: P256.Signing.PrivateKey) -> [UInt8] {
        let binding = ReportDataBinding(
            point: Array(key.publicKey.x963Representation),
            sealingKey: [UInt8](repeating: 9, count: 32)
        )
        let body = [UInt8](repeating: 0, count: 320) + binding.encoded
        let data = [UInt8](repeating: 1, count: 128 + 384 + 64) + [0, 0, 5, 0, 0, 0, 0, 0]
        let header: [UInt8] =
            [3, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0] + Array(QuoteHeader.intelQEVendor) + [UInt8](repeating: 0, count: 20)
        return header + body + [UInt8(data.count & 255), UInt8(data.count >> 8), 0, 0] + data
    }

    @Test("what was put in is read out, and it can't issue")
    func roundTrip() throws {
        let key = P256.Signing.PrivateKey()
        let der = try CertificateMaker(Self.launch()).make(key: key, quote: Self.quote(key), now: Self.now)
        let read = try AttestedCertificate(der: der)
        #expect(read.isSelfSigned && read.bindsItsKey && read.unknownCritical == nil)
        #expect(read.launch == (try Self.launch()))
        #expect(read.quote.bytes == Self.quote(key))
        #expect(read.sans == [.dns("localhost"), .address([127, 0, 0, 1])])
        #expect(read.binding.sealingKey == [UInt8](repeating: 9, count: 32))
        #expect(
            read.certificate.notAfter == Self.now + .seconds(86400)
                && read.certificate.notBefore == Self.now - .seconds(3600)
        )
        #expect(read.certificate.subject.description == "C=FR,O=A, B,CN=hello")
        // CA:FALSE, digitalSignature.
        #expect(
            read.certificate.value(of: ObjectIdentifier(arcs: 2, 5, 29, 19)).map { Array(der[$0]) } == [0x30, 0x00]
        )
        #expect(
            read.certificate.value(of: ObjectIdentifier(arcs: 2, 5, 29, 15)).map { Array(der[$0]) } == [
                0x03, 0x02, 0x07, 0x80,
            ]
        )
        #expect(read.certificate.extensions.filter(\.isCritical).count == 2)
    }

    @Test("every changed byte is noticed or makes it unreadable")
    func changes() throws {
        let key = P256.Signing.PrivateKey()
        let der = try CertificateMaker(Self.launch()).make(key: key, quote: Self.quote(key), now: Self.now)
        for offset in stride(from: 4, to: der.count, by: 3) {
            var changed = der
            changed[offset] ^= 1
            if let read = try? AttestedCertificate(der: changed) { #expect(!read.isSelfSigned, "offset \(offset)") }
        }
    }

    @Test("an end that has passed or lies too far ahead is refused", arguments: [-1, 398 * 86400] as [Int64])
    func ends(seconds: Int64) throws {
        var launch = try Self.launch()
        launch.notAfter = Self.now + .seconds(seconds)
        let key = P256.Signing.PrivateKey()
        #expect(throws: CertificateMakerError.self) {
            try CertificateMaker(launch).make(key: key, quote: Self.quote(key), now: Self.now)
        }
    }

    @Test(
        "a launch record is read strictly",
        arguments: [
            ("\"port\":7443", "\"port\":70000"), ("\"port\":7443", "\"port\":7443,\"colour\":1"),
            ("\"port\":7443", "\"port\":7443,\"port\":7443"), ("\"name\":\"hello-1\"", "\"name\":\"Hello\""),
            ("\"version\":1", "\"version\":2"), ("\"id\":\"533a", "\"id\":\"533A"),
            ("\"sans\":[", "\"sans\":[\"a b\","),
            ("2025-11-25", "2025-11-31"),
        ]
    )
    func launchRecord(old: String, new: String) throws {
        let text = String(decoding: try Self.launch().encoded, as: UTF8.self)
        #expect(try LaunchRecord(Array(text.utf8)) == Self.launch())
        #expect(text.contains(old))
        #expect(throws: NotationError.self) { try LaunchRecord(Array(text.replacing(old, with: new).utf8)) }
    }

    @Test(
        "a name covers what it is for",
        arguments: [
            ("localhost", "localhost", true), ("localhost", "LOCALHOST", true), ("*.a.org", "b.a.org", true),
            ("*.a.org", "c.b.a.org", false), ("127.0.0.1", "127.0.0.1", true), ("localhost", "127.0.0.1", false),
            ("::1", "[::1]", true),
        ]
    )
    func names(san: String, host: String, covers: Bool) throws {
        #expect(try #require(SubjectAlternativeName(san)).covers(host) == covers)
    }
}

@Suite("Certificates of the original", .needsSharedVectors)
struct OriginalCertificateTests {
    private func read(_ name: String) throws -> AttestedCertificate {
        try AttestedCertificate(pem: try Files.read(SharedVectors.path("mse/vectors/ratls/" + name)))
    }

    @Test(
        "quote, binding and sealing key are read",
        arguments: ["cert.ratls.pem", "ip.ratls.pem", "by_bootstrap.ratls.pem"]
    )
    func read(name: String) throws {
        let certificate = try read(name)
        #expect(certificate.bindsItsKey && certificate.isSelfSigned && certificate.launch == nil)
        if name == "cert.ratls.pem" {
            #expect(certificate.quote.bytes == (try Files.read(SharedVectors.path("mse/vectors/ratls/quote.bin"))))
        }
        let key = try Files.read(
            SharedVectors.path(
                "mse/vectors/" + (name.hasPrefix("by_") ? "ratls/by_bootstrap.enclave.pub" : "seal/enclave.pub")
            )
        )
        #expect(certificate.binding.sealingKey == key)
    }

    @Test("another key's quote, no quote and a cut one are refused")
    func refused() throws {
        #expect(try !read("other_key.ratls.pem").bindsItsKey)
        #expect(throws: AttestedCertificateError.self) { try read("no_quote.ratls.pem") }
        #expect(throws: AttestedCertificateError.self) { try read("cut_quote.ratls.pem") }
    }
}
