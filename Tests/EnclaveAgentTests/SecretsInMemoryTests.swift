import Crypto
import Files
import Glibc
import Notation
import Secrets
import TestSupport
import Testing

@testable import EnclaveAgent

/// docs/architecture.md, "A secret's walk": without the second line of defence, which overwrites what libraries free.
@Suite("Secrets in the agent's memory")
final class SecretsInMemoryTests {
    private let sealingKey = SecretKey()
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// One secret in each place where a request has some.
    private func body(_ secret: borrowing SecretBytes, sealed: Bool) throws -> SecretBytes {
        var application = SecretJSON()
        application.add("password \\ é", string: secret)
        application.add("more", json: "[1.5, {\"a\": null}]")
        var body = SecretJSON()
        body.add("app_secrets", json: application.finish())
        body.add("code_secret_key", string: secret)
        body.add("ssl_private_key", string: secret)
        if !sealed {
            body.add("uuid", string: "x")
            return body.finish()
        }
        let receiver = SealedBox.publicKey(of: sealingKey)
        let box = Base64.text(try SealedBox.seal(body.finish(), to: receiver), .url)
        return SecretBytes(copying: "{\"app_sealed_secrets\":\"\(box)\",\"uuid\":\"x\"}".utf8.span.bytes)
    }

    @Test("the search finds what lies elsewhere")
    func control() throws {
        let secret = MemorySearch.newText()
        #expect(try MemorySearch.places(of: secret) == [])
        let copy = secret.withBytes { Array($0) }
        #expect(try MemorySearch.places(of: secret) != [])
        #expect(copy.count == secret.count)
    }

    @Test("a request is read, kept, sealed and taken up again in guarded memory alone", arguments: [false, true])
    func request(sealed: Bool) throws {
        let secret = MemorySearch.newText()
        let key = SecretBytes(capacity: 32) { memory in
            secret.withBytes { digits in
                for index in memory.indices {
                    memory[index] = Self.value(digits[2 * index]) << 4 | Self.value(digits[2 * index + 1])
                }
            }
            return memory.count
        }
        func found() throws -> [String] { try MemorySearch.places(of: secret) + MemorySearch.places(of: key) }

        let request = try ConfigurationRequest(try body(secret, sealed: sealed), sealingKey: sealingKey, isOpen: false)
        #expect(try found() == [], "a request")
        let configuration = Configuration(request, launch: "launch")
        let state = try SealedState(
            folder: folder.path,
            id: "x",
            platform: SealingKeyPlatform(secret: [UInt8](repeating: 7, count: 32))
        )
        try configuration.seal(in: state)
        #expect(try found() == [], "sealed")
        switch try Configuration.restored(from: state) {
        case .some(let restored):
            let isWhole = Self.isSame(restored.tlsKey, secret)
            #expect(isWhole)
            #expect(try found() == [], "restored")
        case .none: Issue.record("nothing was sealed")
        }
    }

    /// Compared where they lie.
    private static func isSame(_ left: borrowing SecretBytes?, _ right: borrowing SecretBytes) -> Bool {
        switch left {
        case .some(let left): left.withBytes { one in right.withBytes { one.elementsEqual($0) } }
        case .none: false
        }
    }

    private static func value(_ digit: UInt8) -> UInt8 { digit < 0x3A ? digit - 0x30 : digit - 0x57 }
}
