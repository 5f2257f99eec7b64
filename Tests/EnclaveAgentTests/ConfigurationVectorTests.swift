import AppServer
import CodeEncryption
import Enclave
import Notation
import Secrets
import TestSupport
import Testing

@testable import EnclaveAgent

/// docs/formats/configuration.md, by requests whose boxes PyNaCl sealed.
@Suite("Vectors of configuration requests")
struct ConfigurationVectorTests {
    private let vectors: Vector

    init() throws { vectors = try ProjectVectors.read("configuration.json") }

    private func sealingKey() throws -> SecretKey {
        let bytes = try vectors.hex("sealingKey")
        return try SecretKey(copying: bytes.span.bytes)
    }

    private func digits(_ key: borrowing SecretKey?) -> String? {
        switch key {
        case .some(let key): key.withBytes { Hex.text($0) }
        case .none: nil
        }
    }

    @Test("who vouches, and what counts")
    func requests() throws {
        let sealingKey = try sealingKey()
        for vector in try vectors.list("requests") {
            let what = try vector.text("what")
            let body = Array(try vector.text("body").utf8), isOpen = try vector.flag("isOpen")
            let request = try ConfigurationRequest(body, sealingKey: sealingKey, isOpen: isOpen)
            let authorities: [String: ConfigurationRequest.Authority] = [
                "sender": .sender, "box": .box, "nobody": .nobody,
            ]
            let authority = request.authority, epoch = request.continueEpoch?.hex
            let key = digits(request.key), isForIt = request.isFor(try vectors.text("id"))
            let secrets = revealedText(request.secrets), sealedSecrets = revealedText(request.sealedSecrets)
            let tlsKey = revealedText(request.tlsKey)
            #expect(try authority == authorities[vector.text("authority")], "\(what)")
            #expect(try key == vector.optionalText("key"), "\(what)")
            #expect(try epoch == vector.optionalText("continueEpoch"), "\(what)")
            #expect(try secrets == vector.optionalText("secrets"), "\(what)")
            #expect(try sealedSecrets == vector.optionalText("sealedSecrets"), "\(what)")
            #expect(try tlsKey == vector.optionalText("tlsKey"), "\(what)")
            #expect(isForIt, "\(what)")
        }
    }

    private func refusal(_ vector: Vector) throws -> String? {
        let body = Array(try vector.text("body").utf8), isOpen = try vector.flag("isOpen")
        let sealingKey = try sealingKey()
        do throws(ConfigurationRefusal) {
            _ = try ConfigurationRequest(body, sealingKey: sealingKey, isOpen: isOpen)
            return nil
        } catch {
            return error.code.rawValue
        }
    }

    @Test("what isn't as the page says is refused with its code")
    func refused() throws {
        for vector in try vectors.list("refused") {
            #expect(try refusal(vector) == vector.text("code"), "\(vector.what)")
        }
    }

    @Test("UUIDs in their spellings")
    func uuids() throws {
        let sealingKey = try sealingKey()
        for vector in try vectors.list("uuids") {
            let body = JSON.canonical(.object(["uuid": Node(try vector.text("text"))]))
            let request = try ConfigurationRequest(Array(body.utf8), sealingKey: sealingKey, isOpen: true)
            let isForIt = request.isFor(try vectors.text("id"))
            #expect(try isForIt == vector.flag("matches"), "\(body)")
        }
    }

    @Test("the page names every code, and its limits are the code's")
    func page() throws {
        let page = try FormatPage("configuration")
        for code in AgentEvent.ConfigurationCode.allCases {
            #expect(page.text.contains("`\(code.rawValue)`"), "\(code.rawValue)")
        }
        #expect(page.limits["bytes of a request's body"] == ConfigurationServer.bodyLimit)
        let limits = ConfigurationServer.limits
        #expect(page.limits["connections while it waits"] == limits.connections)
        #expect(page.limits["bytes of bodies, of all together"] == limits.crowd?.byteCount)
        #expect(page.limits["seconds of a request, from its connection's beginning"] == limits.crowd?.requestSeconds)
        #expect(page.limits["bytes of a failure's text"] == StartReport.textLimit)
    }
}
