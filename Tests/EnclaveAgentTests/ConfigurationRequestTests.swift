import CodeEncryption
import Crypto
import Enclave
import Notation
import Secrets
import TestSupport
import Testing

@testable import EnclaveAgent

extension ConfigurationRequest {
    init(_ body: [UInt8], sealingKey: borrowing SecretKey, isOpen: Bool) throws(ConfigurationRefusal) {
        try self.init(SecretBytes(copying: body.span.bytes), sealingKey: sealingKey, isOpen: isOpen)
    }
}

@Suite("Configuration requests")
final class ConfigurationRequestTests {
    private static let uuid = "533a2b83-4bc5-4a9c-955e-208c530bfd15"
    private let key = SecretKey()

    private func refusal(_ text: String) -> String? {
        do throws(ConfigurationRefusal) {
            _ = try ConfigurationRequest(Array(text.utf8), sealingKey: key, isOpen: false)
            return nil
        } catch {
            return error.code.rawValue
        }
    }

    @Test(
        "what is wrong is refused with its code, before anything happens",
        arguments: [
            ("", "configuration.malformed"), ("[]", "configuration.malformed"),
            ("{\"uuid\":\"a\",\"uuid\":\"a\"}", "configuration.malformed"), ("{}", "configuration.uuid"),
            ("{\"uuid\":5}", "configuration.uuid"),
            ("{\"uuid\":\"x\",\"code_secret_key\":\"00\"}", "configuration.key"),
            ("{\"uuid\":\"x\",\"code_secret_key\":7}", "configuration.key"),
            ("{\"uuid\":\"x\",\"code_secret_key\":\"\(String(repeating: "zz", count: 32))\"}", "configuration.key"),
            ("{\"uuid\":\"x\",\"app_sealed_secrets\":\"AAAA\"}", "configuration.sealedSecrets"),
            ("{\"uuid\":\"x\",\"app_sealed_secrets\":{\"a\":1}}", "configuration.sealedSecrets"),
            ("{\"uuid\":\"x\",\"ssl_private_key\":1}", "configuration.tlsKey"),
            ("{\"uuid\":\"x\",\"continue_epoch\":\"00\"}", "configuration.epoch"),
            ("{\"uuid\":\"x\",\"continue_epoch\":7}", "configuration.epoch"),
            ("{\"uuid\":\"x\",\"state_key\":\"00\"}", "configuration.stateKey"),
            ("{\"uuid\":\"x\"", "configuration.malformed"),
        ]
    )
    func refused(text: String, code: String) {
        #expect(refusal(text) == code)
    }

    @Test(
        "UUIDs are compared whatever their spelling",
        arguments: [
            ("{533A2B83-4BC5-4A9C-955E-208C530BFD15}", true), ("urn:uuid:533a2b83-4bc5-4a9c-955e-208c530bfd15", true),
            ("533a2b834bc54a9c955e208c530bfd15", true), ("x", false), ("", false),
            ("00000000-0000-0000-0000-000000000000", false),
        ]
    )
    func uuids(text: String, matches: Bool) throws {
        let request = try ConfigurationRequest(Array("{\"uuid\":\"\(text)\"}".utf8), sealingKey: key, isOpen: false)
        #expect(request.isFor(Self.uuid) == matches)
    }

    @Test("what Python holds for false is as if absent", arguments: ["null", "\"\"", "{}", "[]", "0", "false", "0.0"])
    func falsy(value: String) throws {
        let request = try ConfigurationRequest(
            Array("{\"uuid\":\"x\",\"app_secrets\":\(value),\"app_sealed_secrets\":\(value)}".utf8),
            sealingKey: key,
            isOpen: false
        )
        #expect(revealed(request.secrets) == nil && revealed(request.sealedSecrets) == nil)
    }

    private static let digits = String(repeating: "AB", count: 32)

    private func box(_ content: String) throws -> String {
        let box = try SealedBox.seal(SecretBytes(copying: content.utf8.span.bytes), to: SealedBox.publicKey(of: key))
        return Base64.text(box, .url, padded: false)
    }

    private func hasKey(_ request: borrowing ConfigurationRequest) -> Bool {
        switch request.key {
        case .some(let found): found.withBytes { $0.allSatisfy { $0 == 0xAB } }
        case .none: false
        }
    }

    @Test("secrets are written as the original does, sealed ones opened, the code key found in them and taken out")
    func secrets() throws {
        let sealed = try box("{\"code_secret_key\":\"\(Self.digits)\",  \"k\": 1.50}")
        let request = try ConfigurationRequest(
            Array("{\"uuid\":\"x\",\"app_sealed_secrets\":\"\(sealed)\"}".utf8),
            sealingKey: key,
            isOpen: false
        )
        #expect(revealedText(request.sealedSecrets) == "{\"k\": 1.5}")
        #expect(hasKey(request) && request.authority == .box)
        let own = try ConfigurationRequest(
            Array(
                """
                {"uuid":"x","code_secret_key":"\(Self.digits)","app_secrets":{"a":[1,"é"],"b":null},\
                "app_sealed_secrets":"\(sealed)"}
                """
                .utf8
            ),
            sealingKey: key,
            isOpen: false
        )
        #expect(revealedText(own.secrets) == "{\"a\": [1, \"\\u00e9\"], \"b\": null}" && own.authority == .sender)
    }

    @Test("whatever is the agent's in a box is used, and never reaches the application")
    func boxMembers() throws {
        let epoch = String(repeating: "cd", count: 32)
        let sealed = try box(
            """
            {"code_secret_key":"\(Self.digits)","app_secrets":{"p":1},"ssl_private_key":"PEM",\
            "continue_epoch":"\(epoch)"}
            """
        )
        let request = try ConfigurationRequest(
            Array("{\"uuid\":\"x\",\"app_sealed_secrets\":\"\(sealed)\"}".utf8),
            sealingKey: key,
            isOpen: false
        )
        #expect(revealedText(request.secrets) == "{\"p\": 1}" && revealedText(request.tlsKey) == "PEM")
        #expect(revealed(request.sealedSecrets) == nil)
        #expect(request.continueEpoch?.hex == epoch && hasKey(request))
    }

    @Test(
        "beside a box that holds the key nothing else is believed, whoever may start the service",
        arguments: [
            "\"app_secrets\":{\"a\":1}", "\"ssl_private_key\":\"PEM\"",
            "\"continue_epoch\":\"\(String(repeating: "00", count: 32))\"",
            "\"app_secrets\":null", "\"note\":1", "\"request_sha256\":\"00\"", "\"code_secret_key\":null",
            "\"state_key\":\"00\"",
        ],
        [false, true]
    )
    func mixed(member: String, isOpen: Bool) throws {
        let sealed = try box("{\"code_secret_key\":\"\(Self.digits)\"}")
        do throws(ConfigurationRefusal) {
            _ = try ConfigurationRequest(
                Array("{\"uuid\":\"x\",\"app_sealed_secrets\":\"\(sealed)\",\(member)}".utf8),
                sealingKey: key,
                isOpen: isOpen
            )
            Issue.record("was taken")
        } catch {
            #expect(error.code == .mixed)
        }
    }

    @Test("a box that names the request's digest vouches for the rest of it, and for no other")
    func vouched() throws {
        let rest = "{\"app_secrets\":{\"a\":1},\"uuid\":\"x\"}"
        let digest = Hex.text(SHA256.hash(data: Array(rest.utf8)))
        let sealed = try box("{\"code_secret_key\":\"\(Self.digits)\",\"request_sha256\":\"\(digest)\"}")
        let body = { (value: Int) in
            Array("{ \"uuid\":\"x\", \"app_secrets\":{\"a\":\(value)}, \"app_sealed_secrets\":\"\(sealed)\"}".utf8)
        }
        let request = try ConfigurationRequest(body(1), sealingKey: key, isOpen: false)
        #expect(revealedText(request.secrets) == "{\"a\": 1}" && request.authority == .box)
        #expect(revealed(request.sealedSecrets) == nil)
        #expect(throws: ConfigurationRefusal.self) {
            _ = try ConfigurationRequest(body(2), sealingKey: self.key, isOpen: false)
        }
    }

    @Test("where anybody may start the service nobody is an authority, and no state is continued")
    func open() throws {
        let body = "{\"uuid\":\"x\",\"code_secret_key\":\"\(Self.digits)\",\"app_secrets\":1}"
        #expect(try ConfigurationRequest(Array(body.utf8), sealingKey: key, isOpen: true).authority == .nobody)
        let epoch = "{\"uuid\":\"x\",\"continue_epoch\":\"\(Self.digits)\"}"
        #expect(throws: ConfigurationRefusal.self) {
            _ = try ConfigurationRequest(Array(epoch.utf8), sealingKey: self.key, isOpen: true)
        }
    }
}
