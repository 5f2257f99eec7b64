internal import CodeEncryption
internal import Notation

/// What a POST to the configuration server says (mse PROTOCOL §7), read without any effect.
struct ConfigurationRequest: ~Copyable {
    /// As it stands; compared as UUIDs.
    let uuid: String
    /// Code key or start token; from the member or from the sealed secrets.
    let key: CodeKey?
    /// As the application will find them.
    let secrets: String?
    let sealedSecrets: String?
    /// PEM.
    let tlsKey: [UInt8]?

    /// - Parameter sealingKey: opens sealed secrets.
    init(_ body: [UInt8], sealingKey: borrowing CodeKey) throws(ConfigurationRefusal) {
        let root: Node
        do {
            root = try JSON.read(body, depthLimit: 64)
        } catch {
            throw ConfigurationRefusal("configuration.malformed", "the body is no strict JSON: \(error)")
        }
        guard case .object = root.value else { throw ConfigurationRefusal("configuration.malformed", "the body must be a JSON object") }
        guard case .string(let uuid)? = root["uuid"]?.value else {
            throw ConfigurationRefusal("configuration.uuid", "the member 'uuid' must be a string")
        }
        let secrets = Self.said(root["app_secrets"]).map(JSON.pythonic)
        var key = try Self.key(root["code_secret_key"])
        var sealedSecrets: String?
        if let node = Self.said(root["app_sealed_secrets"]) {
            let sealed = try Self.open(node, sealingKey)
            sealedSecrets = JSON.pythonic(sealed)
            if Self.isMissing(key) { key = try Self.key(sealed["code_secret_key"]) }
        }
        let tlsKey: [UInt8]?
        switch root["ssl_private_key"]?.value {
        case .string(let pem)?: tlsKey = Array(pem.utf8)
        case nil, .null?: tlsKey = nil
        default: throw ConfigurationRefusal("configuration.tlsKey", "the member 'ssl_private_key' must be a string")
        }
        self.uuid = uuid
        self.key = key
        self.secrets = secrets
        self.sealedSecrets = sealedSecrets
        self.tlsKey = tlsKey
    }

    private static func isMissing(_ key: borrowing CodeKey?) -> Bool {
        switch key {
        case .none: true
        case .some: false
        }
    }

    /// What Python holds for false is as if absent.
    private static func said(_ node: Node?) -> Node? {
        switch node?.value {
        case nil, .null?, .boolean(false)?, .string("")?: nil
        case .array(let elements)? where elements.isEmpty: nil
        case .object(let members)? where members.isEmpty: nil
        case .number(let digits)? where Double(digits) == 0: nil
        default: node
        }
    }

    private static func key(_ node: Node?) throws(ConfigurationRefusal) -> CodeKey? {
        let refusal = ConfigurationRefusal("configuration.key", "the member 'code_secret_key' must be \(2 * CodeKey.byteCount) hex digits")
        switch node?.value {
        case nil, .null?: return nil
        case .string(let digits)?:
            guard var bytes = Hex.bytes(digits), bytes.count == CodeKey.byteCount else { throw refusal }
            defer { bytes.wipe() }
            guard let key = try? CodeKey(copying: bytes.span.bytes) else { throw refusal }
            return key
        default: throw refusal
        }
    }

    private static func open(_ node: Node, _ sealingKey: borrowing CodeKey) throws(ConfigurationRefusal) -> Node {
        guard case .string(let text) = node.value, let box = Base64.bytes(Array(text.utf8), .url) else {
            throw ConfigurationRefusal("configuration.sealedSecrets", "the member 'app_sealed_secrets' must be base64url")
        }
        guard var bytes = SealedBox.open(box, with: sealingKey) else {
            throw ConfigurationRefusal("configuration.sealedSecrets", "the box is not sealed to this enclave, or was changed")
        }
        defer { bytes.wipe() }
        do {
            return try JSON.read(bytes, depthLimit: 64)
        } catch {
            throw ConfigurationRefusal("configuration.sealedSecrets", "the box holds no strict JSON")
        }
    }

    /// Whether two texts are one UUID: case, braces, `urn:uuid:` and hyphens don't matter.
    func isFor(_ id: String) -> Bool {
        guard let mine = Self.digits(uuid), let wanted = Self.digits(id) else { return false }
        return mine == wanted
    }

    private static func digits(_ text: String) -> String? {
        var text = text.lowercased().replacing("urn:", with: "").replacing("uuid:", with: "")
        while text.first == "{" || text.first == "}" { text.removeFirst() }
        while text.last == "{" || text.last == "}" { text.removeLast() }
        text = text.replacing("-", with: "")
        return text.utf8.count == 32 && Hex.bytes(text) != nil ? text : nil
    }
}

/// Why a configuration was refused; the text tells nothing of a secret.
struct ConfigurationRefusal: Error, Hashable {
    let code: String
    let message: String

    init(_ code: String, _ message: String) {
        self.code = code
        self.message = message
    }
}
