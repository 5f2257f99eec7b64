import Crypto
import CryptoExtras
import Files
import Foundation
import Gramine
import GramineVectors
import SGXQuote
import Testing

@Suite("SIGSTRUCT")
struct SigstructTests {
    private static let fixtures = GramineCase.root + "/fixtures/"

    private static func pem(_ name: String) throws -> String {
        String(decoding: try Files.read(fixtures + "key/test-only-\(name).pem"), as: UTF8.self)
    }

    private func body(_ name: String = "01-minimal", date: String = "2024-02-29") throws -> SigstructBody {
        let vector = try GramineCase.named(name)
        let manifest = try Manifest(reading: vector.file("expected.manifest.sgx"))
        return try SigstructBody(
            settings: EnclaveSettings(manifest),
            measurement: #require(FixedBytes<32>(Array(repeating: 7, count: 32))),
            date: SigningDate(date)
        )
    }

    @Test("a signature that was made elsewhere over the digest alone gives the same structure")
    func external() throws {
        let body = try body()
        let pem = try Self.pem("enclave-key")
        let here = try SigningKey(pem: pem).sign(body)
        // Whoever holds the key sees the digest and nothing else.
        let key = try _RSA.Signing.PrivateKey(pemRepresentation: pem)
        let signature = Array(
            try key.signature(for: SHA256.hash(data: body.message.array), padding: .insecurePKCS1v1_5).rawRepresentation
        )
        #expect(body.digest.array == Array(SHA256.hash(data: body.message.array)))
        let publicKey = try SigningPublicKey(pem: key.publicKey.pemRepresentation)
        #expect(try Sigstruct(body, signature: signature, key: publicKey) == here)

        let other = try self.body(date: "2024-03-01")
        let errors = [
            (other, signature), (body, signature.dropLast()), (body, signature.reversed()),
            (body, [UInt8](repeating: 0xFF, count: 384)), (body, [UInt8](repeating: 0, count: 384)),
        ].map { body, signature in
            #expect(throws: GramineError.self) { try Sigstruct(body, signature: signature, key: publicKey) }?.kind
        }
        #expect(errors == Array(repeating: .signature, count: 5))
    }

    @Test("PKCS #8 and PKCS #1 hold the same key")
    func forms() throws {
        let keys = try ["enclave-key", "enclave-key-pkcs8"].map { try SigningKey(pem: Self.pem($0)).publicKey }
        #expect(keys[0] == keys[1])
        let expected = try GramineCase.named("01-minimal").expected("mrsigner")
        #expect(keys[0].signer.description == expected)
    }

    @Test("an encrypted key opens with its passphrase alone", arguments: ["encrypted", "traditional"])
    func encrypted(form: String) throws {
        let pem = try Self.pem("enclave-key-" + form)
        let key = try SigningKey(pem: pem, passphrase: Array("test-only".utf8)).publicKey
        #expect(try key == SigningKey(pem: Self.pem("enclave-key")).publicKey)
        for passphrase in [nil, Array("another".utf8), []] as [[UInt8]?] {
            let error = #expect(throws: GramineError.self) { try SigningKey(pem: pem, passphrase: passphrase) }
            #expect(error?.kind == .key)
            #expect(error?.problem.contains("encrypted") == true)
        }
    }

    @Test("every changed byte but those that say nothing is noticed")
    func changed() throws {
        let bytes = try GramineCase.named("13-remote-attestation").file("expected.sig")
        for place in stride(from: 0, to: bytes.count, by: 61) {
            var changed = bytes
            changed[place] ^= 0x01
            #expect(throws: GramineError.self, "offset \(place)") { try Sigstruct(reading: changed).verify() }
        }
    }

    @Test("every truncation is refused", arguments: [0, 1, 512, 1040, 1807, 1809])
    func size(count: Int) throws {
        var bytes = try GramineCase.named("01-minimal").file("expected.sig") + [0]
        bytes = Array(bytes[..<count])
        let error = #expect(throws: GramineError.self) { try Sigstruct(reading: bytes) }
        #expect(error?.kind == .signature)
    }

    @Test("what isn't a key, or is encrypted, is refused with its reason")
    func keys() throws {
        for pem in ["", "nothing", try Self.pem("enclave-key").replacing("RSA PRIVATE", with: "PUBLIC")] {
            #expect(throws: GramineError.self) { try SigningKey(pem: pem) }
            #expect(throws: GramineError.self) { try SigningPublicKey(pem: pem) }
        }
        let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"
        let error = #expect(throws: GramineError.self) { try SigningKey(pem: encrypted) }
        #expect(error?.problem.contains("encrypted") == true)
    }

    @Test("dates are digits", arguments: ["2023-04-14", "0000-00-00", "9999-99-99"])
    func dates(text: String) throws {
        #expect(try SigningDate(text).description == text)
    }

    @Test("the day stands first, in decimal digits")
    func encodedDate() throws {
        let bytes = try SigningKey(pem: Self.pem("enclave-key")).sign(body(date: "2023-04-14")).bytes
        #expect(bytes[20..<24] == [0x14, 0x04, 0x23, 0x20])
    }

    @Test(
        "other dates are refused",
        arguments: ["", "today", "2023-4-14", "2023/04/14", "20230414", "2023-04-1a", "２023-04-14", "2023-04-144"]
    )
    func noDates(text: String) {
        let error = #expect(throws: GramineError.self) { try SigningDate(text) }
        #expect(error?.kind == .date)
    }
}
