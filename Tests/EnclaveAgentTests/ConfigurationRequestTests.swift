import CodeEncryption
import Notation
import Testing

@testable import EnclaveAgent

@Suite("Configuration requests")
final class ConfigurationRequestTests {
    private static let uuid = "533a2b83-4bc5-4a9c-955e-208c530bfd15"
    private let key = CodeKey()

    private func refusal(_ text: String) -> String? {
        do throws(ConfigurationRefusal) {
            _ = try ConfigurationRequest(Array(text.utf8), sealingKey: key)
            return nil
        } catch {
            return error.code
        }
    }

    @Test(
        "what is wrong is refused with its code, before anything happens",
        arguments: [
            ("", "configuration.malformed"), ("[]", "configuration.malformed"),
            ("{\"uuid\":\"a\",\"uuid\":\"a\"}", "configuration.malformed"), ("{}", "configuration.uuid"),
            ("{\"uuid\":5}", "configuration.uuid"), ("{\"uuid\":\"x\",\"code_secret_key\":\"00\"}", "configuration.key"),
            ("{\"uuid\":\"x\",\"code_secret_key\":7}", "configuration.key"),
            ("{\"uuid\":\"x\",\"code_secret_key\":\"\(String(repeating: "zz", count: 32))\"}", "configuration.key"),
            ("{\"uuid\":\"x\",\"app_sealed_secrets\":\"AAAA\"}", "configuration.sealedSecrets"),
            ("{\"uuid\":\"x\",\"app_sealed_secrets\":{\"a\":1}}", "configuration.sealedSecrets"),
            ("{\"uuid\":\"x\",\"ssl_private_key\":1}", "configuration.tlsKey"), ("{\"uuid\":\"x\"", "configuration.malformed"),
        ])
    func refused(text: String, code: String) {
        #expect(refusal(text) == code)
    }

    @Test(
        "UUIDs are compared whatever their spelling",
        arguments: [
            ("{533A2B83-4BC5-4A9C-955E-208C530BFD15}", true), ("urn:uuid:533a2b83-4bc5-4a9c-955e-208c530bfd15", true),
            ("533a2b834bc54a9c955e208c530bfd15", true), ("x", false), ("", false), ("00000000-0000-0000-0000-000000000000", false),
        ])
    func uuids(text: String, matches: Bool) throws {
        let request = try ConfigurationRequest(Array("{\"uuid\":\"\(text)\"}".utf8), sealingKey: key)
        #expect(request.isFor(Self.uuid) == matches)
    }

    @Test("what Python holds for false is as if absent", arguments: ["null", "\"\"", "{}", "[]", "0", "false", "0.0"])
    func falsy(value: String) throws {
        let request = try ConfigurationRequest(
            Array("{\"uuid\":\"x\",\"app_secrets\":\(value),\"app_sealed_secrets\":\(value)}".utf8), sealingKey: key)
        #expect(request.secrets == nil && request.sealedSecrets == nil)
    }

    @Test("secrets are written as the original does, sealed ones opened, the code key found in them")
    func secrets() throws {
        let sealed = "{\"code_secret_key\":\"\(String(repeating: "AB", count: 32))\",  \"k\": 1.50}"
        let box = Base64.text(try SealedBox.seal(Array(sealed.utf8), to: SealedBox.publicKey(of: key)), .url, padded: false)
        let request = try ConfigurationRequest(
            Array("{\"uuid\":\"x\",\"app_secrets\":{\"a\":[1,\"é\"],\"b\":null},\"app_sealed_secrets\":\"\(box)\"}".utf8), sealingKey: key)
        #expect(request.secrets == "{\"a\": [1, \"\\u00e9\"], \"b\": null}")
        #expect(request.sealedSecrets == "{\"code_secret_key\": \"\(String(repeating: "AB", count: 32))\", \"k\": 1.5}")
        let hasKey =
            switch request.key {
            case .some(let found): found.withBytes { $0.allSatisfy { $0 == 0xAB } }
            case .none: false
            }
        #expect(hasKey)
    }
}
