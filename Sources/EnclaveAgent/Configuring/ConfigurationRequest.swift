internal import CodeEncryption
internal import Crypto
internal import Enclave
internal import Notation
internal import Secrets

/// What a POST to the configuration server says (docs/formats/configuration.md), read without any effect.
///
/// Who sends key or token unsealed vouches for the whole request. Where it comes in the box, only the box is believed:
/// the operator who delivers it can't add anything of his own.
struct ConfigurationRequest: ~Copyable {
    /// Who vouches for what the request says.
    enum Authority: Hashable, Sendable {
        /// The sender, by the key or token that he sends unsealed, once it is proven.
        case sender
        /// Whoever sealed the box, by the key or token in it, once it is proven.
        case box
        /// Nobody: the service starts without key or token.
        case nobody
    }

    /// As it stands; compared as UUIDs.
    let uuid: String
    let authority: Authority
    /// Code key or start token; from the member or from the box.
    let key: SecretKey?
    /// As the application will find them.
    let secrets: SecretBytes?
    let sealedSecrets: SecretBytes?
    /// PEM.
    let tlsKey: SecretBytes?
    /// Of the HOME that is to be continued.
    let continueEpoch: Epoch?

    /// What a box may hold besides the application's sealed secrets; the application never sees these.
    private static let boxMembers: [JSONName] = [
        "code_secret_key", "app_secrets", "ssl_private_key", "continue_epoch", "state_key", "request_sha256",
    ]

    private static let depthLimit = 64

    /// - Parameters:
    ///   - sealingKey: opens the box.
    ///   - isOpen: no key or token is proven, so none vouches for anything.
    init(_ body: borrowing SecretBytes, sealingKey: borrowing SecretKey, isOpen: Bool) throws(ConfigurationRefusal) {
        let root: SecretNode
        do {
            root = try SecretNode(body, depthLimit: Self.depthLimit)
        } catch {
            throw ConfigurationRefusal(.malformed, "the body is no strict JSON: \(error)")
        }
        guard root.isObject else { throw ConfigurationRefusal(.malformed, "the body must be a JSON object") }
        guard let uuid = root["uuid"]?.plainText() else {
            throw ConfigurationRefusal(.uuid, "the member 'uuid' must be a string")
        }
        let hasOwnKey = Self.present(root["code_secret_key"]) != nil
        let box = try Self.present(root["app_sealed_secrets"]).map { (node) throws(ConfigurationRefusal) in
            try Self.open(node, sealingKey)
        }
        let isBoxBelieved = box != nil && (isOpen || !hasOwnKey)
        if let box, isBoxBelieved { try Self.checkCompany(of: box, root) }
        let key = try Self.key(isBoxBelieved ? box?["code_secret_key"] : root["code_secret_key"])
        // What stands beside the box counts only where the box or the sender vouches for it; else nothing stands there.
        func member(_ name: JSONName) -> SecretNode? { Self.present(root[name]) ?? Self.present(box?[name]) }
        let secrets = Self.pythonic(member("app_secrets"))
        let sealedSecrets = Self.pythonic(box.flatMap(Self.applicationsPart))
        let tlsKey = try Self.pem(root["ssl_private_key"] ?? box?["ssl_private_key"])
        let continueEpoch = try Self.epoch(member("continue_epoch"), isOpen)
        guard member("state_key") == nil else {
            throw ConfigurationRefusal(
                .stateKey,
                "this service's state is sealed to its measurement: it takes no 'state_key'"
            )
        }
        self.uuid = uuid
        authority = isOpen ? .nobody : isBoxBelieved ? .box : .sender
        self.key = key
        self.secrets = secrets
        self.sealedSecrets = sealedSecrets
        self.tlsKey = tlsKey
        self.continueEpoch = continueEpoch
    }

    /// Beside a box that is to be believed stands `uuid` alone, unless the box vouches for the rest.
    private static func checkCompany(of box: SecretNode, _ root: SecretNode) throws(ConfigurationRefusal) {
        if let vouched = box["request_sha256"] {
            let digest = root.without(["app_sealed_secrets"]).canonical().withBytes { Hex.text(SHA256.hash(data: $0)) }
            guard vouched.plainText()?.lowercased() == digest else {
                throw ConfigurationRefusal(.mixed, "the box's 'request_sha256' is that of another request")
            }
            return
        }
        guard root.hasNothing(but: ["uuid", "app_sealed_secrets"]) else {
            throw ConfigurationRefusal(
                .mixed,
                """
                beside a box that holds the key stands 'uuid' alone: seal everything else into the box ('app_secrets', \
                'ssl_private_key', 'continue_epoch'), or name the request's SHA-256 in it as 'request_sha256'
                """
            )
        }
    }

    /// The box without what is the agent's; nil when nothing is left.
    private static func applicationsPart(_ box: SecretNode) -> SecretNode? {
        guard box.isObject else { return box }
        let left = box.without(boxMembers)
        return left.isFalse ? nil : left
    }

    private static func pythonic(_ node: SecretNode?) -> SecretBytes? {
        guard let node else { return nil }
        return node.pythonic()
    }

    private static func pem(_ node: SecretNode?) throws(ConfigurationRefusal) -> SecretBytes? {
        guard let node, !node.isNull else { return nil }
        guard let pem = node.string() else {
            throw ConfigurationRefusal(.tlsKey, "the member 'ssl_private_key' must be a string")
        }
        return pem
    }

    private static func epoch(_ node: SecretNode?, _ isOpen: Bool) throws(ConfigurationRefusal) -> Epoch? {
        guard let node else { return nil }
        guard !isOpen else {
            throw ConfigurationRefusal(.epoch, "a service that anybody can start continues no state")
        }
        guard let epoch = node.plainText().flatMap(Epoch.init(hex:)) else {
            throw ConfigurationRefusal(
                .epoch,
                "the member 'continue_epoch' must be \(2 * Epoch.byteCount) hex digits"
            )
        }
        return epoch
    }

    /// What Python holds for false is as if absent.
    private static func present(_ node: SecretNode?) -> SecretNode? { node.flatMap { $0.isFalse ? nil : $0 } }

    private static func key(_ node: SecretNode?) throws(ConfigurationRefusal) -> SecretKey? {
        guard let node, !node.isNull else { return nil }
        guard let key = node.key() else {
            throw ConfigurationRefusal(
                .key,
                "the member 'code_secret_key' must be \(2 * SecretKey.byteCount) hex digits"
            )
        }
        return key
    }

    private static func open(
        _ node: SecretNode,
        _ sealingKey: borrowing SecretKey
    ) throws(ConfigurationRefusal) -> SecretNode {
        guard let text = node.string(), let box = text.withBytes({ Base64.bytes(Array($0), .url) }) else {
            throw ConfigurationRefusal(.sealedSecrets, "the member 'app_sealed_secrets' must be base64url")
        }
        guard let content = SealedBox.open(box, with: sealingKey) else {
            throw ConfigurationRefusal(.sealedSecrets, "the box is not sealed to this enclave, or was changed")
        }
        do {
            return try SecretNode(content, depthLimit: depthLimit)
        } catch {
            throw ConfigurationRefusal(.sealedSecrets, "the box holds no strict JSON")
        }
    }

    /// Whether two texts are one UUID: case, braces, `urn:uuid:` and hyphens don't matter.
    func isFor(_ id: String) -> Bool {
        guard let mine = Self.digits(uuid), let wanted = Self.digits(id) else { return false }
        return mine == wanted
    }

    private static func digits(_ text: String) -> String? {
        // Anybody can send this: no spelling of a UUID is longer, and longer ones aren't looked at.
        guard text.utf8.count <= 64 else { return nil }
        var text = text.lowercased().replacing("urn:", with: "").replacing("uuid:", with: "")
        while text.first == "{" || text.first == "}" { text.removeFirst() }
        while text.last == "{" || text.last == "}" { text.removeLast() }
        text = text.replacing("-", with: "")
        return text.utf8.count == 32 && Hex.bytes(text) != nil ? text : nil
    }
}
